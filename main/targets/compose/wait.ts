import type { Container } from '#main/core/ports/engine.ts';
import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { isAborted } from '#shared/domain/errors.ts';
import type { WaitAction } from './actions.ts';
import { judge } from './judge.ts';
import { isAnyAddress, projectContainers, releaseOf, serviceOf, toObserved } from './observe.ts';

/** How long a container without any health check must run before it counts as up. */
const settleMs = 2_000;
const httpTimeoutMs = 5_000;
/** However near the deadline is: a question that cannot be answered in time says nothing. */
const lastHttpTimeoutMs = 500;
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

/** Asks the engine, then the health URL, until both say yes, something says no for good, or the deadline ends. */
export async function* waitUntilHealthy(action: WaitAction, io: Io): AsyncGenerator<StepOutput> {
  const startedAt = io.clock.now();
  const look = createLook(action, io);
  for (let last: readonly Container[] = []; ; ) {
    const containers = await projectContainers(io, action.project);
    last = containers.length > 0 ? containers : last;
    const elapsed = io.clock.now() - startedAt;
    const seen = await look(containers, Math.max(1, action.deadlineMs - elapsed));
    if (seen.kind === 'ready') {
      yield { kind: 'observed', observed: toObserved(containers, io.clock.now()) };
      return yield {
        kind: 'end',
        outcome: 'succeeded',
        detail: `healthy after ${seconds(io.clock.now() - startedAt)}`,
      };
    }
    const isLate = io.clock.now() - startedAt >= action.deadlineMs;
    if (seen.kind === 'failed' || isLate) {
      yield { kind: 'observed', observed: toObserved(containers, io.clock.now()) };
      return yield* giveUp(seen, last, action, io);
    }
    yield { kind: 'progress', text: `${seen.text}, ${seconds(elapsed)}` };
    const rest = action.deadlineMs - (io.clock.now() - startedAt);
    await io.clock.sleep(Math.max(0, Math.min(action.intervalMs, rest)), io.signal);
  }
}

/** Remembers from look to look what was first seen of each container. */
function createLook({ release, http }: WaitAction, io: Io) {
  const restartsBefore = new Map<string, number>();
  const runningSince = new Map<string, number>();
  return async (containers: readonly Container[], restMs: number): Promise<Look> => {
    for (const { id, restartCount, running } of containers) {
      if (!restartsBefore.has(id)) restartsBefore.set(id, restartCount);
      if (!running) runningSince.delete(id);
      else if (!runningSince.has(id)) runningSince.set(id, io.clock.now());
    }
    const judged = judge({
      containers,
      release,
      restartsBefore,
      // By our own clock: the engine's may be another machine's. A health URL is the better witness where there is one.
      isSettling: ({ id, health }) =>
        health === 'unknown' && http === undefined && io.clock.now() - (runningSince.get(id) ?? 0) < settleMs,
    });
    if (judged.kind === 'failed') return { ...judged, hint: 'Its last lines are in the log.' };
    if (judged.kind === 'waiting' || http === undefined) return judged;
    return askHttp(
      http,
      containers.filter((container) => releaseOf(container) === release),
      io,
      restMs,
    );
  };
}

async function askHttp(
  http: string,
  containers: readonly Container[],
  io: Io,
  restMs: number,
): Promise<Look> {
  const url = healthUrl(http, containers);
  if (url === undefined) {
    return {
      kind: 'failed',
      why: `no service of the release publishes a port on which ${http} could be asked`,
      culprits: [],
      hint: 'Publish a port in the compose file, or write the whole URL under health.http.',
    };
  }
  const name = containers.map(serviceOf)[0] ?? 'the service';
  try {
    const { status } = await io.http.get(url, {
      signal: io.signal,
      timeoutMs: Math.min(httpTimeoutMs, Math.max(restMs, lastHttpTimeoutMs)),
    });
    if (status >= 200 && status < 400) return { kind: 'ready' };
    return { kind: 'waiting', text: `${name} answers ${status} on ${http}` };
  } catch (error) {
    if (io.signal.aborted) throw error;
    const why = isAborted(error) ? 'in time' : 'yet';
    return { kind: 'waiting', text: `${name} does not answer on ${http} ${why}` };
  }
}

/** A whole URL as it is; a path on the published TCP port with the lowest number inside the container. */
export function healthUrl(http: string, containers: readonly Container[]): string | undefined {
  if (!http.startsWith('/')) return http;
  const [port] = containers
    .flatMap((container) => container.ports)
    .filter(({ protocol, hostPort }) => protocol === 'tcp' && hostPort > 0)
    .sort(
      (a, b) =>
        a.containerPort - b.containerPort || Number(a.hostIp.includes(':')) - Number(b.hostIp.includes(':')),
    );
  if (port === undefined) return undefined;
  const host = isAnyAddress(port.hostIp) ? '127.0.0.1' : port.hostIp;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port.hostPort}${http}`;
}

async function* giveUp(
  seen: Exclude<Look, { kind: 'ready' }>,
  containers: readonly Container[],
  { release, deadlineMs }: WaitAction,
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

async function* lastWords(container: Container, io: Io): AsyncGenerator<StepOutput> {
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
