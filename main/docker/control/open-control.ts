import { realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { BuildOutput, BuildSpec } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { Connection } from '../connection.ts';
import type { CredentialOptions } from '../credentials.ts';
import { dialUpgrade } from '../dial-upgrade.ts';
import type { FolderCache } from '../folder-cache.ts';
import type { ContextSource } from '../session/context-source.ts';
import { type GivenFiles, givenName, recallGiven } from '../session/given-files.ts';
import { type ContextSent, identityOf, isContext, nothingSent } from '../session/serve-files.ts';
import { openSession, type Session } from '../session/session.ts';
import { checkAgents } from '../session/ssh-agents.ts';
import { createGrpcClient, type GrpcClient } from './grpc-client.ts';
import type { GrpcFailure } from './grpc-failure.ts';
import { recallFailure } from './history.ts';
import { type Caches, openCaches } from './local-cache.ts';
import { isFolder } from './solve-options.ts';
import { refuseOnClassic } from './store-limits.ts';

export type ControlOptions = {
  readonly credentials: CredentialOptions;
  readonly source: ContextSource;
  /** What engines were given. Absent: it is not remembered from one build to the next. */
  readonly given?: FolderCache | undefined;
};

const recallWithinMs = 2_000;

/** What a build needs of an engine: one connection by which we ask, and one by which it asks. */
export type Control = {
  readonly client: GrpcClient;
  readonly session: Session;
  /** Named contexts that are folders here: by name, under which name the session serves it. */
  readonly folderNames: ReadonlyMap<string, string>;
  readonly caches: Caches;
  /** Of contexts that the engine had as they are, and did not ask for. */
  unsent(): readonly ContextSent[];
  /** Why a build failed of which the answer never came; `undefined` when the engine does not know. */
  recall(ref: string): Promise<GrpcFailure | undefined>;
  /** Whoever has nothing else to do need not wait for it. */
  unref(): void;
  close(): void;
};

/**
 * Throws when the engine opens none, `config-invalid` for what is not there, and `engine-refused` for what the engine's
 * image store cannot hold.
 *
 * @param asked when the build is asked for; what it is opened for then must still be what is there. Absent: now.
 */
export async function openControl(
  connection: Connection,
  options: ControlOptions,
  spec: BuildSpec,
  put: (output: BuildOutput) => void,
  signal: AbortSignal,
  asked?: Promise<void>,
): Promise<Control> {
  const onNote = (text: string) => put({ kind: 'line', stream: 'err', text });
  const open = () => openNow(connection, options, spec, put, signal);
  let control = await open();
  if (asked !== undefined && !(await isStill(control, asked))) control = await open();
  control.caches.notes.forEach(onNote);
  return control;
}

/** Closes it unless it is. */
async function isStill(control: OpenedControl, asked: Promise<void>): Promise<boolean> {
  let is = false;
  try {
    await asked;
    is = await control.isStill();
    return is;
  } finally {
    if (!is) control.close();
  }
}

type OpenedControl = Control & { isStill(): Promise<boolean> };

async function openNow(
  connection: Connection,
  { credentials, source, given }: ControlOptions,
  spec: BuildSpec,
  put: (output: BuildOutput) => void,
  signal: AbortSignal,
): Promise<OpenedControl> {
  const { engine, apiVersion } = connection;
  await refuseOnClassic(connection, spec, signal);
  await checkAgents(spec.ssh);
  const named = await namedFolders(spec);
  const caches = await openCaches(spec);
  const onNote = (text: string) => put({ kind: 'line', stream: 'err', text });
  const folders = foldersOf(spec, named);
  const name = givenName(whatIsBuilt(connection, spec, folders));
  const place = given && { cache: given, name };
  const files = await recallGiven(source, place, { onNote, signal });
  const open = (from: GivenFiles) =>
    openSession({
      ...{ engine, apiVersion, folders, files: from, credentials, signal },
      secrets: spec.secrets,
      agents: spec.ssh,
      cacheFolders: caches.folders,
      onSent: put,
      onNote,
    });
  const opened = await Promise.allSettled([openUnderKnownId(files, open), dialControl(connection, signal)]);
  const [session, socket] = opened;
  if (session.status === 'rejected' || socket.status === 'rejected') {
    if (session.status === 'fulfilled') session.value.close();
    if (socket.status === 'fulfilled') socket.value.destroy();
    throw opened.find((each) => each.status === 'rejected')?.reason;
  }
  const client = createGrpcClient(socket.value);
  return {
    client,
    session: session.value,
    folderNames: new Map([...named].map(([name, { servedAs }]) => [name, servedAs])),
    caches,
    unsent: () => session.value.files.unasked().filter(isContext).map(nothingSent),
    async recall(ref) {
      const soon = AbortSignal.timeout(recallWithinMs);
      const again = createGrpcClient(await dialControl(connection, soon));
      try {
        return await recallFailure(again, ref, soon);
      } finally {
        again.close();
      }
    },
    unref() {
      client.unref();
      session.value.unref();
    },
    close() {
      client.close();
      session.value.close();
    },
    async isStill() {
      const now = foldersOf(spec, await namedFolders(spec));
      return name === givenName(whatIsBuilt(connection, spec, now)) && session.value.files.renew();
    },
  };
}

function foldersOf(
  { contextFolder, dockerfile }: BuildSpec,
  named: ReadonlyMap<string, NamedFolder>,
): ReadonlyMap<string, string> {
  return new Map([
    ['context', contextFolder],
    ['dockerfile', dirname(join(contextFolder, dockerfile))],
    ...[...named.values()].map(({ servedAs, folder }) => [servedAs, folder] as const),
  ]);
}

function dialControl({ engine, apiVersion }: Connection, signal: AbortSignal): Promise<Duplex> {
  return dialUpgrade({ engine, path: `/v${apiVersion}/grpc`, headers: {}, signal });
}

/** What makes it another build to the engine, as far as its files go. */
function whatIsBuilt(
  { engine }: Connection,
  { dockerfile, target }: BuildSpec,
  folders: ReadonlyMap<string, string>,
): readonly unknown[] {
  return [
    engine.host,
    dockerfile,
    target,
    ...[...folders].map(([name, folder]) => [name, identityOf(folder)]),
  ];
}

/**
 * Under a new id where the earlier one cannot be had. The engine takes a session that was closed for open until it has
 * asked for its health twice in vain, which takes 5 to 10 s (monitorHealth in BuildKit's session/grpc.go); or another
 * process has it, and may have given the engine more under it.
 */
async function openUnderKnownId(
  files: GivenFiles,
  open: (files: GivenFiles) => Promise<Session>,
): Promise<Session> {
  const { earlier } = files;
  if (earlier === undefined) return open(files);
  const session = await open(files).catch(() => undefined);
  if (session !== undefined && (await earlier.isKnown())) return session;
  session?.close();
  return open(earlier.anew());
}

type NamedFolder = { readonly servedAs: string; readonly folder: string };

/** The engine keeps what it got under a name: one that points elsewhere now must not meet the old files. */
async function namedFolders({ contexts }: BuildSpec): Promise<ReadonlyMap<string, NamedFolder>> {
  const folders = new Map<string, NamedFolder>();
  for (const [name, place] of Object.entries(contexts)) {
    if (!isFolder(place)) continue;
    const facts = await stat(place).catch(() => undefined);
    if (facts?.isDirectory() !== true) {
      const message = `The build context ${name} is no folder: ${place}.`;
      throw new GantryError('config-invalid', message, `Mend build.contexts.${name}.`);
    }
    const folder = realpathSync(place);
    folders.set(name, { servedAs: `${name}-${identityOf(folder).slice(0, 8)}`, folder });
  }
  return folders;
}
