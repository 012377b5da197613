import { setTimeout as pause } from 'node:timers/promises';
import type { BuildImage, BuildOutput, BuildRequest } from '#main/core/ports.ts';
import type { Connection } from '../connection.ts';
import { refused } from '../failures.ts';
import { type ImageNames, rememberNames } from '../image-names.ts';
import { inspectImage } from '../images.ts';
import type { OutputQueue } from '../output-queue.ts';
import { buildFailure } from './failure.ts';
import { GrpcFailure } from './grpc-failure.ts';
import { gatewayAddress } from './host-gateway.ts';
import type { Control } from './open-control.ts';
import { createProgress, type Progress } from './progress.ts';
import { type SolveOptions, solve, solveAll } from './solve.ts';
import { solveRequest } from './solve-options.ts';
import type { Unanswered } from './unanswered.ts';

/**
 * Builds all images of a request on one session, and so with one transfer of the context. `queue` is where the session
 * speaks already.
 */
export async function* buildByControl(
  connection: Connection,
  control: Control,
  request: BuildRequest,
  queue: OutputQueue<BuildOutput>,
  unanswered: Unanswered,
): AsyncGenerator<BuildOutput> {
  const watched = connection.watch();
  const left = new AbortController();
  const lost = AbortSignal.any([watched.signal, control.session.lost]);
  const signal = AbortSignal.any([request.signal, lost, left.signal]);
  const tags = request.images.map(({ tag }) => tag);
  const remembered = rememberNames(connection, tags, signal);
  const progress = createProgress({
    put: queue.put,
    dockerfile: request.dockerfile,
    now: () => performance.now(),
  });
  const work = Promise.all([remembered, unanswered.over(request.contextFolder)]).then(([names]) =>
    buildAll(connection, control, request, progress, queue, names, { signal, lost }),
  );
  work.then(
    () => queue.end(),
    () => queue.end(),
  );
  let isBuilt = false;
  try {
    yield* queue.outputs();
    const { ids } = await work;
    request.signal.throwIfAborted();
    isBuilt = true;
    const kept = control.keep();
    yield* control.unsent();
    for (const [index, { cell }] of request.images.entries()) {
      yield { kind: 'image', ...(cell === undefined ? {} : { cell }), imageId: ids[index] ?? '' };
    }
    await kept;
  } catch (error) {
    request.signal.throwIfAborted();
    if (watched.signal.aborted) throw watched.signal.reason;
    throw connection.failure(control.session.failure() ?? error);
  } finally {
    if (!isBuilt) left.abort(new Error('nobody listens to the build any more'));
    const built = await work.catch(() => undefined);
    // Cancelled perhaps in the moment in which the engine named the image; or another image of the request failed.
    if (!isBuilt && !watched.signal.aborted)
      await remembered.then((names) => names.restore()).catch(() => {});
    watched.stop();
    if (isBuilt && built !== undefined) {
      unanswered.add(request.contextFolder, closeOnceAnswered(control, built.answered));
    } else control.close();
  }
}

type Built = {
  readonly ids: readonly string[];
  /** Never rejects. */
  readonly answered: Promise<unknown>;
};

/** Cut off earlier, the engine would keep a build in its history that was given up. */
async function closeOnceAnswered(control: Control, answered: Promise<unknown>): Promise<void> {
  control.unref();
  await Promise.race([answered, pause(answerWithinMs, undefined, { ref: false })]);
  control.close();
}

const answerWithinMs = 10_000;

async function buildAll(
  connection: Connection,
  control: Control,
  request: BuildRequest,
  progress: Progress,
  { room, put }: OutputQueue<BuildOutput>,
  names: ImageNames,
  { signal, lost }: { readonly signal: AbortSignal; readonly lost: AbortSignal },
): Promise<Built> {
  const { client, session, folderNames, caches } = control;
  const extraHosts = await gatewayAddress(client, request.extraHosts, signal);
  const answered: Promise<void>[] = [];
  const facts = { sessionId: session.id, folderNames, extraHosts };
  const build = async (image: BuildImage, index: number, either: AbortSignal): Promise<string> => {
    const teller = { index, cell: image.cell };
    // Only the answer tells what a cache is called.
    const own = caches.of(image.cell);
    const look = own.exports.length === 0 ? lookFor(connection, names, image.tag) : undefined;
    const onNote = (text: string) => put({ kind: 'lines', stream: 'err', texts: [text] });
    const options = { control, progress, room, teller, onNote, signal: either, lost, look };
    const { made, answered: over } = await solve(options, (ref) =>
      solveRequest(request, image, { ...facts, caches: own, ref }),
    ).catch((error: unknown) => {
      if (!(error instanceof GrpcFailure)) throw error;
      throw buildFailure(error, progress, { dockerfile: request.dockerfile, cell: image.cell });
    });
    answered.push(over);
    await caches.name(image.cell, made['cache.manifest']);
    return made['containerimage.digest'] ?? (await idOf(connection, image.tag, either));
  };
  try {
    return { ids: await solveAll(request, signal, build), answered: Promise.all(answered) };
  } finally {
    progress.end();
  }
}

/** An image under a name that nobody had is the one that was made. */
function lookFor(connection: Connection, names: ImageNames, tag: string): SolveOptions['look'] {
  if (!names.wasFree(tag)) return undefined;
  return async (signal) => {
    const image = await inspectImage(connection, tag, signal);
    return image === undefined ? undefined : { 'containerimage.digest': image.Id };
  };
}

/** For an engine that does not say what it made. */
async function idOf(connection: Connection, tag: string, signal: AbortSignal): Promise<string> {
  const image = await inspectImage(connection, tag, signal);
  if (image !== undefined) return image.Id;
  throw refused(`The build ended, but there is no image ${tag}`, 'Build again; the engine has removed it.');
}
