import type { CommandResult } from '#main/core/ports/system.ts';
import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { commandLines } from '../command-lines.ts';
import type { ComposeUp } from './actions.ts';
import { composeArgv, composeEnvironment, isReserved } from './command.ts';
import type { Prepared } from './prepare.ts';

/** `docker compose up` with the override on stdin; its lines, and how it ended. */
export async function* composeUp(
  up: ComposeUp,
  { paths, env, override }: Prepared,
  options: readonly string[],
  io: Io,
): AsyncGenerator<StepOutput, CommandResult> {
  const lines = commandLines(io.commands, {
    argv: composeArgv(up, [...paths, '-'], 'up', '--detach', '--no-build', ...options),
    cwd: io.folder,
    env: composeEnvironment(io.engine.cliEnvironment(), env),
    stdin: override,
    signal: io.signal,
  });
  for (;;) {
    const next = await lines.next();
    if (next.done === true) return next.value;
    const text = next.value.text.trim();
    // Compose writes its progress to stderr: nothing is wrong with it.
    if (text !== '') yield { kind: 'line', source: 'compose', level: 'out', text };
  }
}

export function* envNotes(env: ReadonlyMap<string, string>): Generator<StepOutput> {
  const names = [...env.keys()].filter(isReserved);
  if (names.length === 0) return;
  const text = `${names.join(', ')}: set in the containers, but not used for \${…} in the compose file, because they steer docker itself`;
  yield { kind: 'line', source: 'compose', level: 'note', text };
}
