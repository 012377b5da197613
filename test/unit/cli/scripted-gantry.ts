import { implement } from '@orpc/server';
import type { RunningGantry } from '#main/shell/cli/session.ts';
import { contract, type LiveEvent } from '#shared/api/contract.ts';
import type { Board, Comparison } from '#shared/domain/board.ts';
import { GantryError, toErrorDetail } from '#shared/domain/errors.ts';
import type { ImageComparison } from '#shared/domain/image-contents.ts';
import type { ImageList, RollbackChoice } from '#shared/domain/image-list.ts';
import type { Plan } from '#shared/domain/plan.ts';
import type { Release, ReleaseNotes } from '#shared/domain/release.ts';
import type { PrunePreview } from '#shared/domain/retention.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { LogLine, RecordedEvent, RunEvent } from '#shared/domain/run-events.ts';
import { foldRun, toSummary } from '#shared/domain/run-reducer.ts';
import type { Check } from '#shared/domain/system.ts';
import type { WorkspaceView } from '#shared/domain/workspace.ts';
import {
  runEvents,
  sampleBoard,
  sampleChoices,
  sampleComparison,
  sampleContents,
  sampleImages,
  samplePlan,
  samplePrune,
  sampleRelease,
  sampleWorkspace,
  startedAt,
} from './samples.ts';

/** What the next answers are. A function is called, so it may throw. */
export type Script = {
  workspace: WorkspaceView;
  board: () => Board;
  plan: () => Plan;
  comparison: Comparison;
  contents: ImageComparison;
  releases: Release[];
  choices: RollbackChoice[];
  images: ImageList;
  prune: PrunePreview;
  notes: ReleaseNotes;
  checks: Check[];
  /** Refuses `runs.start` and `runs.build`. */
  startError?: GantryError;
  onStart: () => void;
  /** What a started run does; it is recorded as run 1. */
  events: RunEvent[];
  /** Stops before the event with this index until the run is cancelled. */
  waitBefore?: number;
  /** Recorded instead of the rest once the run was cancelled. */
  eventsAfterCancel: RunEvent[];
  history: RunSummary[];
  /** Of run 1, where it has ended before. */
  past: RunEvent[];
  log: LogLine[];
  active: number[];
  /** What is told once a loop was started; it goes on until it is stopped. */
  watch?: readonly LiveEvent[];
};

export type Call = { readonly path: string; readonly input: unknown };
export type ScriptedGantry = RunningGantry & { readonly calls: Call[]; readonly disposals: () => number };

/** The contract, answered from a script: no engine, no ledger, but the real door with its schemas. */
export function createScriptedGantry(changes: Partial<Script> = {}): ScriptedGantry {
  const script: Script = { ...defaults(), ...changes };
  const calls: Call[] = [];
  const recorded: RecordedEvent[] = [];
  const cancelled = Promise.withResolvers<void>();
  const watching = Promise.withResolvers<void>();
  let disposed = 0;

  const os = implement(contract).use(async ({ next, errors, path }, input) => {
    calls.push({ path: path.join('.'), input });
    try {
      return await next();
    } catch (error) {
      if (!(error instanceof GantryError)) throw error;
      throw errors.GANTRY({ message: error.message, data: toErrorDetail(error) });
    }
  });
  const record = (event: RunEvent) => {
    const n = recorded.length + 1;
    const entry = { seq: n, runId: 1, n, at: startedAt + n * 1_000, event } as RecordedEvent;
    recorded.push(entry);
    return entry;
  };
  for (const event of script.past) record(event);
  const foreign = (event: RunEvent) =>
    ({ seq: 9_999, runId: 2, n: 9_999, at: startedAt, event }) as RecordedEvent;
  const begin = () => {
    script.onStart();
    if (script.startError !== undefined) throw script.startError;
    const [first] = script.events;
    if (first !== undefined && recorded.length === 0) record(first);
    return { runId: 1 as RunSummary['id'] };
  };

  const router = os.router({
    system: {
      status: os.system.status.handler(() => ({
        gantryVersion: '0.0.0',
        engine: { kind: 'unreachable' as const, why: 'scripted', tried: [] },
        ledger: { path: '/ledger.db', bytes: 0, schemaVersion: 1 },
      })),
      doctor: os.system.doctor.handler(() => script.checks),
      targets: os.system.targets.handler(() => [
        {
          kind: 'compose',
          summary: 'Docker Compose',
          configSchema: {
            type: 'object',
            properties: {
              kind: { const: 'compose' },
              service: { type: 'string', description: 'Which one.' },
            },
            required: ['kind', 'service'],
          },
        },
      ]),
      configSchema: os.system.configSchema.handler(() => ({ type: 'object' })),
    },
    workspaces: {
      recent: os.workspaces.recent.handler(() => []),
      open: os.workspaces.open.handler(({ input }) => ({ ...script.workspace, folder: input.folder })),
      get: os.workspaces.get.handler(() => script.workspace),
      trust: os.workspaces.trust.handler(() => {
        script.workspace = { ...script.workspace, trusted: true };
        return script.workspace;
      }),
      init: os.workspaces.init.handler(() => ({ file: '/w/gantry.yml', text: 'name: chatbot\n' })),
    },
    board: { get: os.board.get.handler(() => script.board()) },
    releases: {
      list: os.releases.list.handler(() => script.releases),
      notes: os.releases.notes.handler(() => script.notes),
      gitTag: os.releases.gitTag.handler(({ input }) => ({
        name: input.name ?? 'v0.2.0',
        commit: '3f2c1a9d'.padEnd(40, '0'),
      })),
      rollbackChoices: os.releases.rollbackChoices.handler(() => script.choices),
      pin: os.releases.pin.handler(({ input }) => ({ release: input.release, by: 'ada', at: startedAt })),
      unpin: os.releases.unpin.handler(() => ({ wasPinned: true })),
      adopt: os.releases.adopt.handler(begin),
    },
    compare: os.compare.handler(() => script.comparison),
    images: {
      list: os.images.list.handler(() => script.images),
      prune: {
        preview: os.images.prune.preview.handler(() => script.prune),
        apply: os.images.prune.apply.handler(begin),
      },
      push: os.images.push.handler(begin),
      tag: os.images.tag.handler(begin),
      compare: os.images.compare.handler(() => script.contents),
    },
    plan: os.plan.handler(() => script.plan()),
    runs: {
      start: os.runs.start.handler(begin),
      build: os.runs.build.handler(() => {
        if (!script.workspace.trusted) {
          throw new GantryError('workspace-untrusted', 'It is not trusted.', 'Trust it with --trust.');
        }
        return begin();
      }),
      retry: os.runs.retry.handler(begin),
      giveUp: os.runs.giveUp.handler(() => ({ accepted: true })),
      cancel: os.runs.cancel.handler(() => {
        cancelled.resolve();
        return { accepted: true };
      }),
      get: os.runs.get.handler(() => {
        const view = foldRun(recorded);
        if (view === undefined) throw new GantryError('run-unknown', 'No run.', 'Look at the history.');
        return { summary: toSummary(view), events: [...recorded], logLines: script.log.length };
      }),
      list: os.runs.list.handler(() => script.history),
      log: os.runs.log.handler(({ input }) => ({
        lines: script.log.filter((line) => line.n >= input.from).slice(0, input.limit),
        total: script.log.length,
        ended: true,
      })),
    },
    watch: {
      get: os.watch.get.handler(() => ({ kind: 'off' })),
      start: os.watch.start.handler(({ input }) => {
        if (script.startError !== undefined) throw script.startError;
        watching.resolve();
        const environment = input.environment ?? undefined;
        const place = environment === undefined ? {} : { environment };
        return { kind: 'on', ...place, since: startedAt, phase: 'settling', changed: [] };
      }),
      stop: os.watch.stop.handler(() => {
        cancelled.resolve();
        return { kind: 'off' };
      }),
    },
    environments: {
      hold: os.environments.hold.handler(() => ({})),
      lift: os.environments.lift.handler(() => ({})),
    },
    live: os.live.handler(async function* ({ input }) {
      if (script.watch !== undefined) {
        yield { kind: 'alive' as const };
        await watching.promise;
        yield* script.watch;
        await cancelled.promise;
        yield {
          kind: 'watch-changed' as const,
          workspaceId: input.workspaceId,
          watch: { kind: 'off' as const },
        };
        return;
      }
      // As the ledger does: nothing up to the cursor again, and the events of other runs as well.
      if (input.afterSeq !== undefined && input.afterSeq !== recorded.length) return;
      const [other] = runEvents('failed').slice(-1);
      if (other !== undefined) yield { kind: 'recorded' as const, recorded: foreign(other) };
      for (const [index, event] of script.events.entries()) {
        if (index === 0) continue;
        if (index === script.waitBefore) {
          await cancelled.promise;
          for (const late of script.eventsAfterCancel)
            yield { kind: 'recorded' as const, recorded: record(late) };
          return;
        }
        yield { kind: 'recorded' as const, recorded: record(event) };
      }
    }),
  });
  return {
    router,
    calls,
    activeRuns: () => script.active,
    idle: async () => undefined,
    dispose: async () => {
      disposed += 1;
    },
    disposals: () => disposed,
  };
}

function defaults(): Script {
  return {
    workspace: sampleWorkspace(),
    board: () => sampleBoard(),
    plan: () => samplePlan(),
    comparison: sampleComparison(),
    contents: sampleContents(),
    releases: [sampleRelease()],
    choices: sampleChoices(),
    images: sampleImages(),
    prune: samplePrune(),
    notes: { commits: [], total: 0 },
    checks: [{ id: 'engine', title: 'Engine', result: 'ok', detail: 'Docker 26.1' }],
    onStart: () => undefined,
    events: [],
    eventsAfterCancel: [],
    history: [],
    past: [],
    log: [],
    active: [],
  };
}
