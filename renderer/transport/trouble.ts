import { ORPCError } from '@orpc/client';
import type { ErrorCode, Problem } from '#shared/domain/errors.ts';
import { errorDetailSchema } from '#shared/domain/errors.ts';

/** A failed call as a view shows it. `connection-lost` is the renderer's own: nothing answered. */
export type Trouble = {
  readonly code: ErrorCode | 'connection-lost';
  /** What happened, one sentence. */
  readonly message: string;
  /** What to do next, one sentence. */
  readonly hint: string;
  readonly problems: readonly Problem[];
};

export const connectionLost: Trouble = {
  code: 'connection-lost',
  message: 'Gantry is not answering.',
  hint: 'What is shown was true when it last answered; it is tried again by itself.',
  problems: [],
};

/** Thrown by a transport for a call that could not be sent or whose answer can no longer come. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

/** Turns whatever a call threw into what a person reads. */
export function toTrouble(error: unknown): Trouble {
  if (error instanceof ConnectionLostError) return connectionLost;
  if (error instanceof ORPCError) {
    const detail = errorDetailSchema.safeParse(error.data);
    if (error.code === 'GANTRY' && detail.success) {
      return { ...detail.data, problems: detail.data.problems ?? [] };
    }
    return internal(error.message);
  }
  return internal(error instanceof Error ? error.message : String(error));
}

function internal(message: string): Trouble {
  return {
    code: 'internal',
    message: `Something in Gantry broke: ${message}`,
    hint: 'Try again; if it happens twice, report it with the line above.',
    problems: [],
  };
}
