import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { BuildOutput, BuildRequest } from '#main/core/ports.ts';
import { createBuildKitReader, type OutputReader } from './buildkit-output.ts';
import { createClassicReader, errorIn } from './classic-output.ts';
import { bodyOf, type Connection } from './connection.ts';
import { type Delivery, type DeliveryOptions, openDelivery } from './context-delivery.ts';
import type { EngineAccess } from './engine-access.ts';
import { refused } from './failures.ts';
import { splitRef } from './image-ref.ts';
import { inspectImage, removeName } from './images.ts';
import { readJsonMessages } from './json-messages.ts';

export type BuildOptions = DeliveryOptions & { readonly access: EngineAccess };

/** After a cancel the engine has so long to end the build by itself. */
const cancelWithinMs = 2_000;
/** Each progress text becomes an event of the run; nobody reads them faster. */
const progressEveryMs = 500;

export async function* buildImages(
  options: BuildOptions,
  request: BuildRequest,
): AsyncGenerator<BuildOutput> {
  const { images, ...rest } = request;
  for (const { cell, ...image } of images) {
    for await (const output of buildImage(options, { ...rest, ...image })) {
      yield output.kind === 'image' && cell !== undefined ? { ...output, cell } : output;
    }
  }
}

/** A build of one image. */
type SingleBuild = Omit<BuildRequest, 'images'> & Omit<BuildRequest['images'][number], 'cell'>;

async function* buildImage(options: BuildOptions, request: SingleBuild): AsyncGenerator<BuildOutput> {
  const { signal, tag } = request;
  const connection = await options.access.connection(signal);
  const before = await connection.during(signal, (both) => inspectImage(connection, tag, both));
  const delivery = await connection.during(signal, (both) =>
    openDelivery(connection, options, request, both),
  );
  const running = startBuild(connection, request, delivery, options.now);
  let state: 'building' | 'built' | 'failed' = 'building';
  try {
    yield* throttled(withNotes(running.output(), delivery));
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
  request: SingleBuild,
  delivery: Delivery,
  now: () => number,
): RunningBuild {
  const buildId = randomUUID();
  const isClassic = delivery.builder === 'classic';
  const watched = connection.watch();
  const cut = new AbortController();
  let answer: IncomingMessage | undefined;
  let late: NodeJS.Timeout | undefined;

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
        const query = queryOf(request, delivery, isClassic ? undefined : buildId);
        const { upload } = delivery;
        const sent = upload === undefined ? {} : { upload };
        answer = await connection.send({ method: 'POST', path: '/build', query, ...sent, signal });
        yield* readOutput(answer, isClassic ? createClassicReader(now) : createBuildKitReader());
      } catch (error) {
        if (watched.signal.aborted) throw watched.signal.reason;
        throw connection.failure(delivery.failure() ?? error);
      }
    },
    stop() {
      request.signal.removeEventListener('abort', cancel);
      clearTimeout(late);
      watched.stop();
      cut.abort();
      delivery.close();
    },
  };
}

function queryOf(request: SingleBuild, { query }: Delivery, buildId: string | undefined) {
  return {
    ...(buildId === undefined ? { version: '1' } : { version: '2', buildid: buildId }),
    ...query,
    t: request.tag,
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

/** Notes go before whatever the engine says next. */
async function* withNotes(
  outputs: AsyncIterable<BuildOutput>,
  delivery: Delivery,
): AsyncGenerator<BuildOutput> {
  for await (const output of outputs) {
    for (const text of delivery.takeNotes()) yield { kind: 'line', stream: 'err', text };
    yield output;
  }
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
