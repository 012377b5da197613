import { BinaryReader } from '@bufbuild/protobuf/wire';

/*
 * The messages of BuildKit's api/services/control/control.proto that a build's progress is made of, as far as they are
 * read here. The engine sends each as base64 in the field `aux` of a `moby.buildkit.trace` message.
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

export type TraceWarning = { vertex: string; short: string; detail: string[]; url: string };

export type Trace = {
  readonly vertexes: readonly TraceVertex[];
  readonly statuses: readonly TraceStatus[];
  readonly logs: readonly TraceLog[];
  readonly warnings: readonly TraceWarning[];
};

type Fields<Message> = Readonly<Record<number, (message: Message, reader: BinaryReader) => void>>;

/** Fields of other numbers are skipped, so that a newer engine is still understood. */
function read<Message>(bytes: Uint8Array, message: Message, fields: Fields<Message>): Message {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = fields[number];
    if (field === undefined) reader.skip(wireType, number);
    else field(message, reader);
  }
  return message;
}

const timestampFields: Fields<{ seconds: number; nanos: number }> = {
  1: (time, reader) => {
    time.seconds = Number(reader.int64());
  },
  2: (time, reader) => {
    time.nanos = reader.int32();
  },
};

function readTime(reader: BinaryReader): Time {
  const { seconds, nanos } = read(reader.bytes(), { seconds: 0, nanos: 0 }, timestampFields);
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
    response.vertexes.push(read(reader.bytes(), empty, vertexFields));
  },
  2: (response, reader) => {
    const empty = { id: '', vertex: '', name: '', current: 0, total: 0 };
    response.statuses.push(read(reader.bytes(), empty, statusFields));
  },
  3: (response, reader) => {
    const empty = { vertex: '', stream: 0, bytes: new Uint8Array() };
    response.logs.push(read(reader.bytes(), empty, logFields));
  },
  4: (response, reader) => {
    response.warnings.push(
      read(reader.bytes(), { vertex: '', short: '', detail: [], url: '' }, warningFields),
    );
  },
};

/** A StatusResponse. Throws when the bytes are none. */
export function readTrace(bytes: Uint8Array): Trace {
  return read(bytes, { vertexes: [], statuses: [], logs: [], warnings: [] }, responseFields);
}
