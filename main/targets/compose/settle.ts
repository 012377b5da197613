import type { Container } from '#main/core/ports/engine.ts';
import type { Io, Settled, StepOutput } from '#main/core/ports/target.ts';
import type { ErrorDetail } from '#shared/domain/errors.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { ComposeAction, ComposeUp } from './actions.ts';
import type { DeployMemory } from './deploy-memory.ts';
import { composeLabels, gantryLabels } from './labels.ts';
import { prepared } from './prepare.ts';
import { isDrained, namesOf, removeById, type Sorted, sortOut, stopOld } from './sort-out.ts';

/**
 * A rolling deploy that stops for good between its steps, or in the middle of handing over, leaves old and new
 * containers side by side. The old ones stay as long as nobody told them to go; from then on the new ones do, which had
 * become healthy before that.
 */
export async function* settle(
  action: ComposeAction,
  io: Io,
  memory: DeployMemory,
): AsyncGenerator<StepOutput, Settled> {
  const up = upOf(action);
  if (up?.isRolling !== true) return { kind: 'nothing' };
  try {
    const found = await prepared(up, io, memory);
    if (found.kind === 'refused') return { kind: 'left', error: left(up, found.error.message) };
    const sorted = await sortOut(up, found.rolling, io);
    return yield* settleSorted(up, sorted, action.kind === 'hand-over', io);
  } catch (error) {
    const code = error instanceof GantryError ? error.code : undefined;
    return { kind: 'left', error: left(up, error instanceof Error ? error.message : String(error), code) };
  }
}

/** @param isHandingOver the new ones were found to be healthy before that */
async function* settleSorted(
  up: ComposeUp,
  sorted: readonly Sorted[],
  isHandingOver: boolean,
  io: Io,
): AsyncGenerator<StepOutput, Settled> {
  const old = sorted.flatMap((one) => one.old);
  const fresh = sorted.flatMap((one) => one.fresh);
  const areAllThere = sorted.every(
    (one) => one.fresh.length >= one.service.replicas && one.fresh.every(isWell),
  );
  if (old.length === 0) return { kind: isHandingOver && areAllThere ? 'release' : 'nothing' };
  if (fresh.length === 0) return { kind: 'before' };
  const hasDrained = old.some(isDrained);
  if (areAllThere && (isHandingOver || hasDrained)) {
    yield* stopOld(sorted, io);
    const did = `${namesOf(old)} stopped; ${namesOf(fresh)} of ${up.release} serves`;
    yield { kind: 'line', source: 'gantry', level: 'note', text: did };
    return { kind: 'release', did };
  }
  if (hasDrained) {
    const why = `${namesOf(old.filter(isDrained))} was told to turn away whoever comes, and not all of the new ones are well`;
    return { kind: 'left', error: left(up, why) };
  }
  // Where nothing ran before there is nothing beside it.
  const beside = sorted.filter((one) => one.old.length > 0).flatMap((one) => one.fresh);
  if (beside.length === 0) return { kind: 'before' };
  await removeById(beside, io);
  const did = `${namesOf(beside)} removed; what ran before still serves`;
  yield { kind: 'line', source: 'gantry', level: 'note', text: did };
  return { kind: 'before', did };
}

function upOf(action: ComposeAction): ComposeUp | undefined {
  switch (action.kind) {
    case 'start-beside':
      return action;
    case 'wait-beside':
    case 'hand-over':
      return action.up;
    default:
      return undefined;
  }
}

/** One without a check of its own is as well as it can say. */
function isWell({ health }: Container): boolean {
  return health === 'healthy' || health === 'unknown';
}

function left(
  { project, release }: ComposeUp,
  why: string,
  code: ErrorDetail['code'] = 'target-refused',
): ErrorDetail {
  return {
    code,
    message: `Old and new containers of project ${project} may serve side by side: ${why}`,
    hint: `The next deploy or rollback sorts it out. By hand: docker ps --filter label=${composeLabels.project}=${project} lists them, those of the new release with --filter label=${gantryLabels.release}=${release} too; docker rm -f removes the ones that shall go.`,
  };
}
