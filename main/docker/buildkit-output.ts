import type { BuildOutput } from '#main/core/ports.ts';
import type { Vertex } from '#shared/domain/run-events.ts';
import {
  readTrace,
  type TraceLog,
  type TraceStatus,
  type TraceVertex,
  type TraceWarning,
} from './buildkit-trace.ts';
import { bytesText } from './bytes-text.ts';
import { createTextLines, type TextLines } from './text-lines.ts';

/** Turns what a builder says into the port's output, message by message. */
export type OutputReader = {
  read(message: unknown): readonly BuildOutput[];
  /** What was begun and not ended, when the stream is over. */
  end(): readonly BuildOutput[];
  /** The step that failed, as far as one is known. */
  failedStep(): string | undefined;
};

export function createBuildKitReader(): OutputReader {
  const known = new Map<string, string>();
  const lines = new Map<string, { readonly out: TextLines; readonly err: TextLines }>();
  let output: BuildOutput[] = [];
  let failed: string | undefined;

  function linesOf(vertexId: string) {
    const existing = lines.get(vertexId);
    if (existing !== undefined) return existing;
    const into = (stream: 'out' | 'err') =>
      createTextLines((text) => output.push({ kind: 'line', vertexId, stream, text }));
    const made = { out: into('out'), err: into('err') };
    lines.set(vertexId, made);
    return made;
  }

  function flush(vertexId: string): void {
    lines.get(vertexId)?.out.end();
    lines.get(vertexId)?.err.end();
    lines.delete(vertexId);
  }

  function put(trace: TraceVertex): void {
    const vertex = readVertex(trace);
    if (vertex.state === 'failed') failed = vertex.name;
    // The engine repeats itself, and every change becomes an event in the ledger.
    const text = JSON.stringify(vertex);
    if (known.get(vertex.id) === text) return;
    known.set(vertex.id, text);
    output.push({ kind: 'vertex', vertex });
  }

  function log({ vertex, stream, bytes }: TraceLog): void {
    linesOf(vertex)[stream === 2 ? 'err' : 'out'].write(bytes);
  }

  function warn({ vertex, short, detail, url }: TraceWarning): void {
    const texts = [`warning: ${short}`, ...detail, ...(url === '' ? [] : [url])];
    for (const text of texts) output.push({ kind: 'line', vertexId: vertex, stream: 'err', text });
  }

  const taken = () => {
    const all = output;
    output = [];
    return all;
  };

  return {
    read(message) {
      const bytes = traceBytes(message);
      if (bytes === undefined) return [];
      const trace = readTrace(bytes);
      // A message may hold a step's start, its output and its end.
      const [ended, going] = partition(trace.vertexes, ({ completed }) => completed !== undefined);
      going.forEach(put);
      trace.logs.forEach(log);
      trace.warnings.forEach(warn);
      for (const status of trace.statuses) output.push({ kind: 'progress', text: describeStatus(status) });
      for (const vertex of ended) {
        flush(vertex.digest);
        put(vertex);
      }
      return taken();
    },
    end() {
      for (const vertexId of [...lines.keys()]) flush(vertexId);
      return taken();
    },
    failedStep: () => failed,
  };
}

function traceBytes(message: unknown): Uint8Array | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  if (!('id' in message) || message.id !== 'moby.buildkit.trace') return undefined;
  return 'aux' in message && typeof message.aux === 'string' ? Buffer.from(message.aux, 'base64') : undefined;
}

function partition<T>(
  items: readonly T[],
  test: (item: T) => boolean,
): readonly [readonly T[], readonly T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

function readVertex({ digest, name, inputs, started, completed, error, ...trace }: TraceVertex): Vertex {
  return {
    id: digest,
    name,
    inputs,
    state: stateOf({ started, completed, error, ...trace }),
    ...(started === undefined ? {} : { startedAt: started }),
    ...(completed === undefined ? {} : { endedAt: completed }),
    ...(error === '' ? {} : { error }),
  };
}

type Progress = {
  readonly cached: boolean;
  readonly started: number | undefined;
  readonly completed: number | undefined;
  readonly error: string;
};

function stateOf({ cached, started, completed, error }: Progress): Vertex['state'] {
  // A step that was stopped because another failed, or because somebody cancelled, did not fail itself.
  if (error !== '') return /\bcontext canceled$/.test(error) ? 'cancelled' : 'failed';
  if (completed === undefined) return started === undefined ? 'waiting' : 'running';
  return cached ? 'cached' : 'done';
}

function describeStatus({ id, name, current, total }: TraceStatus): string {
  const what = name === '' ? id : name;
  if (total > 0) return `${what} ${bytesText(current)} of ${bytesText(total)}`;
  return current > 0 ? `${what} ${bytesText(current)}` : what;
}
