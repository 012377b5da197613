import { AsyncIteratorClass } from '@orpc/client';
import type { Client, ConnectionState, Transport } from '#renderer/transport/client.ts';
import type { LiveEvent } from '#shared/api/contract.ts';
import type { Board, Comparison } from '#shared/domain/board.ts';
import type { ReleaseId, RunId } from '#shared/domain/ids.ts';
import type { ImageComparison } from '#shared/domain/image-contents.ts';
import type { ImageList } from '#shared/domain/image-list.ts';
import type { Plan, PlanRequest } from '#shared/domain/plan.ts';
import type { Release } from '#shared/domain/release.ts';
import type { PrunePreview } from '#shared/domain/retention.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { LogLine, RecordedEvent } from '#shared/domain/run-events.ts';
import { foldRun, toSummary } from '#shared/domain/run-reducer.ts';
import type { SystemStatus } from '#shared/domain/system.ts';
import type { WatchState } from '#shared/domain/watch.ts';
import type { RecentWorkspace, WorkspaceView } from '#shared/domain/workspace.ts';

/** What the fixture answers from. Everything is data; a function only where an answer depends on the question. */
export type FixtureData = {
  readonly board: Board;
  readonly workspace: WorkspaceView;
  readonly recent: readonly RecentWorkspace[];
  readonly status: SystemStatus;
  /** As lists show them; those with events below are folded from these instead. */
  readonly runs: readonly RunSummary[];
  readonly events: ReadonlyMap<RunId, readonly RecordedEvent[]>;
  readonly logs?: ReadonlyMap<RunId, readonly LogLine[]>;
  readonly releases?: readonly Release[];
  readonly watch?: WatchState;
  readonly plan?: (request: PlanRequest) => Plan;
  readonly compare?: (left: string, right: string) => Comparison;
  readonly images?: ImageList;
  readonly prune?: PrunePreview;
  readonly contents?: (left: string, right: string) => ImageComparison;
};

const nothingToPrune: PrunePreview = { hash: '', keep: 10, goes: [], stays: [], gone: 0, notes: [] };

export type Fixture = {
  readonly transport: Transport;
  readonly client: Client;
  /** Sends a live event to whoever listens. */
  readonly emit: (event: LiveEvent) => void;
  readonly change: (changes: Partial<FixtureData>) => void;
  readonly setConnection: (state: ConnectionState) => void;
  /** Every call so far: `['board.get', input]`. */
  readonly calls: readonly (readonly [name: string, input: unknown])[];
  /** Makes the next calls of that name fail (or wait for ever) until it is taken back with `undefined`. */
  readonly fail: (name: string, error: unknown) => void;
  /** Ends every live stream, as a lost wire does. */
  readonly breakLive: () => void;
};

/** Given to `fail`: the call never answers. */
export const never = Symbol('never');

/** A client of the contract that answers from data, for unit tests and for pictures of states that are hard to reach. */
export function createFixture(initial: FixtureData): Fixture {
  let data = initial;
  let connection: ConnectionState = { kind: 'connected' };
  const watchers = new Set<(state: ConnectionState) => void>();
  const streams = new Set<LiveStream>();
  const calls: (readonly [string, unknown])[] = [];
  const failures = new Map<string, unknown>();
  const changeListeners = new Set<() => void>();

  const answer = async <Output>(name: string, input: unknown, make: () => Output): Promise<Output> => {
    calls.push([name, input]);
    const failure = failures.get(name);
    if (failure === never) return new Promise<Output>(() => undefined);
    if (failure !== undefined) throw failure;
    return make();
  };
  const summaryOf = (row: RunSummary): RunSummary => {
    const events = data.events.get(row.id);
    const view = events === undefined ? undefined : foldRun(events);
    return view === undefined ? row : toSummary(view);
  };

  const changed = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      changeListeners.add(resolve);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });

  const setWatch = (watch: WatchState): WatchState => {
    data = { ...data, watch };
    for (const stream of streams)
      stream.push({ kind: 'watch-changed', workspaceId: data.workspace.id, watch });
    return watch;
  };

  const client: Client = {
    system: {
      status: () => answer('system.status', undefined, () => data.status),
      doctor: (input) => answer('system.doctor', input, () => []),
      targets: () => answer('system.targets', undefined, () => []),
      configSchema: () => answer('system.configSchema', undefined, () => ({})),
    },
    workspaces: {
      recent: () => answer('workspaces.recent', undefined, () => [...data.recent]),
      open: (input) => answer('workspaces.open', input, () => data.workspace),
      get: (input) => answer('workspaces.get', input, () => data.workspace),
      trust: (input) =>
        answer('workspaces.trust', input, () => {
          const workspace = { ...data.workspace, trusted: true };
          data = { ...data, workspace, board: { ...data.board, workspace } };
          return workspace;
        }),
      init: (input) => answer('workspaces.init', input, () => ({ file: 'gantry.yml', text: '' })),
    },
    board: {
      get: (input) =>
        answer('board.get', input, () => (input.observe === false ? fromLedger(data.board) : data.board)),
    },
    releases: {
      list: (input) => answer('releases.list', input, () => [...(data.releases ?? [])]),
      notes: (input) =>
        answer('releases.notes', input, () => {
          const release = data.releases?.find((each) => each.id === input.release);
          return release?.notes ?? { commits: [], total: 0 };
        }),
      gitTag: (input) =>
        answer('releases.gitTag', input, () => {
          const release = data.releases?.find((each) => each.id === input.release);
          return {
            name: input.name ?? `v${release?.version}`,
            commit: release?.source.commit?.sha ?? '',
          };
        }),
      rollbackChoices: (input) =>
        answer('releases.rollbackChoices', input, () =>
          (data.releases ?? []).map((release) => ({ release, image: 'here' as const })),
        ),
      pin: (input) =>
        answer('releases.pin', input, () => ({
          // The brands of the output side; the fixture does not parse.
          release: input.release as ReleaseId,
          by: 'ada',
          at: data.board.at,
          ...(input.note === undefined ? {} : { note: input.note }),
        })),
      unpin: (input) => answer('releases.unpin', input, () => ({ wasPinned: true })),
      adopt: (input) => answer('releases.adopt', input, () => ({ runId: nextRunId(data) })),
    },
    compare: (input) =>
      answer('compare', input, () => {
        if (data.compare === undefined) throw new Error('this fixture has no comparison');
        return data.compare(input.left, input.right);
      }),
    images: {
      list: (input) => answer('images.list', input, () => data.images ?? { images: [], notes: [] }),
      prune: {
        preview: (input) => answer('images.prune.preview', input, () => data.prune ?? nothingToPrune),
        apply: (input) => answer('images.prune.apply', input, () => ({ runId: nextRunId(data) })),
      },
      push: (input) => answer('images.push', input, () => ({ runId: nextRunId(data) })),
      tag: (input) => answer('images.tag', input, () => ({ runId: nextRunId(data) })),
      compare: (input) =>
        answer(input.whole === true ? 'images.compare whole' : 'images.compare', input, () => {
          if (data.contents === undefined) throw new Error('this fixture has no images');
          const found = data.contents(input.left, input.right);
          return input.whole === true ? found : withoutTotals(found);
        }),
    },
    plan: (input) =>
      answer('plan', input, () => {
        if (data.plan === undefined) throw new Error('this fixture has no plan');
        // The brands of the output side; the fixture does not parse.
        return data.plan(input as PlanRequest);
      }),
    runs: {
      start: (input) => answer('runs.start', input, () => ({ runId: nextRunId(data) })),
      build: (input) => answer('runs.build', input, () => ({ runId: nextRunId(data) })),
      retry: (input) => answer('runs.retry', input, () => ({ runId: nextRunId(data) })),
      giveUp: (input) => answer('runs.giveUp', input, () => ({ accepted: true })),
      cancel: (input) => answer('runs.cancel', input, () => ({ accepted: true })),
      get: (input) =>
        answer('runs.get', input, () => {
          const events = [...(data.events.get(input.runId as RunId) ?? [])];
          const row = data.runs.find((run) => run.id === input.runId);
          const summary = row === undefined ? undefined : summaryOf(row);
          const view = summary ?? foldRun(events);
          if (view === undefined) throw new Error(`this fixture has no run ${input.runId}`);
          return {
            summary: view,
            events,
            logLines: data.logs?.get(input.runId as RunId)?.length ?? 0,
          };
        }),
      list: (input) =>
        answer('runs.list', input, () =>
          data.runs
            .map(summaryOf)
            .filter((run) => input.before === undefined || run.id < input.before)
            .filter(
              ({ environment, state }) => fits(input.environment, environment) && fits(input.state, state),
            )
            .slice(0, input.limit ?? 50),
        ),
      log: async (input, options) => {
        const look = () => {
          const lines = data.logs?.get(input.runId as RunId) ?? [];
          const from = (input.from ?? 1) - 1;
          const row = data.runs.find((run) => run.id === input.runId);
          return {
            lines: lines.slice(from, from + (input.limit ?? 1_000)),
            total: lines.length,
            ended: row === undefined || summaryOf(row).state !== 'running',
          };
        };
        let page = await answer('runs.log', input, look);
        // Without an end: what a test waits for comes, or the test is over.
        while ((input.waitMs ?? 0) > 0 && page.lines.length === 0 && !page.ended) {
          await changed(options?.signal);
          page = look();
        }
        return page;
      },
    },
    watch: {
      get: (input) => answer('watch.get', input, () => data.watch ?? { kind: 'off' }),
      start: (input) =>
        answer('watch.start', input, () => {
          const [first] = data.workspace.environments;
          // The brand of the output side; the fixture does not parse.
          const environment = (input.environment === undefined ? first : input.environment) as
            | typeof first
            | null;
          return setWatch({
            kind: 'on',
            ...(environment ? { environment } : {}),
            since: data.board.at,
            phase: 'waiting',
            changed: [],
          });
        }),
      stop: (input) => answer('watch.stop', input, () => setWatch({ kind: 'off' })),
    },
    environments: {
      hold: (input) => answer('environments.hold', input, () => ({})),
      lift: (input) => answer('environments.lift', input, () => ({})),
    },
    live: (input, options) =>
      answer('live', input, () => {
        const stream = createLiveStream();
        streams.add(stream);
        options?.signal?.addEventListener('abort', () => stream.end());
        return stream.events;
      }),
  };

  return {
    client,
    transport: {
      client,
      connection: {
        get: () => connection,
        subscribe: (watcher) => {
          watchers.add(watcher);
          return () => watchers.delete(watcher);
        },
        reconnect: () => calls.push(['reconnect', undefined]),
      },
      dispose: () => watchers.clear(),
    },
    emit: (event) => {
      for (const stream of streams) stream.push(event);
    },
    change: (changes) => {
      data = { ...data, ...changes };
      for (const wake of changeListeners) wake();
      changeListeners.clear();
    },
    setConnection: (state) => {
      connection = state;
      for (const watcher of watchers) watcher(state);
    },
    calls,
    fail: (name, error) => {
      if (error === undefined) failures.delete(name);
      else failures.set(name, error);
    },
    breakLive: () => {
      for (const stream of streams) stream.end();
      streams.clear();
    },
  };
}

/** What the core answers without asking the targets. */
function fromLedger(board: Board): Board {
  return {
    ...board,
    environments: board.environments.map(({ drift: _, ...environment }) => ({
      ...environment,
      observed: { kind: 'unreachable', at: board.at, why: 'not asked' },
    })),
  };
}

/** As long as nothing was read but the layers on which a difference depends; on a first deploy these are all. */
function withoutTotals(comparison: ImageComparison): ImageComparison {
  const { left, right, ...contents } = comparison.contents;
  if (left === undefined) return comparison;
  const [{ files: _, system: __, ...before }, { files: ___, system: ____, ...after }] = [left, right];
  return { ...comparison, contents: { ...contents, left: before, right: after } };
}

function nextRunId(data: FixtureData): RunId {
  const last = Math.max(0, ...data.runs.map((run) => run.id), ...data.events.keys());
  return (last + 1) as RunId;
}

type LiveStream = {
  readonly events: AsyncIteratorClass<LiveEvent, unknown, void>;
  readonly push: (event: LiveEvent) => void;
  readonly end: () => void;
};

function createLiveStream(): LiveStream {
  // As the core does: the first word says that from now on nothing is missed.
  const waiting: LiveEvent[] = [{ kind: 'alive' }];
  let isEnded = false;
  let wake: () => void = () => undefined;
  const next = async (): Promise<IteratorResult<LiveEvent, unknown>> => {
    while (!isEnded) {
      const event = waiting.shift();
      if (event !== undefined) return { done: false, value: event };
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return { done: true, value: undefined };
  };
  return {
    events: new AsyncIteratorClass(next, async () => undefined),
    push: (event) => {
      waiting.push(event);
      wake();
    },
    end: () => {
      isEnded = true;
      wake();
    },
  };
}

function fits(wanted: string | undefined, is: string | undefined): boolean {
  return wanted === undefined || wanted === is;
}
