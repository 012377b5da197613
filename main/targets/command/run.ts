import { join } from 'node:path';
import * as z from 'zod';
import type { CommandResult } from '#main/core/ports/system.ts';
import type { BegunStep, Io, StepOutput } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { commandLines } from '../command-lines.ts';
import { digestOf, fieldsOf, fill, wishedSchema } from '../wished/fields.ts';
import { untilLive } from '../wished/live.ts';
import { createReferences } from '../wished/references.ts';
import { askSchema, programSchema } from './config.ts';
import { askLive } from './observe.ts';

export const runSchema = z.object({
  kind: z.literal('run'),
  wished: wishedSchema,
  run: programSchema,
  env: z.record(z.string(), z.string()),
  folder: z.string(),
  exitCodes: z.array(z.number()),
  observe: askSchema.exactOptional(),
});
export type RunAction = z.infer<typeof runSchema>;

/** Runs once; its lines are the run's log. That it ended well says nothing of what is live. */
export async function* runProgram(action: RunAction, io: Io): AsyncGenerator<StepOutput> {
  io.signal.throwIfAborted();
  const { clean, resolve } = createReferences(io);
  const fields = fieldsOf(action.wished, await digestOf(action.wished, io));
  const own: Record<string, string> = {};
  for (const [key, text] of Object.entries(action.env)) own[key] = fill(await resolve(text), fields);
  const [program, ...args] = action.run;
  const env = { ...io.hostVariables(), ...Object.fromEntries(await io.env()), ...own };
  io.signal.throwIfAborted();
  const lines = commandLines(io.commands, {
    argv: [fill(program, fields), ...args.map((arg) => fill(arg, fields))],
    cwd: join(io.folder, action.folder),
    env,
    signal: io.signal,
  });
  let result: CommandResult;
  try {
    for (;;) {
      const next = await lines.next();
      if (next.done === true) {
        result = next.value;
        break;
      }
      const { stream, text } = next.value;
      yield { kind: 'line', source: 'command', level: stream, text };
    }
  } catch (error) {
    // The system's no to starting it has a code.
    if (io.signal.aborted || !(error instanceof Error && 'code' in error)) throw error;
    throw notStarted(program, clean(error.message));
  }
  if (result.exitCode === null) throw unsure(`${program} was ended by a signal`);
  if (!action.exitCodes.includes(result.exitCode)) return yield failed(program, result.exitCode);
  yield { kind: 'handle', handle: action.wished.release };
  yield endedWell(action, `exit ${result.exitCode}`);
}

/** Nothing is run again: what was written down tells, or what is live does. */
export async function* resumeProgram(
  action: RunAction,
  { handle }: BegunStep,
  io: Io,
): AsyncGenerator<StepOutput> {
  if (handle !== undefined) return yield endedWell(action, 'ended well before Gantry stopped');
  const { observe, wished } = action;
  if (observe === undefined) throw unsure(`Gantry stopped while ${action.run[0]} ran`);
  yield* untilLive(wished, (one) => askLive(observe, wished, one), observe, io);
}

function endedWell({ run: [program], observe }: RunAction, how: string): StepOutput {
  const detail = `${program}: ${how}`;
  if (observe !== undefined) return { kind: 'end', outcome: 'succeeded', detail };
  const unseen = `${detail}; it cannot be verified without observe`;
  return { kind: 'end', outcome: 'succeeded', detail: unseen, isUnverified: true };
}

function failed(program: string, exitCode: number): StepOutput {
  const detail = `${program} ended with ${exitCode}`;
  const hint = 'Look at its lines in the log of this run, and at target.run in gantry.yml.';
  return {
    kind: 'end',
    outcome: 'failed',
    detail,
    error: { code: 'target-refused', message: `${detail}.`, hint },
  };
}

function notStarted(program: string, why: string): GantryError {
  return new GantryError(
    'target-unreachable',
    `${program} cannot be started: ${why}.`,
    'Look at target.run in gantry.yml, and whether the program is installed here.',
  );
}

function unsure(why: string): GantryError {
  return new GantryError(
    'target-unreachable',
    `It is not known what it did: ${why}.`,
    'It was not run again. Look at what runs there, and plan again.',
  );
}
