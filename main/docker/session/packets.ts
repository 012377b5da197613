import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Entry } from './context-entry.ts';
import { bytesOf } from './path-text.ts';

/*
 * The packets of tonistiigi/fsutil (types/wire.proto, types/stat.proto) by which files travel.
 */

const types = { stat: 0, request: 1, data: 2, finish: 3, error: 4 } as const;

/** What the engine sends. */
export type Received =
  | { readonly kind: 'request'; readonly id: number }
  | { readonly kind: 'finish' }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'other' };

export function readPacket(bytes: Uint8Array): Received {
  const reader = new BinaryReader(bytes);
  let type: number = types.stat;
  let id = 0;
  let data: Uint8Array = new Uint8Array();
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1) type = reader.int32();
    else if (number === 3) id = reader.uint32();
    else if (number === 4) data = reader.bytes();
    else reader.skip(wireType, number);
  }
  if (type === types.request) return { kind: 'request', id };
  if (type === types.finish) return { kind: 'finish' };
  if (type === types.error) return { kind: 'error', message: Buffer.from(data).toString('utf8') };
  return { kind: 'other' };
}

/** Everything belongs to root, as with the docker CLI. */
export function statPacket(entry: Entry): Uint8Array {
  const stat = new BinaryWriter();
  stat.tag(1, WireType.LengthDelimited).bytes(bytesOf(entry.path));
  stat.tag(2, WireType.Varint).uint32(entry.mode);
  if (entry.size !== 0n) stat.tag(5, WireType.Varint).int64(entry.size);
  if (entry.modifiedAt !== 0n) stat.tag(6, WireType.Varint).int64(entry.modifiedAt);
  if (entry.link !== undefined) stat.tag(7, WireType.LengthDelimited).bytes(bytesOf(entry.link));
  if (entry.device !== undefined) {
    stat.tag(8, WireType.Varint).int64(entry.device.major);
    stat.tag(9, WireType.Varint).int64(entry.device.minor);
  }
  return new BinaryWriter().tag(2, WireType.LengthDelimited).bytes(stat.finish()).finish();
}

/** A stat of nothing: there are no more. Its type is the default, and so there is nothing to write. */
export function endOfStats(): Uint8Array {
  return new Uint8Array();
}

/** Bytes of the file whose stat was the `id`-th, counted from 0; none when it is complete. */
export function dataPacket(id: number, bytes: Uint8Array): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.Varint).int32(types.data);
  if (id !== 0) writer.tag(3, WireType.Varint).uint32(id);
  if (bytes.length > 0) writer.tag(4, WireType.LengthDelimited).bytes(bytes);
  return writer.finish();
}

export function finishPacket(): Uint8Array {
  return new BinaryWriter().tag(1, WireType.Varint).int32(types.finish).finish();
}

export function errorPacket(message: string): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.Varint).int32(types.error);
  return writer.tag(4, WireType.LengthDelimited).bytes(Buffer.from(message)).finish();
}
