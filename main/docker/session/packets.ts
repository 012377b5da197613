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

/**
 * Everything belongs to root, as with the docker CLI. Written by hand: there is one for each file of a context, and the
 * library's writer takes four times as long.
 *
 * @param scratch where it lies until the next is written, if it fits
 */
export function statPacket(entry: Entry, scratch: Buffer): Uint8Array {
  const { path, mode, size, modifiedAt, toldTime = modifiedAt, link, device } = entry;
  const name = bytesOf(path);
  const target = link === undefined ? undefined : bytesOf(link);
  const longest = longestNumbers + name.length + (target?.length ?? 0);
  const packet = longest <= scratch.length ? scratch : Buffer.allocUnsafe(longest);
  // The stat's length is written before it once it is known.
  let at = longestHead;
  at = writeBytes(packet, at, 0x0a, name);
  at = writeVarint(packet, at, 0x10, mode);
  if (size !== 0n) at = writeVarint64(packet, at, 0x28, size);
  if (toldTime !== 0n) at = writeVarint64(packet, at, 0x30, toldTime);
  if (target !== undefined) at = writeBytes(packet, at, 0x3a, target);
  if (device !== undefined) {
    at = writeVarint(packet, at, 0x40, device.major);
    at = writeVarint(packet, at, 0x48, device.minor);
  }
  const length = at - longestHead;
  const from = longestHead - (length < 1 << 7 ? 2 : length < 1 << 14 ? 3 : 4);
  writeVarint(packet, from, 0x12, length);
  return packet.subarray(from, at);
}

/** Lengths up to there have three bytes. */
const longestHead = 4;
/** Of a packet, all that is no text: eight tags, three lengths and five numbers of ten bytes at most. */
const longestNumbers = 96;

function writeBytes(packet: Buffer, at: number, tag: number, bytes: Buffer): number {
  const next = writeVarint(packet, at, tag, bytes.length);
  packet.set(bytes, next);
  return next + bytes.length;
}

/** Up to 32 bits, without a sign. */
function writeVarint(packet: Buffer, at: number, tag: number, value: number): number {
  packet[at] = tag;
  let next = at + 1;
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) {
    packet[next] = (rest & 0x7f) | 0x80;
    next += 1;
  }
  packet[next] = rest;
  return next + 1;
}

function writeVarint64(packet: Buffer, at: number, tag: number, value: bigint): number {
  // What is below zero, such as a time before 1970, has all of its 64 bits.
  let [low, high] = [Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n))];
  packet[at] = tag;
  let next = at + 1;
  while (high > 0 || low > 0x7f) {
    packet[next] = (low & 0x7f) | 0x80;
    next += 1;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  packet[next] = low;
  return next + 1;
}

/** A stat of nothing: there are no more. Its type is the default, and so there is nothing to write. */
export function endOfStats(): Uint8Array {
  return new Uint8Array();
}

/** What goes before so many bytes of the file whose stat was the `id`-th, counted from 0; none when it is complete. */
export function dataHead(id: number, length: number): Uint8Array {
  const head = Buffer.allocUnsafe(longestDataHead);
  let at = writeVarint(head, 0, 0x08, types.data);
  if (id !== 0) at = writeVarint(head, at, 0x18, id);
  if (length > 0) at = writeVarint(head, at, 0x22, length);
  return head.subarray(0, at);
}

/** Three tags, and numbers of one and twice five bytes. */
const longestDataHead = 14;

export function finishPacket(): Uint8Array {
  return new BinaryWriter().tag(1, WireType.Varint).int32(types.finish).finish();
}

export function errorPacket(message: string): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.Varint).int32(types.error);
  return writer.tag(4, WireType.LengthDelimited).bytes(Buffer.from(message)).finish();
}
