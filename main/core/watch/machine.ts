import type { ReleaseId, RunId } from '#shared/domain/ids.ts';

/*
 * What the loop does next, decided without a clock, a disk or an engine. One job at a time; a change during a build
 * makes that build stale, a change during a deploy waits for it.
 */

export type WatchEvent =
  | { readonly kind: 'began' }
  /** Paths that a build, a test or a deploy may read. None: anything may be different. */
  | {
      readonly kind: 'changed';
      readonly paths: readonly string[];
      readonly at: number;
      /** Whether the loop's own tests ran then: it may be what they write. */
      readonly duringTests: boolean;
    }
  | { readonly kind: 'quiet' }
  /** Equal fingerprints mean equal content; `undefined` is equal to nothing. */
  | { readonly kind: 'compared'; readonly fingerprint: string | undefined }
  | { readonly kind: 'started'; readonly runId: RunId }
  | { readonly kind: 'refused'; readonly why: string }
  | {
      readonly kind: 'built';
      /** Absent where no release was made. */
      readonly release?: ReleaseId;
      readonly summary: string;
    }
  | { readonly kind: 'deployed'; readonly ok: boolean; readonly summary: string };

export type WatchEffect =
  /** `quiet` when nothing changed for a while, counted anew each time. */
  | { readonly kind: 'settle' }
  | { readonly kind: 'compare' }
  | { readonly kind: 'build'; readonly changed: readonly string[] }
  | { readonly kind: 'cancel'; readonly runId: RunId }
  | { readonly kind: 'deploy'; readonly release: ReleaseId; readonly changed: readonly string[] };

type Job =
  | { readonly kind: 'none' }
  | { readonly kind: 'build'; readonly isStale: boolean; readonly runId?: RunId }
  | { readonly kind: 'deploy'; readonly runId?: RunId };

type News = { readonly paths: readonly string[]; readonly at?: number };

export type WatchMachine = {
  /** False where the loop only builds and tests. */
  readonly deploys: boolean;
  readonly job: Job;
  /** What is known of the changes since the newest build began; `differs` waits for a stale build to end. */
  readonly look: 'no' | 'settling' | 'comparing' | 'differs';
  readonly news?: News;
  /** Built and passed, while it is found out whether something changed meanwhile. */
  readonly ready?: ReleaseId;
  /** Of what the newest build saw; absent when that build was given up. */
  readonly built?: string;
  readonly next?: string;
  readonly round: {
    readonly changed: readonly string[];
    readonly changedAt?: number;
    readonly runId?: RunId;
    readonly done?: string;
    readonly trouble?: string;
    /** Changed while the tests ran, time and again. */
    readonly leftOut: readonly string[];
  };
  /** In how many rounds without a break a path changed while the tests ran. */
  readonly suspects: Readonly<Record<string, number>>;
  readonly duringTests: readonly string[];
};

export type WatchStep = { readonly machine: WatchMachine; readonly effects: readonly WatchEffect[] };

/** A path that changes during the tests of so many rounds, one after the other, is what they write. */
const roundsOfProof = 3;

export function newWatch(deploys: boolean): WatchMachine {
  return {
    deploys,
    job: { kind: 'none' },
    look: 'no',
    round: { changed: [], leftOut: [] },
    suspects: {},
    duringTests: [],
  };
}

export function stepWatch(machine: WatchMachine, event: WatchEvent): WatchStep {
  switch (event.kind) {
    case 'began':
      return {
        machine: { ...machine, look: 'comparing', news: { paths: [] } },
        effects: [{ kind: 'compare' }],
      };
    case 'changed':
      return changed(machine, event);
    case 'quiet':
      if (machine.look !== 'settling') return nothing(machine);
      return { machine: { ...machine, look: 'comparing' }, effects: [{ kind: 'compare' }] };
    case 'compared':
      return machine.look === 'comparing' ? compared(machine, event.fingerprint) : nothing(machine);
    case 'started':
      return started(machine, event.runId);
    case 'refused':
      return refused(machine, event.why);
    case 'built':
      return built(machine, event);
    case 'deployed': {
      const round = { ...machine.round, [event.ok ? 'done' : 'trouble']: event.summary };
      return afterJob({ ...machine, job: { kind: 'none' }, round });
    }
  }
}

function nothing(machine: WatchMachine): WatchStep {
  return { machine, effects: [] };
}

function changed(
  machine: WatchMachine,
  { paths, at, duringTests }: Extract<WatchEvent, { kind: 'changed' }>,
): WatchStep {
  const isOwn = (path: string) => duringTests && (machine.suspects[path] ?? 0) >= roundsOfProof - 1;
  const own = paths.filter(isOwn);
  const counted = paths.filter((path) => !isOwn(path));
  const seen: WatchMachine = {
    ...machine,
    duringTests: duringTests ? union(machine.duringTests, paths) : machine.duringTests,
    suspects: duringTests ? machine.suspects : without(machine.suspects, paths),
    round: { ...machine.round, leftOut: union(machine.round.leftOut, own) },
  };
  if (own.length > 0 && counted.length === 0) return nothing(seen);
  const { news } = machine;
  const next = { ...seen, news: { paths: union(news?.paths ?? [], counted), at: news?.at ?? at } };
  if (machine.job.kind === 'deploy') return nothing(next);
  return { machine: { ...next, look: 'settling' }, effects: [{ kind: 'settle' }] };
}

function compared(machine: WatchMachine, fingerprint: string | undefined): WatchStep {
  if (fingerprint !== undefined && fingerprint === machine.built) {
    const { news: _, ready, ...rest } = machine;
    const same: WatchMachine = { ...rest, look: 'no' };
    return ready === undefined ? nothing(same) : deploy(same, ready);
  }
  const { ready: _ready, next: _next, built: _built, job, ...rest } = machine;
  const next = fingerprint === undefined ? {} : { next: fingerprint };
  const differs: WatchMachine = { ...rest, ...next, job, look: 'differs' };
  if (job.kind === 'none') return startRound(differs);
  if (job.kind === 'deploy' || job.isStale) return nothing(differs);
  return {
    machine: { ...differs, job: { ...job, isStale: true } },
    effects: job.runId === undefined ? [] : [{ kind: 'cancel', runId: job.runId }],
  };
}

function startRound(machine: WatchMachine): WatchStep {
  const { news, next, built: _, ...rest } = machine;
  const paths = news?.paths ?? [];
  const suspects = Object.fromEntries(
    machine.duringTests.map((path) => [path, (machine.suspects[path] ?? 0) + 1]),
  );
  return {
    machine: {
      ...rest,
      job: { kind: 'build', isStale: false },
      look: 'no',
      ...(next === undefined ? {} : { built: next }),
      round: { changed: paths, ...(news?.at === undefined ? {} : { changedAt: news.at }), leftOut: [] },
      suspects,
      duringTests: [],
    },
    effects: [{ kind: 'build', changed: paths }],
  };
}

function started(machine: WatchMachine, runId: RunId): WatchStep {
  const { job } = machine;
  if (job.kind === 'none') return nothing(machine);
  return {
    machine: { ...machine, job: { ...job, runId }, round: { ...machine.round, runId } },
    effects: job.kind === 'build' && job.isStale ? [{ kind: 'cancel', runId }] : [],
  };
}

/** Nothing came of it, so the same content is worth another try. */
function refused(machine: WatchMachine, why: string): WatchStep {
  const { job, built: _, ...rest } = machine;
  const isStale = job.kind === 'build' && job.isStale;
  const round = isStale ? machine.round : { ...machine.round, trouble: why };
  return afterJob({ ...rest, job: { kind: 'none' }, round });
}

function built(
  machine: WatchMachine,
  { release, summary }: Extract<WatchEvent, { kind: 'built' }>,
): WatchStep {
  const isStale = machine.job.kind === 'build' && machine.job.isStale;
  const idle: WatchMachine = { ...machine, job: { kind: 'none' } };
  if (isStale) return afterJob(idle);
  if (release === undefined) return afterJob({ ...idle, round: { ...idle.round, trouble: summary } });
  if (!machine.deploys) return afterJob({ ...idle, round: { ...idle.round, done: summary } });
  return machine.look === 'no' ? deploy(idle, release) : nothing({ ...idle, ready: release });
}

function deploy(machine: WatchMachine, release: ReleaseId): WatchStep {
  return {
    machine: { ...machine, job: { kind: 'deploy' } },
    effects: [{ kind: 'deploy', release, changed: machine.round.changed }],
  };
}

function afterJob(machine: WatchMachine): WatchStep {
  if (machine.look === 'differs') return startRound(machine);
  if (machine.look !== 'no' || machine.news === undefined) return nothing(machine);
  return { machine: { ...machine, look: 'settling' }, effects: [{ kind: 'settle' }] };
}

function union(some: readonly string[], more: readonly string[]): readonly string[] {
  return more.length === 0 ? some : [...new Set([...some, ...more])];
}

function without(
  counts: Readonly<Record<string, number>>,
  paths: readonly string[],
): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([path]) => !paths.includes(path)));
}
