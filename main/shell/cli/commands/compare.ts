import type { GlobalOptions } from '../command-context.ts';
import { defineCommand } from './define.ts';

export const compareCommand = defineCommand<[string, string], GlobalOptions>({
  name: 'compare',
  summary: 'what differs inside two images: layers, packages, files',
  shape: (command) =>
    command
      .argument('<left>', 'an environment’s name, or a release’s id or version')
      .argument('<right>', 'an environment’s name, or a release’s id or version'),
  run: async ({ session, print, terminal }, _options, left, right) => {
    const workspace = await session.workspace();
    const client = await session.client();
    const comparison = await client.images.compare({ workspaceId: workspace.id, left, right });
    const { contentsText } = await import('../text/contents-text.ts');
    print(comparison, () => contentsText(comparison, terminal.style));
  },
});
