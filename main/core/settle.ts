import type { RunEventOf } from '#shared/domain/run-events.ts';
import type { Ports } from './context.ts';
import type { Settled } from './ports.ts';
import { type RunRecorder, recordSaid } from './run-recorder.ts';
import type { RunStep } from './run-step.ts';
import { goingOn } from './sentences.ts';
import { createStepCommands } from './step-commands.ts';
import { endOfThrown } from './step-failure.ts';

/** The containers have stop timeouts of their own; nobody waits for more than this. */
const atMostMs = 120_000;

type Ending = Omit<RunEventOf<'run-ended'>, 'kind' | 'recovered'>;
type Settling = { readonly ports: Ports; readonly recorder: RunRecorder };

/**
 * The run stops here and stays: what its last step left side by side becomes one, or is named. Never rejects but where
 * the ledger does.
 *
 * @param begun steps that the run began; of them the last that a target carried out is asked
 * @param back of a way back that failed, the steps that were begun; the last of them is asked first
 */
export async function settleSteps(
  run: Settling,
  begun: readonly RunStep[],
  back: readonly RunStep[],
): Promise<Settled> {
  const settled = await settleLast(run, back);
  // What it was to bring is what ran before the run.
  if (settled.kind === 'release') return { ...settled, kind: 'before' };
  return settled.kind === 'left' ? settled : settleLast(run, begun);
}

async function settleLast(run: Settling, begun: readonly RunStep[]): Promise<Settled> {
  const step = begun.findLast(({ settle }) => settle !== undefined);
  return step === undefined ? { kind: 'nothing' } : settleStep(run, step);
}

async function settleStep({ ports, recorder }: Settling, step: RunStep): Promise<Settled> {
  const { id, timeoutMs } = step.planned;
  const own = createStepCommands(ports, recorder, id);
  try {
    const outputs = step.settle?.({
      signal: AbortSignal.timeout(Math.min(timeoutMs, atMostMs)),
      commands: own.commands,
      recordIf: recorder.appendIf,
      advance: recorder.advance,
    });
    if (outputs === undefined) return { kind: 'nothing' };
    for (;;) {
      const next = await outputs.next();
      if (next.done === true) return next.value;
      const output = next.value;
      if (output.kind === 'line' || output.kind === 'lines') recordSaid(recorder, id, output);
    }
  } catch (error) {
    const { detail, error: thrown } = endOfThrown(error);
    const hint = 'Look at what runs there: gantry status';
    return { kind: 'left', error: thrown ?? { code: 'internal', message: detail, hint } };
  } finally {
    await own.end();
  }
}

/**
 * @param arrived what the environment runs where the wished release is what was left; absent where more was to follow
 */
export function endSettled(ending: Ending, settled: Settled, arrived: Ending['leaves']): Ending {
  switch (settled.kind) {
    case 'nothing':
      return ending;
    case 'left': {
      const { error } = settled;
      const hint = ending.error === undefined ? error.hint : `${ending.error.hint} ${error.hint}`;
      return {
        ...ending,
        summary: goingOn(ending.summary, `${error.message} ${error.hint}`),
        error: { ...(ending.error ?? error), hint },
      };
    }
    case 'before':
    case 'release': {
      const { did, kind } = settled;
      return {
        ...ending,
        ...(did === undefined ? {} : { summary: goingOn(ending.summary, did) }),
        ...(kind === 'release' && arrived !== undefined ? { leaves: arrived } : {}),
        keeps: kind,
      };
    }
  }
}
