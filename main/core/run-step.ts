import { GantryError } from '#shared/domain/errors.ts';
import { type PlannedStep, triesOf } from '#shared/domain/plan.ts';
import type { RunEvent, RunEventOf } from '#shared/domain/run-events.ts';
import type { Ports } from './context.ts';
import type { Advance, Commands, Settled, StepOutput } from './ports.ts';
import { type Backoff, waitBeforeRetry } from './retry.ts';
import { type RunRecorder, recordSaid } from './run-recorder.ts';
import { createStepCommands } from './step-commands.ts';
import { cancelledEnd, endOfThrown, endOfTimeout, type StepEnd } from './step-failure.ts';

/** What a step is given to work with. */
export type StepContext = {
  readonly signal: AbortSignal;
  /** Records every child process, so that a crash leaves none behind unknown. */
  readonly commands: Commands;
  /** Records an event, if what was asked of the ledger holds in the same transaction; false when it does not. */
  readonly recordIf: (event: RunEvent, holds: () => boolean) => boolean;
  /** For a run that waits: it is its turn from now on, or who goes before. */
  readonly advance: () => Advance;
};

export type RunStep = {
  readonly planned: PlannedStep;
  /** What the run is about is done before it: where it fails, that is recorded, and the run succeeds all the same. */
  readonly isAfterthought?: boolean;
  /** That it has begun is written down already. */
  readonly isBegun?: boolean;
  /** What the run is about has arrived before it, and is watched. */
  readonly isWatch?: boolean;
  apply(context: StepContext): AsyncIterable<StepOutput | BuildStepOutput>;
  /** Where the run stops for good after it: old and new are not left side by side. */
  settle?(context: StepContext): AsyncGenerator<StepOutput, Settled>;
};

/** Steps of a build say more than those of a target: they have events of their own. */
export type BuildStepOutput = {
  readonly kind: 'event';
  readonly event:
    | RunEventOf<'vertex-changed'>
    | RunEventOf<'context-sent'>
    | RunEventOf<'test-reported'>
    | RunEventOf<'release-recorded'>
    | RunEventOf<'image-placed'>
    | RunEventOf<'tags-moving'>
    | RunEventOf<'tag-moved'>;
};

/** How long a step may take to stop once it was told to. */
const stopGraceMs = 10_000;
const progressEveryMs = 400;

/**
 * Runs one step to its end, which is written with what is written next. With a `backoff`, one that ends errored is tried
 * again where it may be. Throws only when the recorder does.
 */
export async function runStep(
  ports: Pick<Ports, 'clock' | 'commands'>,
  recorder: RunRecorder,
  step: RunStep,
  cancelSignal: AbortSignal,
  backoff?: Backoff,
): Promise<StepEnd> {
  const { planned } = step;
  if (step.isBegun !== true) begin(recorder, planned);
  const signals = { cancel: cancelSignal, timeout: AbortSignal.timeout(planned.timeoutMs) };
  for (let attempt = 1; ; attempt += 1) {
    const tried = await tryStep(ports, recorder, step, signals);
    // What could not be found out while it was told to stop is not begun anew.
    const isOver = signals.cancel.aborted || signals.timeout.aborted;
    const waitMs = isOver ? undefined : backoff && waitBeforeRetry(planned, tried, attempt, backoff);
    const end =
      waitMs === undefined
        ? tried
        : await waitToRetry(ports, recorder, planned, tried, { attempt, waitMs, ...signals });
    if (end === undefined) continue;
    const detail = attempt > 1 && end === tried ? `${end.detail} (try ${attempt})` : end.detail;
    const { isTimeout: _, ...facts } = end;
    recorder.appendWithNext({ kind: 'step-ended', step: planned.id, ...facts, detail });
    return { ...end, detail };
  }
}

/** Before anything changes it is on the disk; to wait for that takes up to a second where the engine writes much. */
function begin(recorder: RunRecorder, { id, changes }: PlannedStep): void {
  const started = { kind: 'step-started', step: id } as const;
  if (changes) {
    recorder.append(started);
  } else {
    recorder.appendWithNext(started);
    recorder.flush();
  }
}

type Signals = { readonly cancel: AbortSignal; readonly timeout: AbortSignal };

async function tryStep(
  ports: Pick<Ports, 'clock' | 'commands'>,
  recorder: RunRecorder,
  step: RunStep,
  { cancel, timeout }: Signals,
): Promise<StepEnd> {
  const { id, timeoutMs } = step.planned;
  try {
    const end = await consume(ports, recorder, step, AbortSignal.any([cancel, timeout]));
    if (end.outcome !== 'cancelled' || cancel.aborted) return end;
    // Nobody cancelled: its time was over, and the other side confirmed that it stopped.
    const late = endOfTimeout(timeoutMs);
    return { ...late, detail: `${late.detail}: ${end.detail}` };
  } catch (error) {
    if (cancel.aborted) return cancelledEnd;
    if (timeout.aborted) return endOfTimeout(timeoutMs);
    if (!(error instanceof GantryError) && error instanceof Error) {
      recorder.line({ step: id, source: 'gantry', level: 'err', text: error.stack ?? error.message });
    }
    return endOfThrown(error);
  }
}

/** An end where the next try does not come: it was cancelled, or its time is over. */
async function waitToRetry(
  { clock }: Pick<Ports, 'clock'>,
  recorder: RunRecorder,
  planned: PlannedStep,
  tried: StepEnd,
  { attempt, waitMs, cancel, timeout }: Signals & { readonly attempt: number; readonly waitMs: number },
): Promise<StepEnd | undefined> {
  const facts = { step: planned.id, attempt: attempt + 1, of: triesOf(planned), waitMs };
  recorder.append({ kind: 'step-retried', ...facts, why: tried.detail });
  try {
    await clock.sleep(waitMs, AbortSignal.any([cancel, timeout]));
    return undefined;
  } catch {
    return cancel.aborted ? cancelledEnd : tried;
  }
}

async function consume(
  ports: Pick<Ports, 'clock' | 'commands'>,
  recorder: RunRecorder,
  step: RunStep,
  signal: AbortSignal,
): Promise<StepEnd> {
  const { id } = step.planned;
  const left = new AbortController();
  const own = createStepCommands(ports, recorder, id);
  const progress = createProgress(ports, recorder, id);
  try {
    const outputs = step.apply({
      signal: AbortSignal.any([signal, left.signal]),
      commands: own.commands,
      recordIf: recorder.appendIf,
      advance: recorder.advance,
    });
    for await (const output of endingOnAbort(outputs, signal)) {
      const end = tell(output, recorder, id, progress);
      if (end !== undefined) return end;
    }
    signal.throwIfAborted();
    throw new Error(`step ${id} ended without saying how`);
  } catch (error) {
    // Such as what it said could not be written: nobody listens to it any more, so it must not go on.
    left.abort(error);
    throw error;
  } finally {
    await own.end();
  }
}

/** Records what a step says; answers its end. */
function tell(
  output: StepOutput | BuildStepOutput,
  recorder: RunRecorder,
  id: string,
  progress: (text: string) => void,
): StepEnd | undefined {
  switch (output.kind) {
    case 'line':
    case 'lines':
      recordSaid(recorder, id, output);
      break;
    case 'progress':
      progress(output.text);
      break;
    case 'observed':
      // Its step goes on to its end, which is mostly said in the same breath.
      recorder.appendSoon({ kind: 'observed', step: id, observed: output.observed });
      break;
    case 'probed':
      recorder.appendSoon({
        kind: 'health-probed',
        step: id,
        check: output.check,
        probes: [...output.probes],
      });
      break;
    case 'handle':
      recorder.append({ kind: 'step-handed-over', step: id, handle: output.handle });
      break;
    case 'event':
      record(recorder, output.event);
      break;
    case 'end':
      return {
        outcome: output.outcome,
        detail: output.detail,
        ...(output.error === undefined ? {} : { error: output.error }),
        ...(output.isUnverified === true ? { isUnverified: true } : {}),
      };
  }
  return undefined;
}

function record(recorder: RunRecorder, event: BuildStepOutput['event']): void {
  switch (event.kind) {
    // Nothing outside has changed by it: a crash a moment later would lose a sentence only.
    case 'vertex-changed':
    case 'context-sent':
    case 'test-reported':
    // The release itself stands in the ledger already.
    case 'release-recorded':
      recorder.appendSoon(event);
      break;
    // The end of its step is said in the same breath.
    case 'image-placed':
      recorder.appendWithNext(event);
      break;
    case 'tags-moving':
    case 'tag-moved':
      recorder.append(event);
  }
}

/** Progress is for eyes: more often than a few times a second helps nobody and fills the ledger. */
function createProgress(ports: Pick<Ports, 'clock'>, recorder: RunRecorder, step: string) {
  let lastText = '';
  let lastAt = Number.NEGATIVE_INFINITY;
  return (text: string) => {
    const now = ports.clock.monotonic();
    if (text === lastText || now - lastAt < progressEveryMs) return;
    lastText = text;
    lastAt = now;
    recorder.appendSoon({ kind: 'step-progressed', step, text });
  };
}

/** Ends with the signal's reason even when the source ignores its signal for longer than the grace. */
async function* endingOnAbort<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let grace: NodeJS.Timeout | undefined;
  let isOver = false;
  let giveUp: ((reason: unknown) => void) | undefined;
  const onAbort = () => {
    grace = setTimeout(() => {
      isOver = true;
      giveUp?.(signal.reason);
    }, stopGraceMs);
  };
  // One promise that all of them were raced with would keep something of each output until the end.
  const next = () =>
    new Promise<IteratorResult<T>>((resolve, reject) => {
      giveUp = reject;
      iterator.next().then(resolve, reject);
    });
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      if (isOver) throw signal.reason;
      const answer = await next();
      if (answer.done) return;
      yield answer.value;
    }
  } finally {
    clearTimeout(grace);
    signal.removeEventListener('abort', onAbort);
    // A source that already ended ignores this; one that was left early cleans up.
    void iterator.return?.().catch(() => undefined);
  }
}
