import type { Container } from '#main/core/ports/engine.ts';
import type { Io, StepOutput } from '#main/core/ports/target.ts';
import type { ErrorDetail } from '#shared/domain/errors.ts';
import { imageHere } from '../image-here.ts';
import { failed, succeeded } from '../step-end.ts';
import type { ComposeUp } from './actions.ts';
import { composeUp, envNotes } from './compose-up.ts';
import type { DeployMemory } from './deploy-memory.ts';
import { imageGone } from './image-steps.ts';
import type { ModelService } from './model.ts';
import { projectContainers, serviceOf } from './observe.ts';
import { explainFailure, type Prepared, prepared } from './prepare.ts';
import { leftoversOf, namesOf, removeById, type Sorted, sortOut, undoing } from './sort-out.ts';
import { lastWordsOfBroken } from './start.ts';
import { lastWords } from './wait.ts';

const lookEveryMs = 100;

/** New containers of the release's services beside the old ones, which go on as they are. */
export function startBeside(action: ComposeUp, io: Io, memory: DeployMemory): AsyncGenerator<StepOutput> {
  return undoing(start(action, io, memory), action, io, memory);
}

async function* start(action: ComposeUp, io: Io, memory: DeployMemory): AsyncGenerator<StepOutput> {
  const found = await prepared(action, io, memory);
  if (found.kind === 'refused') return yield failed(found.error);
  const image = await imageHere(action, io);
  if (image === undefined) return yield failed(imageGone(action));
  await io.engine.tag(image, action.ref, io.signal);
  yield* envNotes(found.env);
  const sorted = await sortOut(action, found.rolling, io);
  const running = sorted.flatMap(({ old, fresh }) => [...old, ...fresh]);
  if (running.length === 0) return yield* startAll(action, found, io);
  memory.rememberBefore(action, io.folder, new Set(running.map(({ id }) => id)));
  const gone = sorted.flatMap((one) => [...one.dead, ...leftoversOf(one)]);
  if (gone.length > 0) {
    const text = `removing what an earlier deploy left: ${gone.map(({ name, state }) => `${name} (${state})`).join(', ')}`;
    yield { kind: 'line', source: 'gantry', level: 'note', text };
    await removeById(gone, io);
  }
  yield* startInTurn(action, found, sorted, io);
}

/** Nothing serves yet, so that Compose's own order is the best there is. */
async function* startAll(action: ComposeUp, found: Prepared, io: Io): AsyncGenerator<StepOutput> {
  const result = yield* composeUp(action, found, ['--remove-orphans'], io);
  if (result.exitCode !== 0) {
    yield* lastWordsOfBroken(action, io);
    return yield failed(await explainFailure(io, result));
  }
  yield succeeded(`${found.releaseServices.join(', ')} started; nothing ran beside`);
}

/**
 * What the release's services need, then they themselves, then all else. Compose would recreate what it thinks has
 * changed, and with a service all that it depends on: so each call names its services, and they alone are touched.
 */
async function* startInTurn(
  action: ComposeUp,
  found: Prepared,
  sorted: readonly Sorted[],
  io: Io,
): AsyncGenerator<StepOutput> {
  const rolling = found.rolling.map(({ name }) => name);
  const first = neededBy(rolling, found);
  const rest = found.services
    .map(({ name }) => name)
    .filter((name) => !first.includes(name) && !rolling.includes(name));
  if (first.length > 0) {
    const result = yield* composeUp(action, found, ['--no-deps', ...first], io);
    if (result.exitCode !== 0) {
      yield* lastWordsOfBroken(action, io);
      return yield failed(await explainFailure(io, result));
    }
    const refused = yield* untilMet(action, found, io);
    if (refused !== undefined) return yield failed(refused);
  }
  const scales = sorted.flatMap((one) => {
    const kept = one.old.length - leftoversOf(one).length;
    return ['--scale', `${one.service.name}=${kept + one.service.replicas}`];
  });
  const beside = ['--no-deps', '--no-recreate', '--remove-orphans', ...scales, ...rolling];
  const result = yield* composeUp(action, found, beside, io);
  if (result.exitCode !== 0) return yield failed(await explainFailure(io, result));
  if (rest.length > 0) {
    const others = yield* composeUp(action, found, ['--no-deps', ...rest], io);
    if (others.exitCode !== 0) return yield failed(await explainFailure(io, others));
  }
  yield succeeded(sorted.map(besideWhat).join(', '));
}

function besideWhat({ service, fresh, old }: Sorted): string {
  const started = service.replicas - fresh.length;
  if (started === 0) return `${service.name} runs already`;
  return old.length === 0 ? `${service.name} started` : `${service.name} started beside ${namesOf(old)}`;
}

/** With all that those need in turn, and every one-shot: a migration comes before what runs on it. */
function neededBy(rolling: readonly string[], { services, oneShots }: Prepared): readonly string[] {
  const byName = new Map(services.map((service) => [service.name, service]));
  const found = new Set<string>();
  const visit = (name: string) => {
    const service = byName.get(name);
    if (service === undefined || found.has(name)) return;
    if (!rolling.includes(name)) found.add(name);
    for (const need of service.needs) if (!rolling.includes(need.service)) visit(need.service);
  };
  for (const name of [...rolling, ...oneShots]) visit(name);
  return [...found];
}

/** Compose waits for these only before it starts what it starts itself. Answers why they will not be met. */
async function* untilMet(
  { project }: ComposeUp,
  { services, rolling, oneShots }: Prepared,
  io: Io,
): AsyncGenerator<StepOutput, ErrorDetail | undefined> {
  const names = new Set(rolling.map(({ name }) => name));
  const healthy = services
    .filter((service: ModelService) => names.has(service.name))
    .flatMap(({ needs }) => needs)
    .filter(({ service, condition }) => condition === 'service_healthy' && !names.has(service))
    .map(({ service }) => service);
  for (;;) {
    const containers = await projectContainers(io, project);
    const of = (wanted: readonly string[]) => containers.filter((one) => wanted.includes(serviceOf(one)));
    const broken = [
      ...of(oneShots).filter((one) => hasEnded(one) && one.exitCode !== 0),
      ...of(healthy).filter((one) => one.health === 'unhealthy' || hasEnded(one)),
    ];
    const [first] = broken;
    if (first !== undefined) {
      for (const container of broken) yield* lastWords(container, io);
      const what = hasEnded(first) ? `ended with code ${first.exitCode}` : 'is unhealthy';
      return {
        code: 'target-refused',
        message: `${serviceOf(first)} ${what}, so nothing was started on it.`,
        hint: 'Its last lines are in the log. What ran before still serves.',
      };
    }
    const waiting = [
      ...of(oneShots).filter((one) => !hasEnded(one)),
      ...of(healthy).filter((one) => one.health !== 'healthy'),
    ];
    if (waiting.length === 0) return undefined;
    yield { kind: 'progress', text: `waiting for ${[...new Set(waiting.map(serviceOf))].join(', ')}` };
    await io.clock.sleep(lookEveryMs, io.signal);
  }
}

function hasEnded({ running, state }: Container): boolean {
  return !running && /^(exited|dead)/i.test(state);
}
