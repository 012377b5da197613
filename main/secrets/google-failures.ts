import { GantryError } from '#shared/domain/errors.ts';

/** No answer, or one that says to come again. */
export function isUnanswered(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, status, response } = error as { code?: unknown; status?: unknown; response?: unknown };
  const answered = typeof status === 'number' ? status : undefined;
  if (answered !== undefined) return answered >= 500 || answered === 429;
  return response === undefined && typeof code === 'string' && /^(E[A-Z]+|UND_ERR_\w+)$/.test(code);
}

export function saidBy(error: unknown): string {
  return (error instanceof Error ? error.message.split('\n')[0] : undefined) ?? String(error);
}

export function unresolved(message: string, hint: string, cause?: unknown): GantryError {
  return new GantryError('secret-unresolved', message, hint, cause === undefined ? {} : { cause });
}
