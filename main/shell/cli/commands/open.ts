import type { GlobalOptions } from '../command-context.ts';
import { defineCommand } from './define.ts';

export const openCommand = defineCommand<
  [string | undefined],
  GlobalOptions & { readonly browser?: boolean }
>({
  name: 'open',
  shell: 'server',
  summary: 'open the app: the desktop window where there is one, else the browser',
  shape: (command) =>
    command
      .argument('[folder]', 'the workspace (default: this one, else the last one opened)')
      .option('--browser', 'the browser, also where the desktop window could open'),
  run: async (context, { browser }, folder) => {
    const { open } = await import('../open-app.ts');
    return open(context, { browser: browser === true, ...(folder === undefined ? {} : { folder }) });
  },
});
