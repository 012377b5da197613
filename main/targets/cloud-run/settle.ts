import type { Io, StepOutput } from '#main/core/ports/target.ts';
import type { CloudRun } from './api.ts';
import { textOf } from './failures.ts';
import { type Operation, type Service, shortName } from './shapes.ts';

const waitForMs = 10_000;
/** Where Cloud Run answers at once that it is not done. */
const pauseMs = 500;

type Following = Pick<Io, 'clock' | 'signal'>;

type Followed = {
  /** Undefined where nothing was asked for, and where Cloud Run no longer knows it: the service itself then tells. */
  readonly done: Operation | undefined;
  /** Once Cloud Run is done with it, however it went. */
  readonly service: Service;
};

/** Follows what was asked for, and the service behind it; what Cloud Run says on the way is in the log. */
export async function* untilSettled(
  run: CloudRun,
  operation: string | undefined,
  io: Following,
): AsyncGenerator<StepOutput, Followed> {
  const tell = createTeller();
  const done = operation === undefined ? undefined : yield* untilDone(run, operation, io, tell);
  for (;;) {
    const service = await run.service();
    const state = service.terminalCondition?.state;
    const isOver = state === 'CONDITION_SUCCEEDED' || state === 'CONDITION_FAILED';
    if (isOver && !service.reconciling) return { done, service };
    yield* tell(service);
    await io.clock.sleep(pauseMs, io.signal);
  }
}

async function* untilDone(
  run: CloudRun,
  operation: string,
  io: Following,
  tell: Teller,
): AsyncGenerator<StepOutput, Operation | undefined> {
  for (;;) {
    const now = await run.wait(operation, waitForMs);
    if (now === undefined || now.done) return now;
    yield* tell(await run.service());
    await io.clock.sleep(pauseMs, io.signal);
  }
}

type Teller = (service: Service) => Generator<StepOutput>;

/** The log gets each thing once, a progress line again and again. */
function createTeller(): Teller {
  let last = '';
  return function* tell(service) {
    const text = progressText(service);
    if (text !== last) yield said(text);
    last = text;
    yield { kind: 'progress', text };
  };
}

export function said(text: string): StepOutput {
  return { kind: 'line', source: 'cloud-run', level: 'out', text };
}

function progressText({ conditions, terminalCondition, latestCreatedRevision }: Service): string {
  const open = [...conditions, ...(terminalCondition === undefined ? [] : [terminalCondition])].find(
    ({ state, message }) => state !== 'CONDITION_SUCCEEDED' && message !== '',
  );
  return textOf(open) ?? `Cloud Run works on ${shortName(latestCreatedRevision)}`;
}
