import { GantryError } from '#shared/domain/errors.ts';
import type { Candidate } from './find-engine.ts';

export function unreachable(engine: Candidate, why: string, cause?: unknown): GantryError {
  const message = `The engine at ${engine.host} (${engine.via}) does not answer: ${why}.`;
  const hint = 'Start it, or point DOCKER_HOST or the docker context to one that runs, then try again.';
  return new GantryError('engine-unreachable', message, hint, cause === undefined ? {} : { cause });
}

export function noEngine(tried: readonly string[]): GantryError {
  const message = tried.length === 0 ? 'No engine was found.' : `No engine answers: ${tried.join('; ')}.`;
  return new GantryError(
    'engine-unreachable',
    message,
    'Start Docker or Podman, or set DOCKER_HOST, then try again.',
  );
}

export function refused(said: string, hint: string): GantryError {
  return new GantryError('engine-refused', sentence(said), hint);
}

/** The engine's own words, with a full stop. */
function sentence(said: string): string {
  const text = said.trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What Node has to say of a connection that failed, without the name of the call. */
export function whyNot(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(whyNot).join('; ');
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return explanations[code] ?? (error.message === '' ? code : error.message);
}

const explanations: Readonly<Record<string, string>> = {
  ENOENT: 'there is no socket',
  ECONNREFUSED: 'nothing listens there',
  EACCES: 'this user may not use the socket',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'there is no such machine',
};
