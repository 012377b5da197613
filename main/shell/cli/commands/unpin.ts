import type { GlobalOptions } from '../command-context.ts';
import { defineCommand } from './define.ts';

export const unpinCommand = defineCommand<[string], GlobalOptions>({
  name: 'unpin',
  summary: 'let a pinned release’s image go when nothing else needs it',
  shape: (command) => command.argument('<release>', 'its id, version or tag'),
  run: async ({ session, print }, _options, named) => {
    const workspace = await session.workspace();
    const client = await session.client();
    const { resolveRelease } = await import('../release-argument.ts');
    const release = await resolveRelease(client, workspace, named);
    const { wasPinned } = await client.releases.unpin({ workspaceId: workspace.id, release });
    print({ release, wasPinned }, () =>
      wasPinned ? `${release} is no longer pinned.\n` : `${release} was not pinned.\n`,
    );
  },
});
