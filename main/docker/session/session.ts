import { createHash, randomUUID } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { GantryError } from '#shared/domain/errors.ts';
import { type CredentialOptions, findCredentials } from '../credentials.ts';
import type { Candidate } from '../find-engine.ts';
import type { Entry } from './context-entry.ts';
import { walkContext } from './context-walk.ts';
import { dialUpgrade } from './dial-session.ts';
import { GrpcError, grpcStatus, type Metadata, type Methods, serveGrpc } from './grpc-server.ts';
import { readFirstString, writeCredentials, writeSecret, writeServing } from './messages.ts';
import { shown, textOf } from './path-text.ts';
import { BadPattern } from './pattern.ts';
import { type PacketStream, sendFiles } from './send-files.ts';

export type SessionOptions = {
  readonly engine: Candidate;
  readonly apiVersion: string;
  readonly contextFolder: string;
  /** Where the Dockerfile is. */
  readonly dockerfileFolder: string;
  /** By id. */
  readonly secrets: Readonly<Record<string, Uint8Array>>;
  readonly credentials: CredentialOptions;
  readonly now: () => number;
  /** For opening it. */
  readonly signal: AbortSignal;
};

/** What the engine may ask this machine for while it builds, over one connection. */
export type Session = {
  readonly id: string;
  /** Why files could not be sent, in words for the person; the engine repeats them among its own. */
  failure(): GantryError | undefined;
  /** What the person should know of the files; each is told once. */
  takeNotes(): readonly string[];
  close(): void;
};

const healthCheck = '/grpc.health.v1.Health/Check';
const diffCopy = '/moby.filesync.v1.FileSync/DiffCopy';
const credentialsOf = '/moby.filesync.v1.Auth/Credentials';
const getSecret = '/moby.buildkit.secrets.v1.Secrets/GetSecret';

/** Throws when the engine opens none. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const id = randomUUID();
  const state: State = { failure: undefined, notes: [], noted: new Set() };
  const methods = createMethods(options, state);
  const socket = await dialUpgrade({
    engine: options.engine,
    path: `/v${options.apiVersion}/session`,
    headers: {
      'X-Docker-Expose-Session-Uuid': id,
      'X-Docker-Expose-Session-Name': 'gantry',
      'X-Docker-Expose-Session-Sharedkey': sharedKeyOf(options.contextFolder),
      'X-Docker-Expose-Session-Grpc-Method': [
        ...Object.keys(methods.unary),
        ...Object.keys(methods.streaming),
      ],
    },
    signal: options.signal,
  });
  const served = serveGrpc(socket, methods);
  return {
    id,
    failure: () => state.failure,
    takeNotes: () => state.notes.splice(0),
    close() {
      served.destroy();
      socket.destroy();
    },
  };
}

/**
 * The engine keeps what it got under this key and asks for what has changed only, by size and time. A folder that was
 * removed and made anew, or one of the same path on another machine, is another.
 */
function sharedKeyOf(folder: string): string {
  const path = realpathSync(folder);
  const { dev, ino } = statSync(path, { bigint: true });
  return createHash('sha256')
    .update(JSON.stringify([hostname(), path, String(dev), String(ino)]))
    .digest('hex');
}

type State = { failure: GantryError | undefined; readonly notes: string[]; readonly noted: Set<string> };

function createMethods(options: SessionOptions, state: State): Methods {
  const { secrets, now } = options;
  const folders: Readonly<Record<string, string>> = {
    context: options.contextFolder,
    dockerfile: options.dockerfileFolder,
  };
  return {
    unary: {
      [healthCheck]: () => writeServing(),
      [credentialsOf]: async (message) =>
        writeCredentials(await findCredentials(readFirstString(message), options.credentials)),
      [getSecret](message) {
        const secretId = readFirstString(message);
        const value = Object.hasOwn(secrets, secretId) ? secrets[secretId] : undefined;
        if (value === undefined) {
          throw new GrpcError(grpcStatus.notFound, `there is no build secret ${JSON.stringify(secretId)}`);
        }
        return writeSecret(value);
      },
    },
    streaming: {
      async [diffCopy](stream: PacketStream, metadata: Metadata) {
        const name = valuesOf(metadata, 'dir-name')?.[0] ?? '';
        const folder = Object.hasOwn(folders, name) ? folders[name] : undefined;
        if (folder === undefined) throw new GrpcError(grpcStatus.notFound, `there is no folder ${name}`);
        const root = realpathSync(folder);
        const onEntry = (entry: Entry) => noteIfHuge(entry, state);
        try {
          await sendFiles(stream, { root, entries: walkContext(root, selectionOf(metadata)), onEntry, now });
        } catch (error) {
          const failure = error instanceof BadPattern ? badIgnore(error) : error;
          // All else is the engine's doing, and it has better words for it.
          if (failure instanceof GantryError) state.failure ??= failure;
          throw failure;
        }
      },
    },
  };
}

function selectionOf(metadata: Metadata) {
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

/** Bytes. A file of this size in a context is seldom meant to be there. */
const huge = 1_000_000_000n;

function noteIfHuge({ path, kind, size }: Entry, { notes, noted }: State): void {
  if (kind !== 'file' || size < huge || noted.has(path)) return;
  noted.add(path);
  const gigabytes = (Number(size) / 1e9).toFixed(1);
  notes.push(
    `warning: ${shown(path)} has ${gigabytes} GB; if the image does not need it, name it in .dockerignore`,
  );
}
