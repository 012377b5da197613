import { type FailureChoice, stepsOfRetry } from '#shared/domain/after-failure.ts';
import { foldRun, type RunView } from '#shared/domain/run-reducer.ts';
import type { CommandContext } from './command-context.ts';
import { type ConfirmOptions, confirmPlan } from './confirm.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { failureChoices } from './failure-choices.ts';
import { plain } from './text/format.ts';
import { runName } from './text/run-text.ts';
import { trustedWorkspace } from './trust.ts';
import { watchRun } from './watch-run.ts';

export type RetryOptions = ConfirmOptions & {
  readonly from?: string;
  readonly note?: string;
  readonly follow?: boolean;
};

/** Shows what would be done again, asks, and follows the new run. What is refused, the core refuses. */
export async function retryRun(
  context: CommandContext,
  runId: number,
  { from, note, follow, ...confirming }: RetryOptions,
): Promise<ExitCode> {
  const client = await context.session.client();
  const workspace = await trustedWorkspace(context);
  const { events } = await client.runs.get({ runId });
  const view = foldRun(events);
  const retry = view === undefined ? undefined : (await failureChoices(client, view)).find(isRetry);
  let text: string | undefined;
  if (view?.plan !== undefined && retry !== undefined && retry.why === undefined) {
    if (!context.json) context.terminal.out(retryText(view, from ?? retry.from.step));
    const confirmation = await confirmPlan(context, view.plan, confirming);
    if (confirmation.kind === 'declined') {
      context.terminal.err('Nothing was changed.\n');
      return exitCodes.cancelled;
    }
    text = confirmation.text;
  }
  const request = {
    runId,
    requestId: context.world.randomId(),
    ...(from === undefined ? {} : { from }),
    ...(text === undefined ? {} : { confirmation: text }),
    ...(note === undefined ? {} : { note }),
  };
  const begin = { workspaceId: workspace.id, start: () => client.runs.retry(request) };
  return watchRun(context, client, begin, { follow: follow === true });
}

function isRetry(choice: FailureChoice): choice is Extract<FailureChoice, { kind: 'retry' }> {
  return choice.kind === 'retry';
}

function retryText(view: RunView, from: string): string {
  const ids = stepsOfRetry(view, from) ?? [];
  const titles = view.steps.filter(({ id }) => ids.includes(id)).map(({ title }) => plain(title));
  return `${runName(view)} again, from run ${view.id} on: ${titles.join(', ')}\n`;
}
