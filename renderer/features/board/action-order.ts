import type { BoardEnvironment } from '#shared/domain/board.ts';
import type { Standing } from './environment-standing.ts';

export type ActionId =
  | 'deploy'
  | 'build-and-deploy'
  | 'rollback'
  | 'build-again'
  | 'hold'
  | 'lift'
  | 'observe';

export type ActionOrder = { readonly main: readonly ActionId[]; readonly rest: readonly ActionId[] };

/** What an environment offers, the first thing first; `rest` stands behind the dots. */
export function actionOrder(facts: {
  readonly environment: Pick<BoardEnvironment, 'hold' | 'state'>;
  readonly isFirst: boolean;
  readonly standing: Standing['kind'];
  readonly isAnythingBuilt: boolean;
  /** The way back is gone, but its commit is not. */
  readonly canBuildAgain: boolean;
}): ActionOrder {
  const { environment, isFirst, standing, isAnythingBuilt, canBuildAgain } = facts;
  const again: readonly ActionId[] = canBuildAgain ? ['build-again'] : [];
  const isSilent = standing === 'unreachable' || standing === 'partly-unreachable';
  const first: readonly ActionId[] = isSilent ? ['observe'] : [];
  const start = isAnythingBuilt ? 'deploy' : 'build-and-deploy';
  const isEmpty = environment.state === undefined;
  if (environment.hold !== undefined) {
    // A hold keeps new releases out; the way back stays open.
    return { main: isEmpty ? ['lift'] : ['lift', 'rollback'], rest: [...again, 'deploy'] };
  }
  if (isEmpty) {
    // A release comes here from the left: deploying past it is possible, and not what one wants first.
    return isFirst ? { main: [...first, start], rest: ['hold'] } : { main: first, rest: ['deploy', 'hold'] };
  }
  return isFirst
    ? { main: [...first, 'deploy', 'rollback'], rest: [...again, 'hold'] }
    : { main: [...first, 'rollback', 'hold'], rest: [...again, 'deploy'] };
}
