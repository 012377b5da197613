import type { GlobalOptions } from '../command-context.ts';
import { followOption } from './arguments.ts';
import { defineCommand } from './define.ts';

type PushOptions = GlobalOptions & {
  readonly to?: string;
  readonly tag: readonly string[];
  readonly follow?: boolean;
};

export const pushCommand = defineCommand<[string], PushOptions>({
  name: 'push',
  summary: 'put a release into a registry, confirmed by its digest there',
  shape: (command) =>
    command
      .argument('<release>', 'its id, version or tag')
      .option('--to <repository>', 'where to (default: registry.repository of gantry.yml)')
      .option(
        '--tag <name>',
        'a further name there, which moves; may be given several times',
        (name: string, names: readonly string[]) => [...names, name],
        [],
      )
      .addOption(followOption),
  run: async (context, { to, tag, follow }, named) => {
    const [{ trustedWorkspace }, { watchRun }, { resolveRelease }] = await Promise.all([
      import('../trust.ts'),
      import('../watch-run.ts'),
      import('../release-argument.ts'),
    ]);
    const client = await context.session.client();
    const workspace = await trustedWorkspace(context);
    const request = {
      workspaceId: workspace.id,
      requestId: context.world.randomId(),
      release: await resolveRelease(client, workspace, named),
      ...(to === undefined ? {} : { repository: to }),
      tags: [...tag],
    };
    const start = () => client.images.push(request);
    return watchRun(context, client, { workspaceId: workspace.id, start }, { follow: follow === true });
  },
});
