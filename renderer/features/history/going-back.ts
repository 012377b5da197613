import type { BoardEnvironment } from '#shared/domain/board.ts';
import type { ReleaseId } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';

/** Whether an environment could go back to what a run left there. */
export type GoingBack =
  /** Nothing a rollback could be about: a build, or a run that left nothing. */
  | { readonly kind: 'not-about' }
  | { readonly kind: 'runs-now' }
  /** `rollbackChoices` does not have it. */
  | { readonly kind: 'impossible' }
  | { readonly kind: 'possible'; readonly release: ReleaseId };

/** `choices`: releases the ledger says ran here before; undefined while that is not known. */
export function goingBack(
  run: RunSummary,
  environment: BoardEnvironment | undefined,
  choices: readonly ReleaseId[] | undefined,
): GoingBack {
  if (run.kind === 'build' || run.state !== 'succeeded' || run.release === undefined)
    return { kind: 'not-about' };
  if (environment === undefined || choices === undefined) return { kind: 'not-about' };
  if (environment.state?.release === run.release) return { kind: 'runs-now' };
  return choices.includes(run.release) ? { kind: 'possible', release: run.release } : { kind: 'impossible' };
}
