import type { BinaryReader } from '@bufbuild/protobuf/wire';
import { type Fields, readMessage } from './protobuf.ts';

/*
 * The messages of BuildKit's api/services/control/control.proto that a build's progress is made of, as far as they are
 * read here.
 */

/** Milliseconds since 1970. */
type Time = number;

export type TraceVertex = {
  digest: string;
  inputs: string[];
  name: string;
  cached: boolean;
  started?: Time;
  completed?: Time;
  error: string;
};

export type TraceStatus = {
  id: string;
  vertex: string;
  name: string;
  current: number;
  total: number;
  completed?: Time;
};

export type TraceLog = { vertex: string; stream: number; bytes: Uint8Array };

export type TraceWarning = {
  vertex: string;
  short: string;
  detail: string[];
  url: string;
  /** As the frontend was told it. */
  file: string;
  /** Those where it begins and ends, from 1; empty where none is told. */
  lines: { start: number; end: number }[];
};

export type Trace = {
  readonly vertexes: readonly TraceVertex[];
  readonly statuses: readonly TraceStatus[];
  readonly logs: readonly TraceLog[];
  readonly warnings: readonly TraceWarning[];
};

const timestampFields: Fields<{ seconds: number; nanos: number }> = {
  1: (time, reader) => {
    time.seconds = Number(reader.int64());
  },
  2: (time, reader) => {
    time.nanos = reader.int32();
  },
};

function readTime(reader: BinaryReader): Time {
  const { seconds, nanos } = readMessage(reader.bytes(), { seconds: 0, nanos: 0 }, timestampFields);
  return seconds * 1000 + Math.floor(nanos / 1e6);
}

const vertexFields: Fields<TraceVertex> = {
  1: (vertex, reader) => {
    vertex.digest = reader.string();
  },
  2: (vertex, reader) => {
    vertex.inputs.push(reader.string());
  },
  3: (vertex, reader) => {
    vertex.name = reader.string();
  },
  4: (vertex, reader) => {
    vertex.cached = reader.bool();
  },
  5: (vertex, reader) => {
    vertex.started = readTime(reader);
  },
  6: (vertex, reader) => {
    vertex.completed = readTime(reader);
  },
  7: (vertex, reader) => {
    vertex.error = reader.string();
  },
};

const statusFields: Fields<TraceStatus> = {
  1: (status, reader) => {
    status.id = reader.string();
  },
  2: (status, reader) => {
    status.vertex = reader.string();
  },
  3: (status, reader) => {
    status.name = reader.string();
  },
  4: (status, reader) => {
    status.current = Number(reader.int64());
  },
  5: (status, reader) => {
    status.total = Number(reader.int64());
  },
  8: (status, reader) => {
    status.completed = readTime(reader);
  },
};

const logFields: Fields<TraceLog> = {
  1: (log, reader) => {
    log.vertex = reader.string();
  },
  3: (log, reader) => {
    log.stream = Number(reader.int64());
  },
  4: (log, reader) => {
    log.bytes = reader.bytes();
  },
};

const utf8 = new TextDecoder();

const sourceInfoFields: Fields<{ file: string }> = {
  1: (info, reader) => {
    info.file = reader.string();
  },
};

function readLine(reader: BinaryReader): number {
  const fields: Fields<{ line: number }> = {
    1: (position, inner) => {
      position.line = inner.int32();
    },
  };
  return readMessage(reader.bytes(), { line: 0 }, fields).line;
}

const rangeFields: Fields<{ start: number; end: number }> = {
  1: (range, reader) => {
    range.start = readLine(reader);
  },
  2: (range, reader) => {
    range.end = readLine(reader);
  },
};

const warningFields: Fields<TraceWarning> = {
  1: (warning, reader) => {
    warning.vertex = reader.string();
  },
  3: (warning, reader) => {
    warning.short = utf8.decode(reader.bytes());
  },
  4: (warning, reader) => {
    warning.detail.push(utf8.decode(reader.bytes()));
  },
  5: (warning, reader) => {
    warning.url = reader.string();
  },
  6: (warning, reader) => {
    readMessage(reader.bytes(), warning, sourceInfoFields);
  },
  7: (warning, reader) => {
    warning.lines.push(readMessage(reader.bytes(), { start: 0, end: 0 }, rangeFields));
  },
};

type Responses = {
  vertexes: TraceVertex[];
  statuses: TraceStatus[];
  logs: TraceLog[];
  warnings: TraceWarning[];
};

const responseFields: Fields<Responses> = {
  1: (response, reader) => {
    const empty = { digest: '', inputs: [], name: '', cached: false, error: '' };
    response.vertexes.push(readMessage(reader.bytes(), empty, vertexFields));
  },
  2: (response, reader) => {
    const empty = { id: '', vertex: '', name: '', current: 0, total: 0 };
    response.statuses.push(readMessage(reader.bytes(), empty, statusFields));
  },
  3: (response, reader) => {
    const empty = { vertex: '', stream: 0, bytes: new Uint8Array() };
    response.logs.push(readMessage(reader.bytes(), empty, logFields));
  },
  4: (response, reader) => {
    const empty = { vertex: '', short: '', detail: [], url: '', file: '', lines: [] };
    response.warnings.push(readMessage(reader.bytes(), empty, warningFields));
  },
};

/** A StatusResponse. Throws when the bytes are none. */
export function readTrace(bytes: Uint8Array): Trace {
  return readMessage(bytes, { vertexes: [], statuses: [], logs: [], warnings: [] }, responseFields);
}
