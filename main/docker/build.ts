import { realpathSync } from 'node:fs';
import type { BuildBegun, BuildOutput, BuildRequest, BuildSpec } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { createBreather, createRester } from './breather.ts';
import { checkFile } from './build-context.ts';
import type { Connection } from './connection.ts';
import { buildByControl } from './control/build.ts';
import type { BuildSessionOptions } from './control/build-session.ts';
import { type Control, openControl } from './control/open-control.ts';
import { createUnanswered, type Unanswered } from './control/unanswered.ts';
import type { EngineAccess } from './engine-access.ts';
import { createFolderCache } from './folder-cache.ts';
import { createOutputQueue, type OutputQueue } from './output-queue.ts';
import type { KeptSource } from './session/context-source.ts';
import { guessExcluded } from './session/guess-excluded.ts';
import { createStandings } from './session/standing.ts';
import { createContextSource, type SourceOptions } from './session/warm-context.ts';
import { buildByUpload } from './upload-build.ts';
import type { Uploading } from './upload-query.ts';

export type BuilderOptions = Pick<BuildSessionOptions, 'credentials'> & {
  readonly access: EngineAccess;
  /** As the docker CLI has it with DOCKER_BUILDKIT=0. */
  readonly preferClassic: boolean;
  readonly now: () => number;
  readonly watching: Pick<SourceOptions, 'watcher' | 'expectsMore'> & { readonly staysOpen?: boolean };
  /** For what engines were given. Absent: each build gives all of it again. */
  readonly givenFolder?: string | undefined;
};

export type Builder = {
  /** Throws `config-invalid` when there is no such folder or no Dockerfile in it. */
  build(request: BuildRequest): AsyncGenerator<BuildOutput>;
  begin(spec: BuildSpec): BuildBegun;
};

/** What is kept from one build on an engine to the next. */
export function createBuilder({ watching, givenFolder, ...options }: BuilderOptions): Builder {
  const source = createContextSource({ ...watching, now: options.now });
  const begun = new WeakMap<BuildBegun, Opening>();
  const standings = watching.staysOpen ? createStandings(source) : undefined;
  const unanswered = createUnanswered();
  const given =
    givenFolder === undefined ? undefined : createFolderCache({ folder: givenFolder, maxBytes: mostGiven });
  // A command has no window that must answer while it takes in what a step prints.
  const createPauses = watching.staysOpen ? createRester : createBreather;
  const start = (spec: BuildSpec) =>
    startOpening({ ...options, given, source, standings }, spec, createOutputQueue(createPauses()));
  return {
    async *build(request) {
      const known = request.begun && begun.get(request.begun);
      if (request.begun !== undefined) begun.delete(request.begun);
      yield* buildImages({ now: options.now, unanswered }, request, known ?? start(request));
    },
    begin(spec) {
      const opening = start(spec);
      const handle: BuildBegun = {
        drop() {
          if (begun.delete(handle)) opening.drop();
        },
      };
      begun.set(handle, opening);
      return handle;
    },
  };
}

/** Bytes. Each takes less than one thousand. */
const mostGiven = 1_000_000;

type BuildOptions = Pick<BuilderOptions, 'now'> & { readonly unanswered: Unanswered };
type WayOptions = BuildSessionOptions & Pick<BuilderOptions, 'preferClassic'>;
type OpenOptions = WayOptions & Pick<BuilderOptions, 'access'> & { readonly source: KeptSource };

type Way =
  | { readonly kind: 'control'; readonly control: Control }
  | { readonly kind: 'upload'; readonly uploading: Uploading };

type Opened = { readonly connection: Connection; readonly way: Way };

/** The way to an engine, while it is being opened and until a build goes it. */
type Opening = {
  readonly opened: Promise<Opened>;
  /** Where the session speaks already. */
  readonly queue: OutputQueue<BuildOutput>;
  drop(): void;
};

function startOpening(options: OpenOptions, spec: BuildSpec, queue: OutputQueue<BuildOutput>): Opening {
  const dropped = new AbortController();
  const opened = openWay(options, spec, queue.put, dropped.signal);
  opened.catch(() => {});
  return {
    opened,
    queue,
    drop() {
      dropped.abort(new Error('nobody builds it any more'));
      const close = ({ way }: Opened) => way.kind === 'control' && way.control.close();
      opened.then(close, () => {});
    },
  };
}

async function openWay(
  options: OpenOptions,
  spec: BuildSpec,
  put: (output: BuildOutput) => void,
  signal: AbortSignal,
): Promise<Opened> {
  const { contextFolder, dockerfile } = spec;
  await checkFile(contextFolder, dockerfile);
  const excluded = guessExcluded(contextFolder, dockerfile);
  const source = options.source.ahead(realpathSync(contextFolder), excluded, signal);
  const connection = await options.access.connection(signal);
  const find = (both: AbortSignal) => findWay(connection, { ...options, source }, spec, put, both);
  return { connection, way: await connection.during(signal, find) };
}

async function* buildImages(
  options: BuildOptions,
  request: BuildRequest,
  { opened, queue, drop }: Opening,
): AsyncGenerator<BuildOutput> {
  const { connection, way } = await unlessAborted(request.signal, opened, drop);
  switch (way.kind) {
    case 'control':
      yield* buildByControl(connection, way.control, request, queue, options.unanswered);
      break;
    case 'upload':
      yield* buildByUpload(connection, way.uploading, request, options.now);
      break;
  }
}

async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>, giveUp: () => void): Promise<T> {
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    if (signal.aborted) giveUp();
    const result = await work;
    signal.throwIfAborted();
    return result;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** A session where the engine has one: only changed files travel. Else the whole context, as a tar archive. */
async function findWay(
  connection: Connection,
  options: WayOptions,
  spec: BuildSpec,
  put: (output: BuildOutput) => void,
  signal: AbortSignal,
): Promise<Way> {
  const { credentials, source, given, standings } = options;
  const upload = (builder: Uploading['builder'], why: string, note?: string): Way => ({
    kind: 'upload',
    uploading: { builder, why, ...(note === undefined ? {} : { note: `note: ${note}: ${why}` }) },
  });
  if (options.preferClassic) return upload('classic', 'DOCKER_BUILDKIT=0 turns BuildKit off');
  if (!connection.hasBuildKit) {
    return upload('classic', 'it has no BuildKit', 'the engine gets the whole context each time');
  }
  try {
    return {
      kind: 'control',
      control: await openControl(connection, { credentials, source, given, standings }, spec, put, signal),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GantryError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    if (await connection.takesUpload(signal)) {
      return upload(
        'buildkit',
        why,
        'the engine gets the whole context each time, because it opens no session',
      );
    }
    // With the containerd store since Docker 28.0 only (moby/moby#47717).
    return upload('classic', why, 'building without BuildKit, because it opens no session');
  }
}
