import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { failed } from '../step-end.ts';
import type { RollingWaitAction } from './actions.ts';
import type { DeployMemory } from './deploy-memory.ts';
import { prepared } from './prepare.ts';
import { sortOut, undoing } from './sort-out.ts';
import { waitUntilHealthy } from './wait.ts';

/** Of the services that are replaced, the new containers alone: how well the old ones are decides nothing. */
export function waitBeside(
  action: RollingWaitAction,
  io: Io,
  memory: DeployMemory,
): AsyncGenerator<StepOutput> {
  return undoing(wait(action, io, memory), action.up, io, memory);
}

async function* wait(
  { up, ...action }: RollingWaitAction,
  io: Io,
  memory: DeployMemory,
): AsyncGenerator<StepOutput> {
  const found = await prepared(up, io, memory);
  if (found.kind === 'refused') return yield failed(found.error);
  const sorted = await sortOut(up, found.rolling, io);
  const old = new Set(sorted.flatMap((one) => one.old.map(({ id }) => id)));
  const { engine } = io;
  const withoutOld: Io = {
    ...io,
    engine: {
      ...engine,
      containers: async (labels, signal) =>
        (await engine.containers(labels, signal)).filter(({ id }) => !old.has(id)),
    },
  };
  yield* waitUntilHealthy({ ...action, kind: 'wait' }, withoutOld);
}
