import type { GlobalOptions } from '../command-context.ts';
import { defineCommand } from './define.ts';

export const pinCommand = defineCommand<[string], GlobalOptions & { readonly note?: string }>({
  name: 'pin',
  summary: 'keep a release’s image, whatever else goes, until it is unpinned',
  shape: (command) =>
    command.argument('<release>', 'its id, version or tag').option('--note <text>', 'why; kept with the pin'),
  run: async ({ session, print }, { note }, named) => {
    const workspace = await session.workspace();
    const client = await session.client();
    const { resolveRelease } = await import('../release-argument.ts');
    const release = await resolveRelease(client, workspace, named);
    const pin = await client.releases.pin({
      workspaceId: workspace.id,
      release,
      ...(note === undefined ? {} : { note }),
    });
    print(pin, () => `${release} is pinned: its image stays until gantry unpin ${release}.\n`);
  },
});
