import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { commandLines } from '../command-lines.ts';
import { imageHere } from '../image-here.ts';
import type { ComposeUp } from './actions.ts';
import { composeArgv, composeEnvironment, isReserved } from './command.ts';
import { imageGone } from './image-steps.ts';
import { explainFailure, prepare } from './prepare.ts';
import { failed, succeeded } from './step-end.ts';

/** `docker compose up` with the override on stdin. */
export async function* startServices(action: ComposeUp, io: Io): AsyncGenerator<StepOutput> {
  const prepared = await prepare(action, io);
  if (prepared.kind === 'refused') return yield failed(prepared.error);
  const { env, override, paths, releaseServices } = prepared;
  // By id, so that the release's own tag is right even where somebody moved or removed it.
  const found = await imageHere(action, io);
  if (found === undefined) return yield failed(imageGone(action));
  await io.engine.tag(found, action.ref, io.signal);
  yield* notes(env);
  const lines = commandLines(io.commands, {
    argv: composeArgv(action.project, [...paths, '-'], 'up', '--detach', '--no-build', '--remove-orphans'),
    cwd: io.folder,
    env: composeEnvironment(io.engine.cliEnvironment(), env),
    stdin: override,
    signal: io.signal,
  });
  for (;;) {
    const next = await lines.next();
    if (next.done !== true) {
      const text = next.value.text.trim();
      // Compose writes its progress to stderr: nothing is wrong with it.
      if (text !== '') yield { kind: 'line', source: 'compose', level: 'out', text };
    } else if (next.value.exitCode === 0) {
      return yield succeeded(`${releaseServices.join(', ')} started`);
    } else {
      return yield failed(await explainFailure(io, next.value));
    }
  }
}

function* notes(env: ReadonlyMap<string, string>): Generator<StepOutput> {
  const names = [...env.keys()].filter(isReserved);
  if (names.length === 0) return;
  const text = `${names.join(', ')}: set in the containers, but not used for \${…} in the compose file, because they steer docker itself`;
  yield { kind: 'line', source: 'compose', level: 'note', text };
}
