import type { GlobalOptions } from '../command-context.ts';
import { portNumber } from './arguments.ts';
import { defineCommand } from './define.ts';

export const serveCommand = defineCommand<[], GlobalOptions & { readonly port: number }>({
  name: 'serve',
  shell: 'server',
  summary: 'show the app in the browser, at a link that works once',
  shape: (command) => command.option('-p, --port <port>', 'on 127.0.0.1; 0 takes a free one', portNumber, 0),
  run: async (context, { port }) => {
    const { serve } = await import('../serve.ts');
    const folder = context.chosenFolder;
    return serve(context, { port, openBrowser: false, ...(folder === undefined ? {} : { folder }) });
  },
});
