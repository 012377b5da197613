import type { LogLine } from '#shared/domain/run-events.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { toSummary } from '#shared/domain/run-reducer.ts';
import type { GantryClient } from '../gantry-client.ts';
import { buildDocument } from './build-document.ts';
import type { CommandContext } from './command-context.ts';
import { type ExitCode, exitCodeOfOutcome, exitCodes } from './exit-codes.ts';
import { failureChoices } from './failure-choices.ts';
import { followRun, type RunPlace } from './follow-run.ts';
import {
  createEventPrinter,
  createLinePrinter,
  createLivePrinter,
  type RunPrinter,
  silentPrinter,
} from './run-printer.ts';
import type { Style } from './terminal.ts';
import { choiceLines } from './text/choice-text.ts';
import { plain } from './text/format.ts';

export type RunBeginning = {
  readonly workspaceId: string;
  start(): Promise<{ readonly runId: number }>;
  /** What is done once it has succeeded, as the final document tells of it. */
  readonly afterwards?: (view: RunView) => Promise<Readonly<Record<string, unknown>>>;
};

export type WatchOptions = {
  /** JSON lines of events instead of one final document. */
  readonly follow: boolean;
};

/** Lines of a failed step's log that are worth printing unasked. */
const tailLines = 20;

/**
 * Starts a run and follows it to its end. Ctrl-C cancels it and waits for that end, also when it comes while the run
 * is only being asked for; a second one leaves at once.
 */
export async function watchRun(
  context: CommandContext,
  client: GantryClient,
  begin: RunBeginning,
  options: WatchOptions,
): Promise<ExitCode> {
  const stop = new AbortController();
  const interruption = interruptible(context, client);
  try {
    const { runId } = await begin.start();
    interruption.started(runId);
    const place = { workspaceId: begin.workspaceId, runId };
    const view = await showRun(client, place, choosePrinter(context, options), stop.signal);
    if (view === undefined || view.state === 'running') return exitCodes.failed;
    const more = view.state === 'succeeded' ? await begin.afterwards?.(view) : undefined;
    await printEnd(context, client, view, options, more);
    return exitCodeOfOutcome(view.state);
  } finally {
    interruption.over();
    stop.abort();
  }
}

function interruptible({ terminal, interrupts }: CommandContext, client: GantryClient) {
  let runId: number | undefined;
  let isCancelled = false;
  const cancel = () => {
    // A run that has just ended cannot be cancelled any more, and its end is on the way.
    if (runId !== undefined) client.runs.cancel({ runId }).catch(() => undefined);
  };
  const releases = [
    interrupts.handle(() => {
      isCancelled = true;
      terminal.err('\ncancelling… (Ctrl-C again leaves at once)\n');
      releases.push(
        interrupts.handle(() => {
          terminal.err(leavingText(runId));
          interrupts.leave();
        }),
      );
      cancel();
    }),
  ];
  return {
    started: (id: number) => {
      runId = id;
      if (isCancelled) cancel();
    },
    over: () => {
      for (const release of releases) release();
    },
  };
}

function leavingText(runId: number | undefined): string {
  const run = runId === undefined ? 'If the run has begun, it' : `Run ${runId}`;
  return `\n${run} is left as it is; a Gantry that starts later finds out what happened and closes it.\n`;
}

async function showRun(
  client: GantryClient,
  place: RunPlace,
  printer: RunPrinter,
  signal: AbortSignal,
): Promise<RunView | undefined> {
  let view: RunView | undefined;
  try {
    for await (const moment of followRun(client, place, signal)) {
      view = moment.view;
      printer.show(moment);
    }
    return view;
  } finally {
    printer.end(view);
  }
}

function choosePrinter({ json, terminal, world }: CommandContext, { follow }: WatchOptions): RunPrinter {
  if (json) return follow ? createEventPrinter(terminal) : silentPrinter;
  return terminal.isLive ? createLivePrinter(terminal, world.now) : createLinePrinter(terminal);
}

async function printEnd(
  { json, terminal }: CommandContext,
  client: GantryClient,
  view: RunView,
  { follow }: WatchOptions,
  more: Readonly<Record<string, unknown>> | undefined,
): Promise<void> {
  terminal.bell();
  if (json) {
    if (follow) return;
    const choices = await failureChoices(client, view);
    const document = { ...runDocument(view), ...(choices.length === 0 ? {} : { choices }), ...more };
    terminal.out(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  if (view.state === 'succeeded') return;
  for (const line of await tailLinesOf(client, view, terminal.style)) terminal.out(`${line}\n`);
  terminal.out(`gantry logs ${view.id} shows all of its output.\n`);
  const choices = await failureChoices(client, view);
  for (const line of choiceLines(view, choices, terminal.style)) terminal.out(`${line}\n`);
}

/** What `--json` prints when a run has ended. */
export function runDocument(view: RunView): Readonly<Record<string, unknown>> {
  const { steps, error, leaves } = view;
  const build = view.kind === 'build' ? buildDocument(view) : undefined;
  return { run: toSummary(view), steps, build, error, leaves };
}

/** The last output of the steps that did not end well. */
export async function tailLinesOf(
  client: GantryClient,
  view: RunView,
  style: Style,
): Promise<readonly string[]> {
  const lines = await logTail(client, view);
  return lines.map(({ text }) => `  ${style.dim('|')} ${plain(text)}`);
}

async function logTail(client: GantryClient, view: RunView): Promise<readonly LogLine[]> {
  const bad = new Set(
    view.steps.filter(({ state }) => state === 'failed' || state === 'errored').map((step) => step.id),
  );
  if (bad.size === 0) return [];
  const { logLines } = await client.runs.get({ runId: view.id });
  if (logLines === 0) return [];
  // Other steps may have written in between, so more is read than is shown.
  const { lines } = await client.runs.log({ runId: view.id, from: Math.max(1, logLines - 400), limit: 500 });
  return lines.filter((line) => bad.has(line.step)).slice(-tailLines);
}
