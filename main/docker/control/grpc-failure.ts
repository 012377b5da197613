import type { IncomingHttpHeaders } from 'node:http2';
import { type Fields, readMessage } from './protobuf.ts';

/** What an engine's error carries beside its sentence, such as the lines of the Dockerfile. */
export type FailureDetail = {
  /** Such as `github.com/moby/buildkit/errdefs.Source+json`. */
  readonly type: string;
  readonly value: Uint8Array;
};

/** The engine's no to a call. */
export class GrpcFailure extends Error {
  readonly status: number;
  readonly details: readonly FailureDetail[];

  constructor(status: number, message: string, details: readonly FailureDetail[]) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/** The connection ended before the answer. */
export class ConnectionCut extends Error {
  readonly code = 'ECONNRESET';
  constructor() {
    super('the connection was cut');
  }
}

/** `undefined` when all went well. */
export function readFailure(trailers: IncomingHttpHeaders): GrpcFailure | undefined {
  const status = Number(trailers['grpc-status'] ?? '0');
  if (status === 0) return undefined;
  const said = trailers['grpc-message'];
  const message = unescaped(typeof said === 'string' ? said : `The engine answered ${status}`);
  const packed = trailers['grpc-status-details-bin'];
  const details = typeof packed === 'string' ? readDetails(Buffer.from(packed, 'base64')) : [];
  return new GrpcFailure(status, message, details);
}

/** gRPC escapes bytes as URLs do; a lone percent sign stands for itself. */
function unescaped(text: string): string {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

type Detail = { type: string; value: Uint8Array };

const anyFields: Fields<Detail> = {
  1: (detail, reader) => {
    detail.type = reader.string();
  },
  2: (detail, reader) => {
    detail.value = reader.bytes();
  },
};

/** A google.rpc.Status. */
export type Status = { status: number; message: string; details: Detail[] };

const statusFields: Fields<Status> = {
  1: (status, reader) => {
    status.status = reader.int32();
  },
  2: (status, reader) => {
    status.message = reader.string();
  },
  3: (status, reader) => {
    status.details.push(readMessage(reader.bytes(), { type: '', value: new Uint8Array() }, anyFields));
  },
};

export function readStatus(bytes: Uint8Array, into: Status): Status {
  return readMessage(bytes, into, statusFields);
}

function readDetails(bytes: Uint8Array): readonly FailureDetail[] {
  try {
    return readStatus(bytes, { status: 0, message: '', details: [] }).details;
  } catch {
    // They are a help, and the sentence is there without them.
    return [];
  }
}
