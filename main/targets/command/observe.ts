import { join } from 'node:path';
import type { Io } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { type Fields, fill } from '../wished/fields.ts';
import { createReferences } from '../wished/references.ts';
import type { Ask } from './config.ts';

/** What is live, as the program prints it. What it prints on the side may be anything, and is quoted nowhere. */
export async function askLive(
  ask: Ask,
  place: Pick<Fields, 'workspace' | 'environment'>,
  io: Io,
): Promise<string> {
  // Of what is live no field of a release is known before.
  const fields: Fields = {
    release: '',
    version: '',
    commit: '',
    image: '',
    digest: '',
    envFingerprint: '',
    workspace: place.workspace,
    environment: place.environment,
  };
  const variables = io.hostVariables();
  const { resolve } = createReferences(io);
  const own: Record<string, string> = {};
  for (const [key, text] of Object.entries(ask.env)) own[key] = fill(await resolve(text), fields);
  const [program, ...args] = ask.run;
  const deadline = AbortSignal.timeout(ask.timeoutMs);
  try {
    const { exitCode, stdout } = await io.commands.run({
      argv: [fill(program, fields), ...args.map((arg) => fill(arg, fields))],
      cwd: join(io.folder, ask.folder),
      env: { ...variables, ...own },
      signal: AbortSignal.any([io.signal, deadline]),
    });
    if (exitCode === 0) return stdout;
    throw silent(`${program} ended with ${exitCode ?? 'a signal'}.`);
  } catch (error) {
    if (error instanceof GantryError || io.signal.aborted) throw error;
    if (!deadline.aborted && !(error instanceof Error && 'code' in error)) throw error;
    const why = deadline.aborted ? `did not end within ${ask.timeoutMs} ms` : 'cannot be started';
    throw silent(`${program} ${why}.`);
  }
}

function silent(message: string): GantryError {
  return new GantryError(
    'target-unreachable',
    `What is live could not be asked: ${message}`,
    'Look at target.observe in gantry.yml.',
  );
}
