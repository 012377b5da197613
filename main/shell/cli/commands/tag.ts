import type { GlobalOptions } from '../command-context.ts';
import { followOption } from './arguments.ts';
import { defineCommand } from './define.ts';

type TagOptions = GlobalOptions & { readonly follow?: boolean };

export const tagCommand = defineCommand<[string, readonly string[]], TagOptions>({
  name: 'tag',
  summary: 'give a release further names on this engine',
  shape: (command) =>
    command
      .argument('<release>', 'its id, version or tag')
      .argument('<name...>', 'tags; one that names another image moves')
      .addOption(followOption),
  run: async (context, { follow }, named, tags) => {
    const [{ trustedWorkspace }, { watchRun }, { resolveRelease }] = await Promise.all([
      import('../trust.ts'),
      import('../watch-run.ts'),
      import('../release-argument.ts'),
    ]);
    const client = await context.session.client();
    const workspace = await trustedWorkspace(context);
    const release = await resolveRelease(client, workspace, named);
    const request = {
      workspaceId: workspace.id,
      requestId: context.world.randomId(),
      release,
      tags: [...tags],
    };
    const start = () => client.images.tag(request);
    return watchRun(context, client, { workspaceId: workspace.id, start }, { follow: follow === true });
  },
});
