import { type ErrorDetail, GantryError, toErrorDetail } from '#shared/domain/errors.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import type { ImageContentsDiff } from '#shared/domain/image-contents.ts';

/** What the worker needs to reach the same engine as the process it works for. */
export type WorkerSetup = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeFolder: string;
  readonly cacheFolder: string;
};

export type ToWorker =
  | {
      readonly kind: 'compare';
      readonly id: number;
      readonly left?: ImageFacts;
      readonly right: ImageFacts;
      /** Registries that may be spoken to in the clear. */
      readonly insecure: readonly string[];
      /** Also what both stand on. */
      readonly whole: boolean;
    }
  | { readonly kind: 'cancel'; readonly id: number };

export type FromWorker =
  | { readonly kind: 'done'; readonly id: number; readonly diff: ImageContentsDiff }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure };

/** Between threads an error would lose all but its message. */
export type Failure =
  | { readonly kind: 'expected'; readonly detail: ErrorDetail }
  | { readonly kind: 'bug'; readonly message: string; readonly stack: string };

export function writeFailure(error: unknown): Failure {
  if (error instanceof GantryError) return { kind: 'expected', detail: toErrorDetail(error) };
  const [message, stack] = error instanceof Error ? [error.message, error.stack ?? ''] : [String(error), ''];
  return { kind: 'bug', message, stack };
}

export function readFailure(failure: Failure): Error {
  if (failure.kind === 'bug') {
    const error = new Error(failure.message);
    error.stack = failure.stack;
    return error;
  }
  const { code, message, hint, problems } = failure.detail;
  return new GantryError(code, message, hint, problems === undefined ? {} : { problems });
}

export const cacheFolders = { layers: 'layers', diffs: 'comparisons' } as const;
