import type { GlobalOptions } from '../command-context.ts';
import { defineCommand } from './define.ts';

export const diffCommand = defineCommand<[string, string], GlobalOptions>({
  name: 'diff',
  summary: 'compare two environments or releases',
  shape: (command) =>
    command
      .argument('<left>', 'an environment’s name, or a release’s id or version')
      .argument('<right>', 'an environment’s name, or a release’s id or version'),
  run: async ({ session, print, terminal }, _options, left, right) => {
    const workspace = await session.workspace();
    const client = await session.client();
    const comparison = await client.compare({ workspaceId: workspace.id, left, right });
    const { comparisonText } = await import('../text/comparison-text.ts');
    print(comparison, () => comparisonText(comparison, terminal.style));
  },
});
