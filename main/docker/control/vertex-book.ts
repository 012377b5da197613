import type { Problem } from '#shared/domain/errors.ts';
import type { Vertex } from '#shared/domain/step-events.ts';
import type { TraceStatus, TraceVertex } from './status-messages.ts';

/** Counts change with every packet, and each change that is told becomes an event of the run. */
const tellCountsEveryMs = 200;

type Page = {
  trace: TraceVertex;
  readonly cell: string | undefined;
  readonly counts: Map<string, { readonly done: number; readonly total: number }>;
  readonly warnings: Problem[];
  log: { bytes: number; isClipped: boolean };
  /** What was told last, as text; the engine repeats itself. */
  told: string;
  toldAt: number;
};

/** What is known of each step, and what of it has been told. */
export type VertexBook = {
  /** Whether it was news. */
  enter(vertex: TraceVertex, cell: string | undefined): boolean;
  count(status: TraceStatus): void;
  /** `false` for a step that nobody has told of. */
  warn(digest: string, problem: Problem): boolean;
  addLog(digest: string, bytes: number): void;
  clip(digest: string): void;
  nameOf(digest: string): string | undefined;
  cellOf(digest: string): string | undefined;
  /** Tells of a step if anything of it has changed. */
  tell(digest: string): void;
  /** The same for steps of which only counts have changed, each at most so often. */
  tellCounts(): void;
};

export function createVertexBook(put: (vertex: Vertex) => void, now: () => number): VertexBook {
  const pages = new Map<string, Page>();
  const counted = new Set<Page>();

  function tellPage(page: Page): void {
    const vertex = vertexOf(page);
    const text = JSON.stringify(vertex);
    counted.delete(page);
    if (page.told === text) return;
    page.told = text;
    page.toldAt = now();
    put(vertex);
  }

  function change(digest: string, work: (page: Page) => void): void {
    const page = pages.get(digest);
    if (page === undefined) return;
    work(page);
    counted.add(page);
  }

  return {
    enter(trace, cell) {
      const page = pages.get(trace.digest);
      if (page === undefined) {
        const log = { bytes: 0, isClipped: false };
        const rest = { counts: new Map(), warnings: [], log, told: '', toldAt: Number.NEGATIVE_INFINITY };
        pages.set(trace.digest, { trace, cell, ...rest });
        return true;
      }
      if (!isNews(trace, page.trace)) return false;
      page.trace = trace;
      return true;
    },
    count({ vertex, id, current, total }) {
      if (current <= 0 && total <= 0) return;
      change(vertex, ({ counts }) => counts.set(id, { done: current, total }));
    },
    warn(digest, problem) {
      const page = pages.get(digest);
      if (page === undefined) return false;
      page.warnings.push(problem);
      tellPage(page);
      return true;
    },
    addLog: (digest, bytes) =>
      change(digest, ({ log }) => {
        log.bytes += bytes;
      }),
    clip: (digest) =>
      change(digest, ({ log }) => {
        log.isClipped = true;
      }),
    nameOf: (digest) => pages.get(digest)?.trace.name,
    cellOf: (digest) => pages.get(digest)?.cell,
    tell(digest) {
      const page = pages.get(digest);
      if (page !== undefined) tellPage(page);
    },
    tellCounts() {
      for (const page of counted) if (now() - page.toldAt >= tellCountsEveryMs) tellPage(page);
    },
  };
}

/** Builds that share a step tell of it each in its own time: what another told already is none. */
function isNews(trace: TraceVertex, known: TraceVertex): boolean {
  const { started, completed = 0 } = trace;
  const isSame = started === known.started && completed === (known.completed ?? 0);
  if (isSame) return trace.error !== known.error || trace.cached !== known.cached;
  if (known.started === undefined) return true;
  if (started === undefined || started < known.started) return false;
  // It may run again, and one that was called cancelled by a build that ended may go on for another.
  return started > known.started || completed > (known.completed ?? 0);
}

function vertexOf({ trace, cell, counts, warnings, log }: Page): Vertex {
  const { digest, name, inputs, started, completed, error } = trace;
  const bytes = sumOf([...counts.values()]);
  return {
    id: digest,
    name,
    inputs,
    state: stateOf(trace),
    ...(started === undefined ? {} : { startedAt: started }),
    ...(completed === undefined ? {} : { endedAt: completed }),
    ...(error === '' ? {} : { error }),
    ...(cell === undefined ? {} : { cell }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(log.bytes === 0 ? {} : { log: { ...log } }),
    ...(warnings.length === 0 ? {} : { warnings: [...warnings] }),
  };
}

/** A total is none when a part of it is not known. */
function sumOf(counts: readonly { readonly done: number; readonly total: number }[]): Vertex['bytes'] {
  if (counts.length === 0) return undefined;
  const done = counts.reduce((sum, each) => sum + each.done, 0);
  if (counts.some(({ total }) => total <= 0)) return { done };
  return { done, total: counts.reduce((sum, each) => sum + each.total, 0) };
}

export function stateOf({ cached, started, completed, error }: TraceVertex): Vertex['state'] {
  // A step that was stopped because another failed, or because somebody cancelled, did not fail itself.
  if (error !== '') return /\bcontext canceled$/.test(error) ? 'cancelled' : 'failed';
  if (completed === undefined) return started === undefined ? 'waiting' : 'running';
  return cached ? 'cached' : 'done';
}
