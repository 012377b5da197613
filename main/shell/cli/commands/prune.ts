import { Option } from 'commander';
import type { GlobalOptions } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { followOption } from './arguments.ts';
import { defineCommand } from './define.ts';

type PruneOptions = GlobalOptions & {
  readonly yes?: boolean;
  readonly preview?: boolean;
  readonly follow?: boolean;
};

export const pruneCommand = defineCommand<[], PruneOptions>({
  name: 'prune',
  summary: 'remove images of old releases that nothing needs any more; shows them first',
  shape: (command) =>
    command
      .addOption(new Option('--preview', 'only show what would go, and why the rest stays').conflicts('yes'))
      .option('-y, --yes', 'go ahead without asking')
      .addOption(followOption)
      .addHelpText(
        'after',
        '\nWhat an environment runs or could go back to, what is pinned, and the newest releases always stay\n' +
          '(retention in gantry.yml). Only names that Gantry gave are removed. The releases stay in the history.',
      ),
  run: async (context, { yes, preview, follow }) => {
    const [{ trustedWorkspace }, { watchRun }, { pruneText }, { confirmPrune }] = await Promise.all([
      import('../trust.ts'),
      import('../watch-run.ts'),
      import('../text/prune-text.ts'),
      import('../confirm.ts'),
    ]);
    const client = await context.session.client();
    const { id: workspaceId } =
      preview === true ? await context.session.workspace() : await trustedWorkspace(context);
    const shown = await client.images.prune.preview({ workspaceId });
    const text = () => pruneText(shown, context.terminal.style);
    if (preview === true || shown.goes.length === 0) {
      context.print(shown, text);
      return exitCodes.done;
    }
    if (!context.json) context.terminal.out(text());
    if (!(await confirmPrune(context, yes === true))) {
      context.terminal.err('Nothing was removed.\n');
      return exitCodes.cancelled;
    }
    const requestId = context.world.randomId();
    const start = () => client.images.prune.apply({ workspaceId, requestId, hash: shown.hash });
    return watchRun(context, client, { workspaceId, start }, { follow: follow === true });
  },
});
