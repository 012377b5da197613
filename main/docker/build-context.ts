import type { Stats } from 'node:fs';
import { type FileHandle, lstat, open, readdir, readFile, readlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { type Header as FullHeader, type Pack, pack } from 'tar-stream';
import { GantryError } from '#shared/domain/errors.ts';
import { createIgnore, type Ignore } from './dockerignore.ts';

type Header = Partial<FullHeader> & Pick<FullHeader, 'name'>;

/*
 * The context as one tar archive in the body of /build. Everything that knows how files reach the engine is here.
 */

export type BuildContext = {
  /** The archive, made while it is read. Destroying it stops the walk. */
  readonly upload: Readable;
  /** The Dockerfile's name within the archive. */
  readonly dockerfile: string;
};

/** The Dockerfile has been checked. */
export async function openContext(folder: string, dockerfile: string): Promise<BuildContext> {
  const name = posix.normalize(dockerfile.replaceAll('\\', '/'));
  // One that lies outside is sent along under a name of its own, as the docker CLI does.
  const isOutside = posix.isAbsolute(name) || name.startsWith('../');
  const inside = isOutside ? '.gantry.Dockerfile' : name;
  const ignore = await readIgnore(folder, name, isOutside);
  const archive = pack();
  const walk = async () => {
    if (isOutside) await addFile(archive, join(folder, dockerfile), { name: inside });
    await addFolder(archive, folder, '', ignore);
    archive.finalize();
  };
  walk().catch((error) => archive.destroy(cannotRead(error)));
  return { upload: Readable.from(archive), dockerfile: inside };
}

/** Throws `config-invalid` when there is no such folder or no Dockerfile in it. */
export async function checkFile(folder: string, dockerfile: string): Promise<void> {
  const facts = await lstat(folder).catch(() => undefined);
  if (facts === undefined) {
    throw new GantryError(
      'config-invalid',
      `The build context ${folder} does not exist.`,
      'Mend build.context.',
    );
  }
  const file = await lstat(join(folder, dockerfile)).catch(() => undefined);
  if (file === undefined || file.isDirectory()) {
    const message = `There is no Dockerfile at ${join(folder, dockerfile)}.`;
    throw new GantryError('config-invalid', message, 'Write one, or mend build.dockerfile.');
  }
}

/** `<Dockerfile>.dockerignore` goes before `.dockerignore`. */
export async function readIgnore(folder: string, dockerfile: string, isOutside: boolean): Promise<Ignore> {
  const names = [`${dockerfile}.dockerignore`, '.dockerignore'];
  const always = isOutside ? ['.dockerignore'] : [dockerfile, ...names];
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8').catch(ifMissing);
    if (text !== undefined) return createIgnore(text, always);
  }
  return createIgnore('', always);
}

function ifMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
    return;
  throw cannotRead(error);
}

/** Names in order of their bytes, so that the same files make the same archive. */
async function addFolder(archive: Pack, root: string, below: string, ignore: Ignore): Promise<void> {
  const names = await readdir(join(root, below), { encoding: 'buffer' });
  for (const bytes of names.sort(Buffer.compare)) {
    const path = posix.join(below, bytes.toString('utf8'));
    const isIgnored = ignore.ignores(path);
    if (isIgnored && !ignore.mayKeepBelow(path)) continue;
    checkName(bytes, path);
    const facts = await lstat(join(root, path));
    if (facts.isDirectory()) {
      if (!isIgnored)
        await addEntry(archive, { name: path, type: 'directory', mode: modeOf(facts), mtime: facts.mtime });
      await addFolder(archive, root, path, ignore);
    } else if (!isIgnored) {
      await addLeaf(archive, join(root, path), path, facts);
    }
  }
}

/** Tar stores names as UTF-8 here; a name that is none would silently become another. */
function checkName(bytes: Buffer, path: string): void {
  if (Buffer.from(bytes.toString('utf8')).equals(bytes)) return;
  const message = `The name of ${path} in the build context is not UTF-8.`;
  throw new GantryError('config-invalid', message, 'Rename it, or leave it out by .dockerignore.');
}

async function addLeaf(archive: Pack, path: string, name: string, facts: Stats): Promise<void> {
  const common = { name, mode: modeOf(facts), mtime: facts.mtime };
  if (facts.isSymbolicLink()) {
    const linkname = await readlink(path);
    return addEntry(archive, { ...common, type: 'symlink', linkname });
  }
  if (facts.isFIFO()) return addEntry(archive, { ...common, type: 'fifo' });
  // Sockets and devices belong to this machine.
  if (facts.isFile()) await addFile(archive, path, common);
}

const smallFile = 256 * 1024;

async function addFile(archive: Pack, path: string, header: Header): Promise<void> {
  const file = await openFile(path);
  try {
    const facts = await file.stat();
    const complete: Header = {
      mode: modeOf(facts),
      mtime: facts.mtime,
      ...header,
      type: 'file',
      size: facts.size,
    };
    if (facts.size <= smallFile) {
      const bytes = await file.readFile();
      // It may have grown or shrunk since; what was read is what is sent.
      return await addEntry(archive, { ...complete, size: bytes.length }, bytes);
    }
    await addLargeFile(archive, file, path, complete);
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw cannotRead(error);
  }
}

function cannotRead(cause: unknown): GantryError {
  if (cause instanceof GantryError) return cause;
  const message = `A file of the build context cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`;
  const hint = 'Make it readable, or leave it out by .dockerignore.';
  return new GantryError('config-invalid', message, hint, { cause });
}

async function addLargeFile(archive: Pack, file: FileHandle, path: string, header: Header): Promise<void> {
  const size = header.size ?? 0;
  const written = Promise.withResolvers<void>();
  // It is awaited late, or not at all when reading fails first.
  written.promise.catch(() => {});
  const sink = archive.entry(header, (error) => (error ? written.reject(error) : written.resolve()));
  let sent = 0;
  // The size stands in the archive already: what is appended from now on is not sent.
  const bytes = file.createReadStream({ autoClose: false, end: size - 1, highWaterMark: 1 << 20 });
  for await (const chunk of bytes) {
    sent += chunk.length;
    // `written` settles early when the upload is stopped.
    if (!sink.write(chunk)) {
      await Promise.race([
        new Promise<void>((resolve) => sink.once('drain', () => resolve())),
        written.promise,
      ]);
    }
  }
  if (sent < size) {
    const hint = 'Something still writes to it: build again when it is done.';
    throw new GantryError('config-invalid', `${path} became shorter while it was read.`, hint);
  }
  sink.end(undefined);
  await written.promise;
}

/** Resolves when the archive has room for more. Everything belongs to root, as with the docker CLI. */
function addEntry(archive: Pack, header: Header, bytes?: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error ? reject(error) : resolve());
    const owned = { ...header, uid: 0, gid: 0 };
    if (bytes === undefined) archive.entry(owned, done);
    else archive.entry(owned, bytes, done);
  });
}

function modeOf({ mode }: { readonly mode: number }): number {
  // Windows has no bit for programs: there everything is one, as with the docker CLI.
  return process.platform === 'win32' ? 0o755 : mode & 0o7777;
}
