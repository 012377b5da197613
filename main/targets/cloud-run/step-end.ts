import type { StepOutput } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';

export function succeeded(detail: string): StepOutput {
  return { kind: 'end', outcome: 'succeeded', detail };
}

export function failed(message: string, hint: string): StepOutput {
  return {
    kind: 'end',
    outcome: 'failed',
    detail: message,
    error: { code: 'target-refused', message, hint },
  };
}

/** It could not be found out, and nothing was asked for. */
export function unknown(message: string, hint: string): StepOutput {
  return {
    kind: 'end',
    outcome: 'errored',
    detail: message,
    error: { code: 'target-unreachable', message, hint },
  };
}

/** Cloud Run says so itself: what was asked for has stopped, or can do no harm. */
export function cancelled(detail: string): StepOutput {
  return { kind: 'end', outcome: 'cancelled', detail };
}

export function moved(what: string): GantryError {
  return new GantryError('target-refused', what, 'Somebody else deploys there as well: plan again.');
}
