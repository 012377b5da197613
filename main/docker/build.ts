import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { BuildOutput, BuildRequest } from '#main/core/ports.ts';
import { type BuildContext, openContext } from './build-context.ts';
import { createBuildKitReader, type OutputReader } from './buildkit-output.ts';
import { createClassicReader, errorIn } from './classic-output.ts';
import { bodyOf, type Connection } from './connection.ts';
import type { EngineAccess } from './engine-access.ts';
import { refused } from './failures.ts';
import { splitRef } from './image-ref.ts';
import { inspectImage, removeName } from './images.ts';
import { readJsonMessages } from './json-messages.ts';

export type BuildOptions = {
  readonly access: EngineAccess;
  readonly now: () => number;
  /** As the docker CLI has it with DOCKER_BUILDKIT=0. */
  readonly preferClassic: boolean;
};

/** After a cancel the engine has so long to end the build by itself. */
const cancelWithinMs = 2_000;
/** Each progress text becomes an event of the run; nobody reads them faster. */
const progressEveryMs = 500;

export async function* buildImage(options: BuildOptions, request: BuildRequest): AsyncGenerator<BuildOutput> {
  const { signal, tag } = request;
  const connection = await options.access.connection(signal);
  const builder = await connection.during(signal, (both) => chooseBuilder(connection, options, both));
  const before = await connection.during(signal, (both) => inspectImage(connection, tag, both));
  const context = await openContext(request.contextFolder, request.dockerfile);
  const running = startBuild(connection, request, context, builder.kind, options.now);
  let state: 'building' | 'built' | 'failed' = 'building';
  try {
    if (builder.note !== undefined) yield { kind: 'line', stream: 'err', text: builder.note };
    yield* throttled(running.output());
    signal.throwIfAborted();
    const image = await connection.during(signal, (both) => inspectImage(connection, tag, both));
    if (image === undefined) {
      throw refused(
        `The build ended, but there is no image ${tag}`,
        'Build again; the engine has removed it.',
      );
    }
    yield { kind: 'image', imageId: image.Id };
    state = 'built';
  } catch (error) {
    state = 'failed';
    throw signal.aborted ? signal.reason : error;
  } finally {
    running.stop();
    // Cancelled, or left by the caller, perhaps in the moment in which the engine named the image.
    const isLeft = state === 'building' || (state === 'failed' && signal.aborted);
    if (isLeft) await restoreName(connection, tag, before?.Id).catch(() => {});
  }
}

type Builder = { readonly kind: 'buildkit' | 'classic'; readonly note?: string };

async function chooseBuilder(
  connection: Connection,
  options: BuildOptions,
  signal: AbortSignal,
): Promise<Builder> {
  if (options.preferClassic || !connection.hasBuildKit) return { kind: 'classic' };
  if (await connection.takesUpload(signal)) return { kind: 'buildkit' };
  const why =
    'this engine cannot give BuildKit a context from here (Docker before 28 with the containerd store)';
  return { kind: 'classic', note: `note: building without BuildKit, because ${why}` };
}

/** Gives the name back to the image that had it before. */
async function restoreName(connection: Connection, tag: string, imageId: string | undefined): Promise<void> {
  await connection.during(undefined, async (signal) => {
    const now = await inspectImage(connection, tag, signal);
    if (now === undefined || now.Id === imageId) return;
    if (imageId === undefined) return removeName(connection, tag, signal);
    const query = { repo: splitRef(tag).repository, tag: splitRef(tag).tag };
    await bodyOf(await connection.send({ method: 'POST', path: `/images/${imageId}/tag`, query, signal }));
  });
}

type RunningBuild = {
  /** Throws `engine-refused` when the build fails, and `engine-unreachable` when the engine is lost. */
  output(): AsyncGenerator<BuildOutput>;
  stop(): void;
};

function startBuild(
  connection: Connection,
  request: BuildRequest,
  context: BuildContext,
  builder: Builder['kind'],
  now: () => number,
): RunningBuild {
  const buildId = randomUUID();
  const isClassic = builder === 'classic';
  const watched = connection.watch();
  const cut = new AbortController();
  let answer: IncomingMessage | undefined;
  let uploadFailure: unknown;
  let late: NodeJS.Timeout | undefined;
  context.upload.once('error', (error) => {
    uploadFailure = error;
  });

  const cancel = () => {
    // Without BuildKit a build ends with its connection, and before the answer there is nothing to cancel yet.
    if (isClassic || answer === undefined) return cut.abort();
    late = setTimeout(() => cut.abort(), cancelWithinMs);
    const query = { id: buildId };
    connection
      .send({ method: 'POST', path: '/build/cancel', query, signal: cut.signal })
      .then(bodyOf)
      .catch(() => cut.abort());
  };

  return {
    async *output() {
      const signal = AbortSignal.any([watched.signal, cut.signal]);
      request.signal.addEventListener('abort', cancel, { once: true });
      try {
        request.signal.throwIfAborted();
        const query = queryOf(request, context, isClassic ? undefined : buildId);
        answer = await connection.send({
          method: 'POST',
          path: '/build',
          query,
          upload: context.upload,
          signal,
        });
        yield* readOutput(answer, isClassic ? createClassicReader(now) : createBuildKitReader());
      } catch (error) {
        if (watched.signal.aborted) throw watched.signal.reason;
        throw connection.failure(uploadFailure ?? error);
      }
    },
    stop() {
      request.signal.removeEventListener('abort', cancel);
      clearTimeout(late);
      watched.stop();
      cut.abort();
      context.upload.destroy();
    },
  };
}

function queryOf(request: BuildRequest, { dockerfile }: BuildContext, buildId: string | undefined) {
  return {
    ...(buildId === undefined ? { version: '1' } : { version: '2', buildid: buildId }),
    t: request.tag,
    dockerfile,
    rm: '1',
    forcerm: '1',
    buildargs: JSON.stringify(request.args),
    labels: JSON.stringify(request.labels),
    ...(request.target === undefined ? {} : { target: request.target }),
    ...(request.noCache ? { nocache: '1' } : {}),
  };
}

async function* readOutput(answer: IncomingMessage, reader: OutputReader): AsyncGenerator<BuildOutput> {
  let error: string | undefined;
  for await (const message of readJsonMessages(answer)) {
    yield* reader.read(message);
    error ??= errorIn(message);
  }
  yield* reader.end();
  if (error !== undefined) throw refused(error, hintFor(reader.failedStep()));
}

function hintFor(failedStep: string | undefined): string {
  return failedStep === undefined
    ? 'No step was run: mend the Dockerfile, then build again.'
    : `The step that failed is ${failedStep}; what it wrote is in the log.`;
}

async function* throttled(outputs: AsyncIterable<BuildOutput>): AsyncGenerator<BuildOutput> {
  let last = Number.NEGATIVE_INFINITY;
  for await (const output of outputs) {
    if (output.kind === 'progress') {
      const now = performance.now();
      if (now - last < progressEveryMs) continue;
      last = now;
    }
    yield output;
  }
}
