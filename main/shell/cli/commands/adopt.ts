import type { GlobalOptions } from '../command-context.ts';
import { followOption } from './arguments.ts';
import { defineCommand } from './define.ts';

export const adoptCommand = defineCommand<[string], GlobalOptions & { readonly follow?: boolean }>({
  name: 'adopt',
  summary: 'make a release of an image that was built elsewhere',
  shape: (command) =>
    command
      .argument('<image>', 'a name, id or digest on the engine, else a name or digest in a registry')
      .addOption(followOption)
      .addHelpText(
        'after',
        '\nCommit and version are what the image’s labels say (org.opencontainers.image.revision, .version). It has\n' +
          'passed none of the tests in gantry.yml, so the tests gate is closed to it where it is asked for.',
      ),
  run: async (context, { follow }, ref) => {
    const [{ trustedWorkspace }, { watchRun }] = await Promise.all([
      import('../trust.ts'),
      import('../watch-run.ts'),
    ]);
    const client = await context.session.client();
    const { id: workspaceId } = await trustedWorkspace(context);
    const requestId = context.world.randomId();
    const start = () => client.releases.adopt({ workspaceId, requestId, ref });
    return watchRun(context, client, { workspaceId, start }, { follow: follow === true });
  },
});
