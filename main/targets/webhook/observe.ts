import type { HttpAnswer } from '#main/core/ports/system.ts';
import type { Io } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { type Fields, fill } from '../wished/fields.ts';
import { createReferences } from '../wished/references.ts';
import type { Ask } from './config.ts';

type Place = Pick<Fields, 'workspace' | 'environment'>;

/** What is live, in the place's own words. */
export async function askLive(ask: Ask, place: Place, io: Io): Promise<string> {
  // Nothing is sent to where gantry.yml says before somebody read that.
  io.hostVariables();
  const references = createReferences(io);
  // Of what is live no field of a release is known before.
  const fields = { ...blank, ...place };
  const url = fill(await references.resolve(ask.url), fields, encodeURIComponent);
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(ask.headers)) headers[name] = await references.resolve(text);
  const { signal } = io;
  const sent = io.http.send({ method: 'GET', url, headers, signal, timeoutMs: ask.timeoutMs });
  const answer = await sent.catch((error: unknown) => {
    if (signal.aborted) throw error;
    const why = error instanceof Error ? references.clean(error.message) : 'no answer';
    throw silent(`What tells what is live did not answer: ${why}.`);
  });
  // Nothing was deployed there yet.
  if (answer.status === 404) return '';
  if (answer.status < 200 || answer.status > 299) {
    throw silent(`What tells what is live says ${answer.status}.`);
  }
  return found(ask, answer);
}

const blank: Fields = {
  workspace: '',
  environment: '',
  release: '',
  version: '',
  commit: '',
  image: '',
  digest: '',
  envFingerprint: '',
};

function found({ json, match }: Ask, { body }: HttpAnswer): string {
  if (json !== undefined) return valueAt(body, json);
  if (match === undefined) return body;
  const hit = new RegExp(match, 'u').exec(body);
  return hit?.[1] ?? hit?.[0] ?? '';
}

function valueAt(body: string, path: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw silent('What tells what is live answered no JSON.');
  }
  for (const name of path.split('.')) {
    value =
      value !== null && typeof value === 'object'
        ? Object.entries(value).find(([key]) => key === name)?.[1]
        : undefined;
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function silent(message: string): GantryError {
  return new GantryError('target-unreachable', message, 'Look at target.observe in gantry.yml.');
}
