import type { GlobalOptions } from '../command-context.ts';
import { defineCommand } from './define.ts';

type Options = GlobalOptions & { readonly whole?: true };

export const compareCommand = defineCommand<[string, string], Options>({
  name: 'compare',
  summary: 'what differs inside two images: layers, packages, files',
  shape: (command) =>
    command
      .argument('<left>', 'an environment’s name, or a release’s id or version')
      .argument('<right>', 'an environment’s name, or a release’s id or version')
      .option('--whole', 'read what both stand on, too: how many files there are, which system'),
  run: async ({ session, print, terminal }, { whole = false }, left, right) => {
    const workspace = await session.workspace();
    const client = await session.client();
    const comparison = await client.images.compare({ workspaceId: workspace.id, left, right, whole });
    const { contentsText } = await import('../text/contents-text.ts');
    print(comparison, () => contentsText(comparison, terminal.style));
  },
});
