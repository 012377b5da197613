import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type Fields, readMessage, writeString } from '../control/protobuf.ts';

/*
 * The messages of containerd's api/services/content/v1/content.proto by which a cache in a folder is read and written.
 */

export type ReadRequest = { digest: string; offset: number; size: number };

const readFields: Fields<ReadRequest> = {
  1: (request, reader) => {
    request.digest = reader.string();
  },
  2: (request, reader) => {
    request.offset = Number(reader.int64());
  },
  3: (request, reader) => {
    request.size = Number(reader.int64());
  },
};

export function readReadRequest(bytes: Uint8Array): ReadRequest {
  return readMessage(bytes, { digest: '', offset: 0, size: 0 }, readFields);
}

export function writeReadResponse(offset: number, data: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  if (offset !== 0) writer.tag(1, WireType.Varint).int64(offset);
  return writer.tag(2, WireType.LengthDelimited).bytes(data).finish();
}

/** An InfoResponse. */
export function writeInfo(digest: string, size: number): Uint8Array {
  const info = new BinaryWriter();
  writeString(info, 1, digest);
  if (size !== 0) info.tag(2, WireType.Varint).int64(size);
  return new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(info.finish()).finish();
}

const actions = ['stat', 'write', 'commit'] as const;

export type WriteRequest = {
  action: (typeof actions)[number];
  total: number;
  expected: string;
  offset: number;
  data: Uint8Array;
};

const writeFields: Fields<WriteRequest> = {
  1: (request, reader) => {
    request.action = actions[reader.int32()] ?? 'stat';
  },
  3: (request, reader) => {
    request.total = Number(reader.int64());
  },
  4: (request, reader) => {
    request.expected = reader.string();
  },
  5: (request, reader) => {
    request.offset = Number(reader.int64());
  },
  6: (request, reader) => {
    request.data = reader.bytes();
  },
};

export function readWriteRequest(bytes: Uint8Array): WriteRequest {
  const empty: WriteRequest = { action: 'stat', total: 0, expected: '', offset: 0, data: new Uint8Array() };
  return readMessage(bytes, empty, writeFields);
}

export type Written = {
  readonly action: WriteRequest['action'];
  readonly offset: number;
  readonly total: number;
  readonly digest: string;
};

export function writeWriteResponse({ action, offset, total, digest }: Written): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.Varint).int32(actions.indexOf(action));
  if (offset !== 0) writer.tag(4, WireType.Varint).int64(offset);
  if (total !== 0) writer.tag(5, WireType.Varint).int64(total);
  writeString(writer, 6, digest);
  return writer.finish();
}
