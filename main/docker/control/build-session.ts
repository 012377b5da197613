import { realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BuildOutput, BuildSpec } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { Connection } from '../connection.ts';
import type { CredentialOptions } from '../credentials.ts';
import type { FolderCache } from '../folder-cache.ts';
import type { Asked, ContextSource } from '../session/context-source.ts';
import { type GivenFiles, givenName, recallGiven } from '../session/given-files.ts';
import { addSent } from '../session/sent.ts';
import { type ContextSent, identityOf, isContext, nothingSent } from '../session/serve-files.ts';
import { openSession, type Served, type Session } from '../session/session.ts';
import type { Held, Made, Standings } from '../session/standing.ts';
import { isFolder } from './solve-options.ts';
import { contextName, standingKey, wayToTell } from './tell-context.ts';

export type BuildSessionOptions = {
  readonly credentials: CredentialOptions;
  readonly source: ContextSource;
  /** What engines were given. Absent: it is not remembered from one build to the next. */
  readonly given?: FolderCache | undefined;
  /** Absent: an engine is told of nothing between builds. */
  readonly standings?: Standings | undefined;
};

/** The session of one build: it has its own, or goes on in one that was open. */
export type BuildSession = {
  readonly session: Session;
  /** Named contexts that are folders here: by name, under which name the session serves it. */
  readonly folderNames: ReadonlyMap<string, string>;
  /** Of contexts that the engine had before the build, and did not ask for. */
  unsent(): readonly ContextSent[];
  /** The build was made: what the engine has of its context is known from now on. */
  keep(): Promise<void>;
  close(): void;
};

type Asker = {
  readonly options: BuildSessionOptions;
  readonly spec: BuildSpec;
  readonly cacheFolders: ReadonlyMap<string, string>;
  readonly put: (output: BuildOutput) => void;
  readonly signal: AbortSignal;
};

/** Throws when the engine opens none, and `config-invalid` for a named context that is not there. */
export async function openBuildSession(connection: Connection, asker: Asker): Promise<BuildSession> {
  const { options, spec, signal } = asker;
  const named = await namedFolders(spec);
  const folders = new Map([
    [contextName, spec.contextFolder],
    ['dockerfile', dirname(join(spec.contextFolder, spec.dockerfile))],
    ...[...named.values()].map(({ servedAs, folder }) => [servedAs, folder] as const),
  ]);
  const name = givenName(whatIsBuilt(connection, spec, folders));
  const held = await options.standings?.hold(realpathSync(spec.contextFolder), name, signal);
  try {
    const sending = createSending(asker.put, held?.sent());
    const { files, session, isStanding } = await openHeld(connection, asker, folders, name, held, sending);
    let made: Made | undefined;
    return {
      session,
      folderNames: new Map([...named].map(([name, { servedAs }]) => [name, servedAs])),
      unsent: () => files.unasked().filter(isContext).flatMap(sending.unsent),
      async keep() {
        // Such a build has nothing of what stands.
        if (!isUsable(asker)) return files.keep();
        const way = wayToTell(connection, spec.contextFolder, options.credentials, files.asked());
        made = { isInStanding: isStanding, way };
        await files.keep();
      },
      close() {
        if (!isStanding) session.close();
        held?.release(made);
      },
    };
  } catch (error) {
    held?.release();
    throw error;
  }
}

type Opened = { readonly files: GivenFiles; readonly session: Session; readonly isStanding: boolean };

async function openHeld(
  connection: Connection,
  asker: Asker,
  folders: ReadonlyMap<string, string>,
  name: string,
  held: Held | undefined,
  { onSent }: Sending,
): Promise<Opened> {
  const { options, spec, cacheFolders, put, signal } = asker;
  const { credentials, source, given, standings } = options;
  const onNote = (text: string) => put({ kind: 'lines', stream: 'err', texts: [text] });
  const served = (files: GivenFiles): Served => ({
    ...{ folders, files, onNote, onSent },
    secrets: spec.secrets,
  });
  const open = async (files: GivenFiles): Promise<Opened> => {
    const session = await openSession({
      ...served(files),
      ...{ cacheFolders, credentials, signal },
      id: files.sessionId,
      sharedKey: standings === undefined ? identityOf(spec.contextFolder) : standingKey(spec.contextFolder),
      engine: connection.engine,
      apiVersion: connection.apiVersion,
      agents: spec.ssh,
    });
    return { files, session, isStanding: false };
  };
  const place = given && { cache: given, name };
  const asking = { onNote, signal };
  if (held?.standing === undefined || !isUsable(asker)) {
    return openUnderKnownId(await recallGiven(source, place, asking), open);
  }
  const { standing, drop } = held;
  const files = await recallGiven(source, place, asking, { given: standing.given, drop });
  if (files.sessionId !== standing.session.id) return open(files);
  standing.session.serve(served(files));
  return { files, session: standing.session, isStanding: true };
}

/** A session that stands offers neither agents nor caches. */
function isUsable({ spec, cacheFolders }: Asker): boolean {
  return spec.ssh.length === 0 && cacheFolders.size === 0;
}

type Sending = ReturnType<typeof createSending>;

/** Tells once of what was sent before the build: with what it sends of the context itself, or by itself. */
function createSending(put: (output: BuildOutput) => void, before: ContextSent | undefined) {
  let earlier = before;
  const told = new Set<string>();
  function withEarlier(name: string, sent: ContextSent): ContextSent {
    told.add(name);
    if (name !== contextName) return sent;
    const both = addSent(earlier, sent);
    earlier = undefined;
    return both;
  }
  return {
    onSent: (sent: ContextSent, name: string) => put(withEarlier(name, sent)),
    unsent: (asked: Asked): readonly ContextSent[] =>
      told.has(asked.name) ? [] : [withEarlier(asked.name, nothingSent(asked))],
  };
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
  open: (files: GivenFiles) => Promise<Opened>,
): Promise<Opened> {
  const { earlier } = files;
  if (earlier === undefined) return open(files);
  const opened = await open(files).catch(() => undefined);
  if (opened !== undefined && (await earlier.isKnown())) return opened;
  opened?.session.close();
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
