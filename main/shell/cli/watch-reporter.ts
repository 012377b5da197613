import type { RecordedEvent } from '#shared/domain/run-events.ts';
import { foldRun, type RunView, reduceRun } from '#shared/domain/run-reducer.ts';
import type { WatchState } from '#shared/domain/watch.ts';
import type { GantryClient } from '../gantry-client.ts';
import { createLiveRegion } from './live-region.ts';
import type { Terminal } from './terminal.ts';
import { frameMs, runFrame } from './text/run-text.ts';
import { roundEnd, roundHeading, watchRunLine } from './text/watch-text.ts';
import { tailLinesOf } from './watch-run.ts';

type Watching = Extract<WatchState, { kind: 'on' }>;

/** Shows the rounds of a loop as they happen. */
export type WatchReporter = {
  state(state: WatchState): Promise<void>;
  recorded(event: RecordedEvent): Promise<void>;
  /** Lines that are for good. */
  say(lines: readonly string[]): void;
  /** Says what became of a run that was cancelled at the end. */
  finish(): Promise<void>;
  /** Draws no more. */
  stop(): void;
};

/** One JSON line for each state. */
export function createStatePrinter(terminal: Pick<Terminal, 'out'>): WatchReporter {
  return {
    state: async (state) => terminal.out(`${JSON.stringify(state)}\n`),
    recorded: async () => undefined,
    say: () => undefined,
    finish: async () => undefined,
    stop: () => undefined,
  };
}

/** A few lines for each round; on a terminal also the run that is going on, step by step. */
export function createRoundPrinter(
  terminal: Terminal,
  client: GantryClient,
  now: () => number,
): WatchReporter {
  const { style } = terminal;
  const region = createLiveRegion(terminal);
  const views = new Map<number, RunView>();
  /** Runs of the loop, and what became of the newest. */
  const ours = new Set<number>();
  let state: Watching | undefined;
  let last: RunView | undefined;

  const say = (lines: readonly string[]) => {
    if (terminal.isLive) region.settle(lines);
    else for (const line of lines) terminal.out(`${line}\n`);
  };
  const draw = () => {
    if (state === undefined) return;
    const run = state.runId === undefined ? undefined : views.get(state.runId);
    region.draw(
      run?.state === 'running'
        ? runFrame(run, now(), style).map((line) => `  ${line}`)
        : [style.dim(`  ${state.phase === 'waiting' ? 'waiting for the next change' : `${state.phase}…`}`)],
    );
  };
  const timer = terminal.isLive ? setInterval(draw, frameMs) : undefined;

  const sayEnded = async (view: RunView) => {
    views.delete(view.id);
    last = view;
    // A run that the loop itself gave up is followed by another round.
    const isStale = view.state === 'cancelled' && view.isCancelRequested && state?.phase === 'settling';
    say([watchRunLine(view, isStale, style)]);
    if (view.state === 'failed' || view.state === 'errored') say(await tailLinesOf(client, view, style));
  };

  return {
    say,
    async state(next) {
      if (next.kind === 'off') return;
      const before = state;
      state = next;
      if (isNewRound(before, next)) {
        last = undefined;
        say([roundHeading(next, style)]);
      }
      if (next.runId !== undefined && !ours.has(next.runId)) {
        ours.add(next.runId);
        const view = views.get(next.runId);
        if (view !== undefined && view.state !== 'running') await sayEnded(view);
      }
      if (next.phase === 'waiting' && before?.phase !== 'waiting') {
        const line = roundEnd(next, last, style);
        if (line !== undefined) say([line]);
        terminal.bell();
      }
    },
    async recorded(event) {
      const before = views.get(event.runId);
      const view = before === undefined ? foldRun([event]) : reduceRun(before, event);
      if (view === undefined) return;
      views.set(event.runId, view);
      if (view.state !== 'running' && ours.has(event.runId)) await sayEnded(view);
    },
    async finish() {
      for (const id of ours) {
        if (!views.has(id)) continue;
        const { summary } = await client.runs.get({ runId: id });
        say([watchRunLine(summary, false, style)]);
      }
    },
    stop() {
      clearInterval(timer);
      if (terminal.isLive) region.draw([]);
    },
  };
}

/** A round is told once before its run is known. */
function isNewRound(before: Watching | undefined, next: Watching): boolean {
  if (next.phase !== 'building' || next.runId !== undefined) return false;
  return before?.phase !== 'building' || before.runId !== undefined || before.changedAt !== next.changedAt;
}
