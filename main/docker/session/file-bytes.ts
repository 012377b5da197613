import { close, closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { GantryError } from '#shared/domain/errors.ts';
import { cannotRead, hasSameBytes, isGone } from './context-entry.ts';
import type { ToldFile } from './packed-entries.ts';
import { fsPath, shown } from './path-text.ts';

const readAsync = promisify(read);
const closeAsync = promisify(close);

/** Read at once: the thread pool takes longer than the file system's cache for so little. */
const smallFile = 128 * 1024;
const chunkLength = 64 * 1024;
/** Bytes; what a file is read into. */
export const fileScratch = 8 * chunkLength;

/**
 * The bytes of a file as it was when it was looked at. Throws `config-invalid`, naming it, when it has changed since:
 * half of one version and half of another is in no image.
 *
 * @param scratch of `fileScratch` bytes: what is answered lies there until the next is asked for
 */
export async function* readFileBytes(
  root: string,
  entry: ToldFile,
  scratch: Buffer,
): AsyncGenerator<Uint8Array> {
  const file = openEntry(root, entry);
  try {
    checkSame(file, entry);
    if (entry.size <= smallFile) {
      const bytes = readWhole(file, entry, scratch);
      checkSame(file, entry);
      for (let at = 0; at < bytes.length; at += chunkLength) yield bytes.subarray(at, at + chunkLength);
      return;
    }
    yield* readChunks(file, entry, scratch);
    checkSame(file, entry);
  } catch (error) {
    throw error instanceof GantryError ? error : cannotRead(entry.path, error);
  } finally {
    if (entry.size <= smallFile) closeSync(file);
    else await closeAsync(file);
  }
}

/** Never waits for a pipe that has taken the file's place, and does not follow a link that has. */
function openEntry(root: string, entry: ToldFile): number {
  // Windows has neither flag.
  const { O_NOFOLLOW = 0, O_NONBLOCK = 0 }: Partial<typeof constants> = constants;
  try {
    return openSync(fsPath(`${root}/${entry.path}`), constants.O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isGone(error)) throw changed(entry);
    throw cannotRead(entry.path, error);
  }
}

function checkSame(file: number, entry: ToldFile): void {
  const facts = fstatSync(file, { bigint: true });
  // Times can be put back; when that was done cannot.
  if (facts.ctimeNs !== entry.changedAt || !hasSameBytes(facts, entry)) throw changed(entry);
}

function changed(entry: ToldFile): GantryError {
  const message = `${shown(entry.path)} changed while the build context was sent.`;
  const hint = 'Build again when nothing writes to it any more, or leave it out by .dockerignore.';
  return new GantryError('config-invalid', message, hint);
}

function readWhole(file: number, entry: ToldFile, scratch: Buffer): Buffer {
  const bytes = scratch.subarray(0, Number(entry.size));
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(file, bytes, at, bytes.length - at, at);
    if (count === 0) throw changed(entry);
    at += count;
  }
  return bytes;
}

async function* readChunks(file: number, entry: ToldFile, scratch: Buffer): AsyncGenerator<Uint8Array> {
  const size = Number(entry.size);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await readAsync(file, scratch, 0, Math.min(scratch.length, size - at), at);
    if (bytesRead === 0) throw changed(entry);
    for (let from = 0; from < bytesRead; from += chunkLength) {
      yield scratch.subarray(from, Math.min(from + chunkLength, bytesRead));
    }
    at += bytesRead;
  }
}
