import type { Container } from '#main/core/ports/engine.ts';
import type { Io, StepOutput } from '#main/core/ports/target.ts';
import {
  type HealthCheck,
  nameOf,
  noAnswers,
  type Probe,
  saidBy,
  type Tally,
  tally,
} from '#shared/domain/health.ts';
import type { WaitAction } from './actions.ts';
import { judge } from './judge.ts';
import { isAnyAddress, projectContainers, releaseOf, serviceOf, toObserved } from './observe.ts';

/** How long a container without any health check must run before it counts as up. */
const settleMs = 2_000;
const lookEveryMs = 100;
const lastTimeoutMs = 500;
const lastLines = 20;

type Look =
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly text: string }
  | {
      readonly kind: 'failed';
      readonly why: string;
      readonly culprits: readonly Container[];
      readonly hint: string;
    };

/** Asks the engine, then the checks of gantry.yml, until both say yes, something says no for good, or the deadline ends. */
export async function* waitUntilHealthy(action: WaitAction, io: Io): AsyncGenerator<StepOutput> {
  const startedAt = io.clock.monotonic();
  const { intervalMs, deadlineMs } = action.rules;
  const look = createLook(action, io, startedAt);
  for (let last: readonly Container[] = []; ; ) {
    const containers = await projectContainers(io, action.project);
    last = containers.length > 0 ? containers : last;
    const elapsed = io.clock.monotonic() - startedAt;
    const { look: seen, answered = [] } = await look(containers, Math.max(1, deadlineMs - elapsed));
    for (const { check, probe } of answered) yield { kind: 'probed', check: nameOf(check), probes: [probe] };
    if (seen.kind === 'ready') {
      yield { kind: 'observed', observed: toObserved(containers, io.clock.now()) };
      return yield {
        kind: 'end',
        outcome: 'succeeded',
        detail: `healthy after ${seconds(io.clock.monotonic() - startedAt)}`,
      };
    }
    const isLate = io.clock.monotonic() - startedAt >= deadlineMs;
    if (seen.kind === 'failed' || isLate) {
      yield { kind: 'observed', observed: toObserved(containers, io.clock.now()) };
      return yield* giveUp(seen, last, action, io);
    }
    yield { kind: 'progress', text: `${seen.text}, ${seconds(elapsed)}` };
    const rest = deadlineMs - (io.clock.monotonic() - startedAt);
    // The interval is between questions to the service; looking at the engine costs nobody anything.
    const pause = answered.length > 0 ? intervalMs : Math.min(intervalMs, lookEveryMs);
    await io.clock.sleep(Math.max(0, Math.min(pause, rest)), io.signal);
  }
}

/** Remembers from look to look what was first seen of each container, and what each check answered. */
function createLook({ release, checks, rules }: WaitAction, io: Io, startedAt: number) {
  const restartsBefore = new Map<string, number>();
  const runningSince = new Map<string, number>();
  let tallies = checks.map(() => noAnswers);
  return async (containers: readonly Container[], restMs: number): Promise<Looked> => {
    for (const { id, restartCount, running } of containers) {
      if (!restartsBefore.has(id)) restartsBefore.set(id, restartCount);
      if (!running) runningSince.delete(id);
      else if (!runningSince.has(id)) runningSince.set(id, io.clock.monotonic());
    }
    const judged = judge({
      containers,
      release,
      restartsBefore,
      // By our own clock: the engine's may be another machine's. A check of its own is the better witness where there is one.
      isSettling: ({ id, health }) =>
        health === 'unknown' &&
        checks.length === 0 &&
        io.clock.monotonic() - (runningSince.get(id) ?? 0) < settleMs,
    });
    if (judged.kind === 'failed') return { look: { ...judged, hint: 'Its last lines are in the log.' } };
    if (judged.kind === 'waiting' || checks.length === 0) {
      // What answered before it went down again says nothing about what comes up.
      tallies = checks.map(() => noAnswers);
      return { look: judged };
    }
    const ours = containers.filter((container) => releaseOf(container) === release);
    const elapsedMs = io.clock.monotonic() - startedAt;
    const probes = await Promise.all(
      checks.map((check) => io.probe(within(check, restMs), (port) => addressOf(ours, port))),
    );
    const answered = checks.flatMap((check, index) => {
      const probe = probes[index];
      return probe === undefined ? [] : [{ check, probe }];
    });
    if (answered.length < checks.length)
      return { look: unasked(checks[probes.indexOf(undefined)]), answered };
    tallies = tallies.map((before, index) => {
      const probe = probes[index];
      return probe === undefined ? before : tally(before, probe, { ...rules, elapsedMs });
    });
    return { look: judgeTallies(checks, tallies, ours.map(serviceOf)[0] ?? 'the service'), answered };
  };
}

type Looked = {
  readonly look: Look;
  readonly answered?: readonly { readonly check: HealthCheck; readonly probe: Probe }[];
};

/** However near the deadline is: a question that cannot be answered in time says nothing. */
function within(check: HealthCheck, restMs: number): HealthCheck {
  return { ...check, timeoutMs: Math.min(check.timeoutMs, Math.max(restMs, lastTimeoutMs)) };
}

function unasked(check: HealthCheck | undefined): Look {
  const what = check === undefined ? 'the check' : nameOf(check);
  return {
    kind: 'failed',
    why: `no service of the release publishes a port on which ${what} could be asked`,
    culprits: [],
    hint: 'Publish a port in the compose file, or write the whole address in gantry.yml, under health.',
  };
}

function judgeTallies(checks: readonly HealthCheck[], tallies: readonly Tally[], service: string): Look {
  const open = checks.flatMap((check, index) => {
    const { state, failuresInRow, successesInRow, last } = tallies[index] ?? noAnswers;
    return state === 'healthy' ? [] : [{ check, state, failuresInRow, successesInRow, last }];
  });
  if (open.length === 0) return { kind: 'ready' };
  const given = open.find(({ state }) => state === 'unhealthy');
  if (given !== undefined) {
    const often = given.failuresInRow === 1 ? '' : `, ${given.failuresInRow} times in a row`;
    return {
      kind: 'failed',
      why: `${saidBy(given.check, given.last, service)}${often}`,
      culprits: [],
      hint: 'The last lines of its log are above; a slow start needs a longer health.startPeriod.',
    };
  }
  return {
    kind: 'waiting',
    text: open
      .map(({ check, last, successesInRow }) =>
        successesInRow > 0
          ? `${nameOf(check)} healthy ${successesInRow} times in a row`
          : saidBy(check, last, service),
      )
      .join(', '),
  };
}

/** Where the release's containers serve: the port they publish, the one with the lowest number inside unless one is named. */
export function addressOf(containers: readonly Container[], inside?: number): string | undefined {
  const [port] = containers
    .flatMap((container) => container.ports)
    .filter(
      ({ protocol, hostPort, containerPort, isOnlyThere }) =>
        protocol === 'tcp' &&
        isOnlyThere !== true &&
        hostPort > 0 &&
        (inside === undefined || containerPort === inside),
    )
    .sort(
      (a, b) =>
        a.containerPort - b.containerPort || Number(a.hostIp.includes(':')) - Number(b.hostIp.includes(':')),
    );
  if (port === undefined) return undefined;
  const host = isAnyAddress(port.hostIp) ? '127.0.0.1' : port.hostIp;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port.hostPort}`;
}

async function* giveUp(
  seen: Exclude<Look, { kind: 'ready' }>,
  containers: readonly Container[],
  { release, rules: { deadlineMs } }: WaitAction,
  io: Io,
): AsyncGenerator<StepOutput> {
  const culprits =
    seen.kind === 'failed' && seen.culprits.length > 0
      ? seen.culprits
      : containers.filter((container) => releaseOf(container) === release || container.health === 'starting');
  for (const container of culprits) yield* lastWords(container, io);
  const detail =
    seen.kind === 'failed' ? seen.why : `not healthy within ${seconds(deadlineMs)}: ${seen.text}`;
  const hint =
    seen.kind === 'failed'
      ? seen.hint
      : 'The last lines of its log are above; a slow start needs a longer health.deadline.';
  yield {
    kind: 'end',
    outcome: 'failed',
    detail,
    error: { code: 'target-refused', message: sentence(detail), hint },
  };
}

/** Of every container of a release in the project. */
export async function* lastWordsOf(io: Io, project: string): AsyncGenerator<StepOutput> {
  const containers = await projectContainers(io, project);
  for (const container of containers) {
    if (releaseOf(container) !== undefined) yield* lastWords(container, io);
  }
}

export async function* lastWords(container: Container, io: Io): AsyncGenerator<StepOutput> {
  const source = serviceOf(container);
  const lines = await io.engine.containerLog(container.id, lastLines, io.signal);
  if (lines.length === 0) yield { kind: 'line', source, level: 'note', text: 'it wrote nothing' };
  for (const text of lines) yield { kind: 'line', source, level: 'out', text };
}

function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1).replace(/\.0$/, '')} s` : `${Math.round(ms / 1_000)} s`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
