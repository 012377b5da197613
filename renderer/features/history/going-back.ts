import type { BoardEnvironment } from '#shared/domain/board.ts';
import type { ReleaseId } from '#shared/domain/ids.ts';
import type { RollbackChoice } from '#shared/domain/image-list.ts';
import type { RunSummary } from '#shared/domain/run.ts';

/** Whether an environment could go back to what a run left there. */
export type GoingBack =
  /** Nothing a rollback could be about: a build, or a run that left nothing. */
  | { readonly kind: 'not-about' }
  | { readonly kind: 'runs-now' }
  /** `rollbackChoices` does not have it. */
  | { readonly kind: 'impossible' }
  /** It ran here, and its image is nowhere any more: only its commit is left. */
  | { readonly kind: 'gone'; readonly release: ReleaseId; readonly commit: string | undefined }
  | { readonly kind: 'possible'; readonly release: ReleaseId };

/** `choices`: releases the ledger says ran here before; undefined while that is not known. */
export function goingBack(
  run: RunSummary,
  environment: BoardEnvironment | undefined,
  choices: readonly RollbackChoice[] | undefined,
): GoingBack {
  if (run.kind === 'build' || run.state !== 'succeeded' || run.release === undefined)
    return { kind: 'not-about' };
  if (environment === undefined || choices === undefined) return { kind: 'not-about' };
  if (environment.state?.release === run.release) return { kind: 'runs-now' };
  const choice = choices.find(({ release }) => release.id === run.release);
  if (choice === undefined) return { kind: 'impossible' };
  const { id, source } = choice.release;
  return choice.image === 'gone'
    ? { kind: 'gone', release: id, commit: source.commit?.sha }
    : { kind: 'possible', release: id };
}
