import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { BuildOutput, BuildRequest } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { openContext } from './build-context.ts';
import { createBuildKitReader, type OutputReader } from './buildkit-output.ts';
import { createClassicReader, errorIn } from './classic-output.ts';
import { bodyOf, type Connection } from './connection.ts';
import { refused } from './failures.ts';
import { rememberNames } from './image-names.ts';
import { inspectImage } from './images.ts';
import { lineOf } from './instruction-line.ts';
import { readJsonMessages } from './json-messages.ts';
import { checkUpload, type Uploading, uploadQuery } from './upload-query.ts';

/** After a cancel the engine has so long to end the build by itself. */
const cancelWithinMs = 2_000;
/** Each progress text becomes an event of the run; nobody reads them faster. */
const progressEveryMs = 500;

/**
 * For engines without a session: the whole context as a tar archive in the body of /build, for one image after the other.
 * Throws `engine-refused` for what cannot be said that way.
 */
export async function* buildByUpload(
  connection: Connection,
  uploading: Uploading,
  request: BuildRequest,
  now: () => number,
): AsyncGenerator<BuildOutput> {
  checkUpload(uploading, request);
  const names = await connection.during(request.signal, (signal) =>
    rememberNames(
      connection,
      request.images.map(({ tag }) => tag),
      signal,
    ),
  );
  let isBuilt = false;
  try {
    if (uploading.note !== undefined) yield { kind: 'lines', stream: 'err', texts: [uploading.note] };
    const built: BuildOutput[] = [];
    for (const image of request.images) {
      const { cell, tag } = image;
      for await (const output of uploadImage(connection, uploading, request, image, now)) {
        yield cell === undefined ? output : ofCell(output, cell);
      }
      const imageId = await connection.during(request.signal, (signal) => idOf(connection, tag, signal));
      built.push({ kind: 'image', ...(cell === undefined ? {} : { cell }), imageId });
    }
    isBuilt = true;
    yield* built;
  } catch (error) {
    throw request.signal.aborted ? request.signal.reason : error;
  } finally {
    if (!isBuilt) await names.restore();
  }
}

function ofCell(output: BuildOutput, cell: string): BuildOutput {
  switch (output.kind) {
    case 'vertex':
      // Without a session no two images share a step, and each counts its steps from one.
      return { kind: 'vertex', vertex: { ...output.vertex, id: `${cell} ${output.vertex.id}`, cell } };
    case 'lines':
      return output.vertexId === undefined
        ? { ...output, cell }
        : { ...output, cell, vertexId: `${cell} ${output.vertexId}` };
    default:
      return output;
  }
}

async function idOf(connection: Connection, tag: string, signal: AbortSignal): Promise<string> {
  const image = await inspectImage(connection, tag, signal);
  if (image !== undefined) return image.Id;
  throw refused(`The build ended, but there is no image ${tag}`, 'Build again; the engine has removed it.');
}

type Upload = { readonly stream: AsyncIterable<BuildOutput>; stop(): void };

async function* uploadImage(
  connection: Connection,
  uploading: Uploading,
  request: BuildRequest,
  image: BuildRequest['images'][number],
  now: () => number,
): AsyncGenerator<BuildOutput> {
  const upload = startUpload(connection, uploading, request, image, now);
  try {
    yield* throttled(upload.stream);
    request.signal.throwIfAborted();
  } finally {
    upload.stop();
  }
}

function startUpload(
  connection: Connection,
  uploading: Uploading,
  request: BuildRequest,
  image: BuildRequest['images'][number],
  now: () => number,
): Upload {
  const buildId = randomUUID();
  const isClassic = uploading.builder === 'classic';
  const watched = connection.watch();
  const cut = new AbortController();
  let answer: IncomingMessage | undefined;
  let late: NodeJS.Timeout | undefined;
  let closeContext = () => {};

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

  async function* stream(): AsyncGenerator<BuildOutput> {
    const signal = AbortSignal.any([watched.signal, cut.signal]);
    request.signal.addEventListener('abort', cancel, { once: true });
    let unreadable: unknown;
    try {
      request.signal.throwIfAborted();
      const context = await openContext(request.contextFolder, request.dockerfile);
      context.upload.once('error', (error) => {
        unreadable = error;
      });
      closeContext = () => context.upload.destroy();
      const query = {
        ...(isClassic ? { version: '1' } : { version: '2', buildid: buildId }),
        ...uploadQuery(request, image, uploading.builder),
        dockerfile: context.dockerfile,
      };
      answer = await connection.send({
        method: 'POST',
        path: '/build',
        query,
        upload: context.upload,
        signal,
      });
      const reader = isClassic ? createClassicReader(now) : createBuildKitReader(request.dockerfile);
      yield* readOutput(answer, reader, request);
    } catch (error) {
      if (watched.signal.aborted) throw watched.signal.reason;
      throw connection.failure(unreadable ?? error);
    }
  }

  return {
    stream: stream(),
    stop() {
      request.signal.removeEventListener('abort', cancel);
      clearTimeout(late);
      watched.stop();
      cut.abort();
      closeContext();
    },
  };
}

async function* readOutput(
  answer: IncomingMessage,
  reader: OutputReader,
  { contextFolder, dockerfile }: BuildRequest,
): AsyncGenerator<BuildOutput> {
  let error: string | undefined;
  for await (const message of readJsonMessages(answer)) {
    yield* reader.read(message);
    error ??= errorIn(message);
  }
  yield* reader.end();
  if (error === undefined) return;
  const step = reader.failedStep();
  const { message, hint } = refused(error, hintFor(step));
  // /build names no line.
  const text = await readFile(join(contextFolder, dockerfile), 'utf8').catch(() => '');
  const line = step === undefined ? undefined : lineOf(text, step);
  const problems = line === undefined ? [] : [{ file: dockerfile, line, what: error, hint }];
  throw new GantryError('engine-refused', message, hint, { problems });
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
      const time = performance.now();
      if (time - last < progressEveryMs) continue;
      last = time;
    }
    yield output;
  }
}
