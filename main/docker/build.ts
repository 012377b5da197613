import { realpathSync } from 'node:fs';
import type { BuildOutput, BuildRequest, ReadAhead } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { checkFile } from './build-context.ts';
import type { Connection } from './connection.ts';
import { buildByControl } from './control/build.ts';
import { type Control, type ControlOptions, openControl } from './control/open-control.ts';
import { createUnanswered, type Unanswered } from './control/unanswered.ts';
import type { EngineAccess } from './engine-access.ts';
import { createFolderCache } from './folder-cache.ts';
import { createOutputQueue } from './output-queue.ts';
import type { ContextSource } from './session/context-source.ts';
import { guessExcluded } from './session/guess-excluded.ts';
import { createContextSource, type SourceOptions } from './session/warm-context.ts';
import { buildByUpload } from './upload-build.ts';
import type { Uploading } from './upload-query.ts';

export type BuilderOptions = Pick<ControlOptions, 'credentials'> & {
  readonly access: EngineAccess;
  /** As the docker CLI has it with DOCKER_BUILDKIT=0. */
  readonly preferClassic: boolean;
  readonly now: () => number;
  readonly watching: Pick<SourceOptions, 'watcher' | 'expectsMore'>;
  /** For what engines were given. Absent: each build gives all of it again. */
  readonly givenFolder?: string | undefined;
};

export type Builder = {
  /** Throws `config-invalid` when there is no such folder or no Dockerfile in it. */
  build(request: BuildRequest): AsyncGenerator<BuildOutput>;
  /** Throws where there is no such folder. */
  readAhead(contextFolder: string, dockerfile: string, signal: AbortSignal): ReadAhead;
};

/** What is kept from one build on an engine to the next. */
export function createBuilder({ watching, givenFolder, ...options }: BuilderOptions): Builder {
  const source = createContextSource({ ...watching, now: options.now });
  const begun = new WeakMap<ReadAhead, ContextSource>();
  const unanswered = createUnanswered();
  const given =
    givenFolder === undefined ? undefined : createFolderCache({ folder: givenFolder, maxBytes: mostGiven });
  return {
    build(request) {
      const ahead = request.ahead && begun.get(request.ahead);
      return buildImages({ ...options, unanswered, given, source: ahead ?? source }, request);
    },
    readAhead(contextFolder, dockerfile, signal) {
      const ahead: ReadAhead = { contextFolder };
      const excluded = guessExcluded(contextFolder, dockerfile);
      begun.set(ahead, source.ahead(realpathSync(contextFolder), excluded, signal));
      return ahead;
    },
  };
}

/** Bytes. Each takes less than one thousand. */
const mostGiven = 1_000_000;

type BuildOptions = Omit<BuilderOptions, 'watching' | 'givenFolder'> &
  ControlOptions & { readonly unanswered: Unanswered };

type Way =
  | { readonly kind: 'control'; readonly control: Control }
  | { readonly kind: 'upload'; readonly uploading: Uploading };

async function* buildImages(options: BuildOptions, request: BuildRequest): AsyncGenerator<BuildOutput> {
  const { contextFolder, dockerfile, signal } = request;
  const connection = await options.access.connection(signal);
  await checkFile(contextFolder, dockerfile);
  const queue = createOutputQueue<BuildOutput>();
  const way = await connection.during(signal, (both) =>
    findWay(connection, options, request, queue.put, both),
  );
  switch (way.kind) {
    case 'control':
      yield* buildByControl(connection, way.control, request, queue, options.unanswered);
      break;
    case 'upload':
      yield* buildByUpload(connection, way.uploading, request, options.now);
      break;
  }
}

/** A session where the engine has one: only changed files travel. Else the whole context, as a tar archive. */
async function findWay(
  connection: Connection,
  options: BuildOptions,
  request: BuildRequest,
  put: (output: BuildOutput) => void,
  signal: AbortSignal,
): Promise<Way> {
  const { credentials, source, given } = options;
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
      control: await openControl(connection, { credentials, source, given }, request, put, signal),
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
