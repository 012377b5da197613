import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Entry } from './context-entry.ts';
import { createEntriesHash, digestOf } from './entries-digest.ts';
import { headerLength, writeHeader } from './grpc-frames.ts';
import { statPacket } from './packets.ts';
import { textOf } from './path-text.ts';

/** What a file is sent by. */
export type ToldFile = Pick<Entry, 'path' | 'kind' | 'size' | 'modifiedAt' | 'changedAt' | 'identity'>;

/**
 * Entries in the order in which they are told, for a process that tells them once: as the bytes that go over the wire, and
 * not as objects, of which twenty thousand cost more to collect than to make.
 */
export type PackedEntries = {
  /** Each entry's packet (packets.ts), with the head that gRPC has before it. */
  readonly stats: Uint8Array;
  /** Where each begins, and where the last ends. */
  readonly starts: Uint32Array;
  readonly kinds: Uint8Array;
  /** Of each: modifiedAt, changedAt, size. */
  readonly numbers: BigInt64Array;
  readonly identities: Buffer;
  /** How many files there are, each counted under its first name. */
  readonly files: number;
  readonly huge: readonly ToldFile[];
  /** As digestOf's: all of them lie on one file system. */
  readonly digest: string;
};

/** Files of a context in the order of walkContext. */
export type Listed = readonly Entry[] | PackedEntries;

export function isPacked(entries: Listed): entries is PackedEntries {
  return 'stats' in entries;
}

/** See digestOf. */
export function digestOfListed(entries: Listed): string | undefined {
  return isPacked(entries) ? entries.digest : digestOf(entries);
}

const kinds: readonly Entry['kind'][] = ['file', 'folder', 'symlink', 'other'];
const numbersOfOne = 3;
/** Two numbers of 64 bits in digits, and a colon. */
const identityLength = 41;
/** Bytes of one packet, mostly. */
const usualStat = 64;
const longestUsual = 1_024;
const usualCount = 4_096;

export type Packer = {
  /** With its link (context-walk.ts), in order. */
  add(entry: Entry): void;
  end(): PackedEntries;
};

export function createPacker(): Packer {
  const stats = createGrowing();
  const hash = createEntriesHash();
  const scratch = Buffer.allocUnsafe(longestUsual);
  const huge: ToldFile[] = [];
  let room = usualCount;
  let starts = new Uint32Array(room + 1);
  let kindsOf = new Uint8Array(room);
  let numbers = new BigInt64Array(room * numbersOfOne);
  let identities = Buffer.alloc(room * identityLength);
  let count = 0;
  let files = 0;

  function grow(): void {
    room *= 2;
    starts = grown(starts, new Uint32Array(room + 1));
    kindsOf = grown(kindsOf, new Uint8Array(room));
    numbers = grown(numbers, new BigInt64Array(room * numbersOfOne));
    identities = grown(identities, Buffer.alloc(room * identityLength));
  }

  return {
    add(entry) {
      if (count === room) grow();
      hash.add(entry);
      stats.add(statPacket(entry, scratch));
      kindsOf[count] = kinds.indexOf(entry.kind);
      numbers[count * numbersOfOne] = entry.modifiedAt;
      numbers[count * numbersOfOne + 1] = entry.changedAt;
      numbers[count * numbersOfOne + 2] = entry.size;
      identities.write(entry.identity, count * identityLength, 'latin1');
      if (entry.link === undefined && isRequestable(entry)) files += 1;
      if (isHuge(entry)) huge.push(entry);
      count += 1;
      starts[count] = stats.length();
    },
    end: () => ({
      stats: stats.bytes(),
      starts: starts.subarray(0, count + 1),
      kinds: kindsOf,
      numbers,
      identities,
      files,
      huge,
      digest: hash.end(),
    }),
  };
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Bytes that are told at once, at least but for the last. */
const tellingLength = 256 * 1024;

/** All stats, a part at a time, none of which ends within one: the engine is sent other messages in between. */
export function* tellings({ stats, starts }: PackedEntries): Generator<Uint8Array> {
  let from = 0;
  for (const end of starts) {
    if (end - from < tellingLength && end < stats.length) continue;
    if (end > from) yield stats.subarray(from, end);
    from = end;
  }
}

/** By the number under which it was told; `undefined` for what cannot be asked for. */
export function fileOf(packed: PackedEntries, id: number): ToldFile | undefined {
  const { stats, starts, numbers, identities } = packed;
  const [from, to] = [starts[id], starts[id + 1]];
  const kind = kinds[packed.kinds[id] ?? -1];
  if (from === undefined || to === undefined || kind === undefined) return undefined;
  const { path, mode } = readStat(stats.subarray(from + headerLength, to));
  if (!isRequestable({ mode })) return undefined;
  const of = numbers.subarray(id * numbersOfOne, (id + 1) * numbersOfOne);
  const [modifiedAt = 0n, changedAt = 0n, size = 0n] = of;
  const identity = identities.toString('latin1', id * identityLength, (id + 1) * identityLength);
  return { path, kind, modifiedAt, changedAt, size, identity: identity.replace(/\0+$/, '') };
}

/** Of a packet as statPacket writes it. */
function readStat(packet: Uint8Array): { path: string; mode: number } {
  const outer = new BinaryReader(packet);
  outer.tag();
  const stat = new BinaryReader(outer.bytes());
  stat.tag();
  const path = textOf(Buffer.from(stat.bytes()));
  stat.tag();
  return { path, mode: stat.uint32() };
}

/** What has no type in Go's FileMode: regular files, and sockets, which are sent as empty ones. */
export function isRequestable({ mode }: Pick<Entry, 'mode'>): boolean {
  const typeBits = 2 ** 31 + 2 ** 27 + 2 ** 26 + 2 ** 25 + 2 ** 21;
  return (mode & typeBits) === 0;
}

/** Bytes. A file of this size in a context is seldom meant to be there. */
const huge = 1_000_000_000n;

function isHuge({ kind, size }: Entry): boolean {
  return kind === 'file' && size >= huge;
}

export function hugeOf(entries: Listed): readonly Pick<Entry, 'path' | 'size'>[] {
  return isPacked(entries) ? entries.huge : entries.filter(isHuge);
}

function createGrowing() {
  let memory = Buffer.allocUnsafeSlow(usualCount * usualStat);
  let length = 0;
  return {
    /** A message of its own. */
    add(packet: Uint8Array): void {
      const needed = length + headerLength + packet.length;
      if (needed > memory.length) {
        memory = grown(memory, Buffer.allocUnsafeSlow(Math.max(needed, 2 * memory.length)));
      }
      length = writeHeader(memory, length, packet.length);
      memory.set(packet, length);
      length += packet.length;
    },
    length: () => length,
    bytes: () => memory.subarray(0, length),
  };
}
