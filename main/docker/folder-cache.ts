import { hash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What may be thrown away at any time, as files. Several processes may use one folder. */
export type FolderCache = {
  /** `undefined` for what is not there, or is damaged. */
  get(name: string): Promise<Buffer | undefined>;
  /** Never rejects: what cannot be kept is computed again. */
  put(name: string, bytes: Buffer): Promise<void>;
  /** Throws when it may still be there. */
  remove(name: string): Promise<void>;
  /** Removes what was not asked for longest, until the rest is small enough. Never rejects. */
  trim(): Promise<void>;
};

export type FolderCacheOptions = {
  readonly folder: string;
  readonly maxBytes: number;
  readonly now?: () => number;
};

const digestLength = 32;
const leftBehind = '.part';
/** Nobody writes one file for so long. */
const leftBehindAfterMs = 60 * 60_000;
/** How exactly it is known when something was last asked for. */
const touchEveryMs = 60_000;

/** Names are given by the caller and must be file names. */
export function createFolderCache({ folder, maxBytes, now = Date.now }: FolderCacheOptions): FolderCache {
  async function get(name: string): Promise<Buffer | undefined> {
    const path = join(folder, name);
    try {
      const written = await readFile(path);
      const bytes = written.subarray(digestLength);
      if (digestOf(bytes).equals(written.subarray(0, digestLength))) {
        await touch(path);
        return bytes;
      }
      await rm(path, { force: true });
    } catch {
      // Not there, or not to be read: both mean to compute it.
    }
    return undefined;
  }

  async function touch(path: string): Promise<void> {
    const time = now();
    const { mtimeMs } = await stat(path);
    if (time - mtimeMs > touchEveryMs) await utimes(path, time / 1000, time / 1000).catch(() => {});
  }

  async function put(name: string, bytes: Buffer): Promise<void> {
    // Under its own name only when it is whole.
    const part = join(folder, `${randomUUID()}${leftBehind}`);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(part, Buffer.concat([digestOf(bytes), bytes]), { mode: 0o600 });
      await rename(part, join(folder, name));
    } catch {
      await rm(part, { force: true }).catch(() => {});
    }
  }

  const remove = (name: string) => rm(join(folder, name), { force: true });

  async function trim(): Promise<void> {
    const files = await listFiles(folder).catch(() => []);
    const time = now();
    const dead = files.filter(({ path, at }) => path.endsWith(leftBehind) && time - at > leftBehindAfterMs);
    const kept = files
      .filter(({ path }) => !path.endsWith(leftBehind))
      .sort((one, other) => other.at - one.at);
    let total = 0;
    const over = kept.filter(({ size }) => {
      total += size;
      return total > maxBytes;
    });
    for (const { path } of [...dead, ...over]) await rm(path, { force: true }).catch(() => {});
  }

  return { get, put, remove, trim };
}

type Found = { readonly path: string; readonly size: number; readonly at: number };

async function listFiles(folder: string): Promise<Found[]> {
  const names = await readdir(folder);
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const facts = await stat(path).catch(() => undefined);
      return facts?.isFile() ? [{ path, size: facts.size, at: facts.mtimeMs }] : [];
    }),
  );
  return found.flat();
}

function digestOf(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer');
}
