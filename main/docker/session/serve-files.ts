import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import type { BuildOutput } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { Entry } from './context-entry.ts';
import { type Asked, isOfFiles } from './context-source.ts';
import type { Selection } from './context-walk.ts';
import type { GivenFiles } from './given-files.ts';
import { GrpcError, grpcStatus, type Metadata } from './grpc-server.ts';
import { hugeOf } from './packed-entries.ts';
import { shown, textOf } from './path-text.ts';
import { BadPattern } from './pattern.ts';
import { type PacketStream, type Sent, sendFiles } from './send-files.ts';

export type ContextSent = Extract<BuildOutput, { kind: 'sent' }>;

export type FileOptions = {
  /** By the name under which the engine asks for them; `context` and `dockerfile` among them. */
  readonly folders: ReadonlyMap<string, string>;
  readonly files: Pick<GivenFiles, 'entries'>;
  /** Once a folder is the same over there. Not told of the Dockerfile and of .dockerignore by themselves. */
  readonly onSent: (sent: ContextSent, name: string) => void;
  /** What the person should know of the files; each is told once. */
  readonly onNote: (text: string) => void;
  /** Why they could not be sent, in words for the person; the engine repeats them among its own. */
  readonly onFailure: (failure: GantryError) => void;
};

/** FileSync/DiffCopy. */
export function createFileServer(options: FileOptions) {
  const noted = new Set<string>();
  return async (stream: PacketStream, metadata: Metadata): Promise<void> => {
    const name = valuesOf(metadata, 'dir-name')?.[0] ?? '';
    const folder = options.folders.get(name);
    if (folder === undefined) throw new GrpcError(grpcStatus.notFound, `there is no folder ${name}`);
    try {
      const root = realpathSync(folder);
      const selection = selectionOf(metadata);
      const entries = await options.files.entries(name, root, selection, {
        mayKeep: name !== 'dockerfile',
        mayPack: true,
        onNote: options.onNote,
        signal: stream.signal,
      });
      // Before the first of them travels.
      for (const entry of hugeOf(entries)) noteHuge(entry, noted, options.onNote);
      const sent = await sendFiles(stream, { root, entries });
      if (isContext({ name, selection })) options.onSent(sentOf(name, sent), name);
    } catch (error) {
      const failure = error instanceof BadPattern ? badIgnore(error) : error;
      // All else is the engine's doing, and it has better words for it.
      if (failure instanceof GantryError) options.onFailure(failure);
      throw failure;
    }
  };
}

/**
 * Which folder it is: one that was removed and made anew, or one of the same path on another machine, is another. The
 * engine keeps what it got under a name and asks for what has changed only, by size and time.
 */
export function identityOf(folder: string): string {
  const path = realpathSync(folder);
  const { dev, ino } = statSync(path, { bigint: true });
  return createHash('sha256')
    .update(JSON.stringify([hostname(), path, String(dev), String(ino)]))
    .digest('hex');
}

/** The Dockerfile, and the file of patterns that goes before a folder, are always sent whole. */
export function isContext({ name, selection }: Asked): boolean {
  return name !== 'dockerfile' && isOfFiles(selection);
}

const mostNames = 50;

function sentOf(name: string, { told, asked }: Sent): ContextSent {
  const named = name === 'context' ? '' : `${name.replace(/-[0-9a-f]+$/, '')}: `;
  return {
    kind: 'sent',
    files: asked.length,
    bytes: asked.reduce((sum, { size }) => sum + Number(size), 0),
    names: asked
      .slice(0, mostNames)
      .map(({ path }) => `${named}${shown(path)}`)
      .sort(),
    isFirst: told > 0 && asked.length === told,
  };
}

/** The engine has it as it is. */
export function nothingSent({ name }: Asked): ContextSent {
  return sentOf(name, { told: 0, asked: [] });
}

function selectionOf(metadata: Metadata): Selection {
  return {
    followPaths: valuesOf(metadata, 'followpaths'),
    includePatterns: valuesOf(metadata, 'include-patterns'),
    excludePatterns: valuesOf(metadata, 'exclude-patterns'),
  };
}

function badIgnore(error: BadPattern): GantryError {
  const message = `The .dockerignore cannot be followed: ${error.message}.`;
  return new GantryError('config-invalid', message, 'Mend the line.', { cause: error });
}

/** With one that is no ASCII among them, all are escaped as in a URL's query. */
function valuesOf(metadata: Metadata, key: string): readonly string[] | undefined {
  const values = metadata.get(key);
  return metadata.get(`${key}-encoded`)?.[0] === '1' ? values?.map(unescaped) : values;
}

function unescaped(value: string): string {
  const latin1 = value
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return textOf(Buffer.from(latin1, 'latin1'));
}

function noteHuge(
  { path, size }: Pick<Entry, 'path' | 'size'>,
  noted: Set<string>,
  onNote: (text: string) => void,
): void {
  if (noted.has(path)) return;
  noted.add(path);
  const gigabytes = (Number(size) / 1e9).toFixed(1);
  onNote(
    `warning: ${shown(path)} has ${gigabytes} GB; if the image does not need it, name it in .dockerignore`,
  );
}
