import { basename } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { BuildOutput } from '#main/core/ports.ts';
import type { Problem } from '#shared/domain/errors.ts';
import { createTextLines, type TextLines } from '#shared/domain/text-lines.ts';
import { bytesText } from '../bytes-text.ts';
import type { Trace, TraceLog, TraceStatus, TraceVertex, TraceWarning } from './status-messages.ts';
import { createVertexBook, stateOf } from './vertex-book.ts';

export type ProgressOptions = {
  readonly put: (output: BuildOutput) => void;
  /** As the request has it; the engine knows only its last name. */
  readonly dockerfile: string;
  readonly now: () => number;
};

/** Whose status it is. Builds on one session tell of the steps that they share, each of all that there is to tell. */
export type Teller = { readonly index: number; readonly cell?: string | undefined };

/** Turns what the engine tells into the port's output: of several builds at once, each thing once. */
export type Progress = {
  /** Pauses at each thing that is told, so that one message of a megabyte does not hold up all else. */
  take(trace: Trace, teller?: Teller): Iterable<void>;
  /** Gives out what was begun and not ended. */
  end(): void;
  /** The step that failed, as far as one is known. */
  failedStep(): string | undefined;
  nameOf(digest: string): string | undefined;
};

/** Each progress text becomes an event of the run; nobody reads them faster. */
const progressEveryMs = 500;

/** BuildKit's util/progress/logs. */
const clipped = /^\[output clipped, log limit .+ reached\]$/;

/**
 * Bytes of output in a message from which the engine may have cut it in two: all that it had to tell comes in the first,
 * the rest of the output in those that follow (BuildKit's client/solve.go, Marshal: 1 MiB with what it adds to each).
 * And bytes of a step's output from which the last of it was seen, under load, to come some messages after its end: only
 * the end of the build says that nothing more comes.
 */
const muchOutput = 512 * 1024;

/** Told at once, at most: others must have their turn between them. */
const linesAtOnce = 64;

const streams = ['out', 'err'] as const;

type Lines = {
  readonly text: TextLines;
  /** Tells the lines that have ended since. */
  readonly tell: () => void;
  taken: number;
  readonly byTeller: Map<number, number>;
};

export function createProgress({ put, dockerfile, now }: ProgressOptions): Progress {
  const book = createVertexBook((vertex) => put({ kind: 'vertex', vertex }), now);
  const lines = new Map<string, Lines>();
  const warned = new Set<string>();
  const exports = new Set<string>();
  let progressAt = Number.NEGATIVE_INFINITY;
  let failed: string | undefined;

  function linesOf(vertexId: string, stream: 'out' | 'err', teller: Teller): Lines {
    const key = `${stream} ${vertexId}`;
    const existing = lines.get(key);
    if (existing !== undefined) return existing;
    const cell = book.cellOf(vertexId) ?? teller.cell;
    let texts: string[] = [];
    const text = createTextLines(new StringDecoder('utf8'), (line) => {
      if (clipped.test(line)) book.clip(vertexId);
      texts.push(line);
      if (texts.length >= linesAtOnce) tell();
    });
    const tell = () => {
      if (texts.length === 0) return;
      put({ kind: 'lines', vertexId, ...(cell === undefined ? {} : { cell }), stream, texts });
      texts = [];
    };
    const made = { text, tell, taken: 0, byTeller: new Map() };
    lines.set(key, made);
    return made;
  }

  function endLines(vertexId: string): void {
    for (const stream of streams) endText(lines.get(`${stream} ${vertexId}`));
  }

  function endText(of: Lines | undefined): void {
    of?.text.end();
    of?.tell();
  }

  function log({ vertex, stream, bytes }: TraceLog, teller: Teller): void {
    const into = linesOf(vertex, stream === 2 ? 'err' : 'out', teller);
    const from = into.byTeller.get(teller.index) ?? 0;
    into.byTeller.set(teller.index, from + bytes.length);
    const fresh = bytes.subarray(Math.max(0, into.taken - from));
    if (fresh.length === 0) return;
    into.taken += fresh.length;
    book.addLog(vertex, fresh.length);
    into.text.write(fresh);
    into.tell();
  }

  function warn(warning: TraceWarning): void {
    const key = JSON.stringify(warning);
    if (warned.has(key)) return;
    warned.add(key);
    const { vertex, short, detail, url } = warning;
    book.warn(vertex, problemOf(warning, dockerfile));
    const texts = [`warning: ${short}`, ...detail, ...(url === '' ? [] : [url])];
    put({ kind: 'lines', vertexId: vertex, stream: 'err', texts });
  }

  function enter(vertex: TraceVertex, { cell }: Teller, messageBytes: number): void {
    if (!book.enter(vertex, cell)) return;
    if (stateOf(vertex) === 'failed') failed = vertex.name;
    const isOver = vertex.completed !== undefined;
    if (isOver && Math.max(messageBytes, takenOf(vertex.digest)) < muchOutput) endLines(vertex.digest);
    book.tell(vertex.digest);
  }

  function takenOf(vertexId: string): number {
    return Math.max(...streams.map((stream) => lines.get(`${stream} ${vertexId}`)?.taken ?? 0));
  }

  /** Builds on one session export each for itself, but under one and the same id. */
  function ownExports(trace: Trace, cell: string | undefined): Trace {
    if (cell === undefined) return trace;
    for (const { name, digest } of trace.vertexes) if (name.startsWith('exporting ')) exports.add(digest);
    if (exports.size === 0) return trace;
    const own = (digest: string) => (exports.has(digest) ? `${cell} ${digest}` : digest);
    const ofOwn = <T extends { readonly vertex: string }>(each: T) => ({ ...each, vertex: own(each.vertex) });
    return {
      vertexes: trace.vertexes.map((each) => ({ ...each, digest: own(each.digest) })),
      statuses: trace.statuses.map(ofOwn),
      logs: trace.logs.map(ofOwn),
      warnings: trace.warnings,
    };
  }

  function tellProgress(statuses: readonly TraceStatus[]): void {
    const last = statuses.at(-1);
    if (last === undefined || now() - progressAt < progressEveryMs) return;
    progressAt = now();
    put({ kind: 'progress', text: describeStatus(last) });
  }

  return {
    *take(trace, teller = { index: 0 }) {
      const { vertexes, logs, warnings, statuses } = ownExports(trace, teller.cell);
      // A message may hold a step's start, its output and its end.
      const size = logs.reduce((sum, { bytes }) => sum + bytes.length, 0);
      for (const vertex of vertexes) if (vertex.completed === undefined) enter(vertex, teller, size);
      for (const each of logs) {
        log(each, teller);
        yield;
      }
      for (const status of statuses) book.count(status);
      for (const vertex of vertexes) if (vertex.completed !== undefined) enter(vertex, teller, size);
      warnings.forEach(warn);
      tellProgress(statuses);
      book.tellCounts();
    },
    end() {
      for (const each of lines.values()) endText(each);
    },
    failedStep: () => failed,
    nameOf: (digest) => book.nameOf(digest),
  };
}

function problemOf({ short, detail, url, file, lines }: TraceWarning, dockerfile: string): Problem {
  const line = lines[0]?.start ?? 0;
  const hint = [...detail, url].filter((part) => part !== '').join(' ');
  return {
    file: fileOf(file, dockerfile),
    ...(line > 0 ? { line } : {}),
    what: short,
    hint: hint === '' ? 'Mend the line; the build goes on without.' : hint,
  };
}

/** The engine gets the Dockerfile's folder and its last name. */
export function fileOf(told: string, dockerfile: string): string {
  return told === '' || told === basename(dockerfile) ? dockerfile : told;
}

function describeStatus({ id, name, current, total }: TraceStatus): string {
  const what = name === '' ? id : name;
  if (total > 0) return `${what} ${bytesText(current)} of ${bytesText(total)}`;
  return current > 0 ? `${what} ${bytesText(current)}` : what;
}
