import type { Io, StepOutput } from '#main/core/ports/target.ts';
import type { CloudRun } from './api.ts';
import { textOf } from './failures.ts';
import { type Operation, type Service, shortName } from './shapes.ts';

const waitForMs = 10_000;
/** Where Cloud Run answers at once that it is not done. */
const pauseMs = 500;

/** Undefined where Cloud Run no longer knows it: the service itself then tells. */
export async function* untilDone(
  run: CloudRun,
  operation: string,
  io: Pick<Io, 'clock' | 'signal'>,
): AsyncGenerator<StepOutput, Operation | undefined> {
  for (;;) {
    const now = await run.wait(operation, waitForMs);
    if (now === undefined || now.done) return now;
    yield { kind: 'progress', text: progressText(await run.service()) };
    await io.clock.sleep(pauseMs, io.signal);
  }
}

/** The service once Cloud Run is done with it, however it went. */
export async function* untilSettled(
  run: CloudRun,
  io: Pick<Io, 'clock' | 'signal'>,
): AsyncGenerator<StepOutput, Service> {
  for (;;) {
    const service = await run.service();
    const state = service.terminalCondition?.state;
    const isOver = state === 'CONDITION_SUCCEEDED' || state === 'CONDITION_FAILED';
    if (isOver && !service.reconciling) return service;
    yield { kind: 'progress', text: progressText(service) };
    await io.clock.sleep(pauseMs, io.signal);
  }
}

function progressText({ conditions, terminalCondition, latestCreatedRevision }: Service): string {
  const open = [...conditions, ...(terminalCondition === undefined ? [] : [terminalCondition])].find(
    ({ state, message }) => state !== 'CONDITION_SUCCEEDED' && message !== '',
  );
  return textOf(open) ?? `Cloud Run works on ${shortName(latestCreatedRevision)}`;
}
