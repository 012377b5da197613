import { createHash } from 'node:crypto';
import { type Entry, fileSystemOf } from './context-entry.ts';

/**
 * What all of them come to: another text whenever the engine has to be given anything again. `undefined` when they lie on
 * several file systems, of which some may not keep their times.
 */
export function digestOf(entries: readonly Entry[]): string | undefined {
  const known = digests.get(entries);
  if (known !== undefined) return known;
  if (new Set(entries.map(fileSystemOf)).size > 1) return undefined;
  const digest = hashOf(entries);
  digests.set(entries, digest);
  return digest;
}

const digests = new WeakMap<readonly Entry[], string>();

/** Bytes that are hashed at once: a call for each of many small pieces would take longer than the hash. */
const blockLength = 1 << 18;
const numbersLength = 3 * 8;

function hashOf(entries: readonly Entry[]): string {
  const digest = createEntriesHash();
  for (const entry of entries) digest.add(entry);
  return digest.end();
}

/** One entry after the other. Of several file systems it is for the caller to know. */
export function createEntriesHash() {
  const hash = createHash('sha256');
  let block = Buffer.allocUnsafe(blockLength);
  let view = new DataView(block.buffer, block.byteOffset, block.length);
  let at = 0;
  return {
    add(entry: Entry): void {
      const text = textOf(entry);
      // In UTF-16, in which a name that is no UTF-8 is still itself.
      const needed = numbersLength + 2 * text.length;
      if (at + needed > block.length) {
        hash.update(block.subarray(0, at));
        if (needed > block.length) {
          block = Buffer.allocUnsafe(needed);
          view = new DataView(block.buffer, block.byteOffset, block.length);
        }
        at = 0;
      }
      // A folder's own times are of its names, and what is sent of those is here too.
      const times = entry.kind !== 'folder';
      view.setBigInt64(at, entry.size);
      view.setBigInt64(at + 8, times ? entry.modifiedAt : 0n);
      view.setBigInt64(at + 16, times ? entry.changedAt : 0n);
      at += numbersLength;
      at += block.write(text, at, 'utf16le');
    },
    end: () => hash.update(block.subarray(0, at)).digest('hex'),
  };
}

/** A name holds no NUL, and the numbers have a length that is known: no two lists give the same bytes. */
function textOf({ path, mode, identity, link, device }: Entry): string {
  const numbers = device === undefined ? '' : `${device.major}:${device.minor}`;
  return `${path}\0${link === undefined ? '' : `>${link}`}\0${mode} ${identity} ${numbers}\0`;
}
