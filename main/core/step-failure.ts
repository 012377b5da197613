import { type ErrorCode, type ErrorDetail, GantryError, toErrorDetail } from '#shared/domain/errors.ts';
import type { StepOutcome } from '#shared/domain/outcome.ts';

/** How a step ended. Values, because a step that fails is an expected thing. */
export type StepEnd = {
  readonly outcome: Exclude<StepOutcome, 'skipped'>;
  readonly detail: string;
  readonly error?: ErrorDetail;
  readonly isUnverified?: true;
  readonly isTimeout?: true;
};

/** Codes with which the world said no. With any other we could not find out. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'engine-refused',
  'registry-refused',
  'target-refused',
  'compose-invalid',
  'compose-missing',
  'config-invalid',
  'env-file-invalid',
  'env-file-missing',
  'secret-unresolved',
  'image-gone',
  'image-unfit',
]);

export function endOfThrown(error: unknown): StepEnd {
  if (error instanceof GantryError) {
    return {
      outcome: refusals.has(error.code) ? 'failed' : 'errored',
      detail: error.message,
      error: toErrorDetail(error),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  const detail: ErrorDetail = {
    code: 'internal',
    message: `Gantry made a mistake: ${message}`,
    hint: 'Its own log lines in this run say where. Please report it.',
  };
  return { outcome: 'errored', detail: detail.message, error: detail };
}

export function endOfTimeout(ms: number): StepEnd {
  return {
    outcome: 'errored',
    isTimeout: true,
    detail: `No end after ${Math.round(ms / 1000)} s, so it was stopped`,
    error: {
      code: 'target-unreachable',
      message: 'The step did not end in its time.',
      hint: 'Look at the log for what it waited for.',
    },
  };
}

export const cancelledEnd: StepEnd = { outcome: 'cancelled', detail: 'Cancelled' };
