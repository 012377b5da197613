import type { StepOutput } from '#main/core/ports/target.ts';
import type { ErrorDetail } from '#shared/domain/errors.ts';

export function succeeded(detail: string): StepOutput {
  return { kind: 'end', outcome: 'succeeded', detail };
}

/** The answer was no; its message is the detail unless there is a shorter one. */
export function failed(error: ErrorDetail, detail: string = error.message): StepOutput {
  return { kind: 'end', outcome: 'failed', detail, error };
}
