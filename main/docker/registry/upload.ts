import { GantryError } from '#shared/domain/errors.ts';
import { pause } from './aborts.ts';
import { PassingAnswer } from './attempts.ts';
import { cancelUpload, hasBlob, openUpload, type UploadSession } from './blobs.ts';
import type { Call } from './client.ts';
import { readRefusal, refusalOf, refused, unreachable } from './failures.ts';
import type { BlobDescriptor, RemoteRepository } from './repository.ts';
import { type RetryPolicy, waitBefore } from './retry.ts';
import { createSlices, EndedEarly, type Slices } from './slices.ts';
import { type Body, BrokenSource } from './wire.ts';

export type Upload = {
  readonly blob: BlobDescriptor;
  /** Opens the bytes from an offset on. Asked again when a connection was lost, on either side. */
  open(offset: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Opened by a mount that the registry did not do. */
  readonly session?: UploadSession;
  readonly signal: AbortSignal;
  /** How many bytes have left; after a lost connection it may be fewer than before. */
  readonly onBytes: (sent: number) => void;
};

export type UploadOptions = {
  readonly retries: RetryPolicy;
  /** In [0, 1). */
  readonly random: () => number;
  /** What is larger travels in several requests, and goes on at the last of them when a connection was lost. */
  readonly chunkBytes: number;
  /** How long a registry may be silent while it reads a blob again before it says yes, in ms. */
  readonly finishMs: number;
};

/** How far an upload has come. */
type State = { session: UploadSession; offset: number };

/** The session cannot go on as it is: the registry has lost it, or wants to know anew who asks. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Uploads a blob without ever holding more of it than a stream's buffers. A failed upload leaves no session behind. */
export async function uploadBlob(
  repository: RemoteRepository,
  upload: Upload,
  options: UploadOptions,
): Promise<void> {
  const { blob, signal } = upload;
  const state: State = { session: upload.session ?? (await openUpload(repository, blob, signal)), offset: 0 };
  try {
    for (let failures = 0, best = 0; ; ) {
      try {
        return await sendRest(repository, upload, options, state);
      } catch (error) {
        signal.throwIfAborted();
        // Progress earns patience.
        failures = state.offset > best ? 1 : failures + 1;
        best = Math.max(best, state.offset);
        const passing = passingOf(error);
        const wait = passing && waitBefore(failures, passing.retryAfterMs, options.retries, options.random());
        if (wait === undefined) throw told(repository, blob, error);
        await pause(wait, signal);
      }
      if (await isDone(repository, upload, state)) return;
      upload.onBytes(state.offset);
    }
  } catch (error) {
    await cancelUpload(repository, state.session);
    throw error;
  }
}

/** Asks how far the registry has come. True when it has everything, and only its answer was lost. */
async function isDone(
  repository: RemoteRepository,
  { blob, signal }: Upload,
  state: State,
): Promise<boolean> {
  if (await hasBlob(repository, blob, signal)) return true;
  const asked = await askStatus(repository, state.session, signal);
  if (asked === undefined || asked.offset > blob.size) {
    await cancelUpload(repository, state.session);
    state.session = await openUpload(repository, blob, signal);
    state.offset = 0;
  } else {
    state.session = asked.session;
    state.offset = asked.offset;
  }
  return false;
}

/** `undefined` where the registry has lost the session. */
async function askStatus(
  { client, scopes }: RemoteRepository,
  { location }: UploadSession,
  signal: AbortSignal,
): Promise<{ readonly session: UploadSession; readonly offset: number } | undefined> {
  const accept = [200, 202, 204, 400, 404, 416];
  const what = 'the state of an upload';
  const { status, headers } = await client.call({
    method: 'GET',
    to: location,
    scopes,
    accept,
    what,
    signal,
  });
  const offset = status === 204 || status === 202 ? offsetOf(headers.range) : undefined;
  if (offset === undefined) return undefined;
  return { session: { location: await client.locate(headers.location ?? location.href) }, offset };
}

/** `0-99`: 100 bytes are there. `0-0` is one byte or none: registries do not agree, and none is always right to send. */
function offsetOf(range: string | undefined): number | undefined {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(range ?? '')?.[1];
  if (last === undefined) return undefined;
  return last === '0' ? 0 : Number(last) + 1;
}

async function sendRest(
  repository: RemoteRepository,
  upload: Upload,
  options: UploadOptions,
  state: State,
): Promise<void> {
  const { blob, signal, onBytes } = upload;
  const { chunkBytes, finishMs } = options;
  const from = state.offset;
  if (from === 0 && blob.size <= chunkBytes) {
    const slices = createSlices(await upload.open(0, signal), onBytes, 0);
    return finish(repository, upload, state, finishMs, { slices, length: blob.size });
  }
  if (from < blob.size) {
    const slices = createSlices(await upload.open(from, signal), onBytes, from);
    try {
      while (state.offset < blob.size) {
        await sendChunk(repository, upload, slices, Math.min(chunkBytes, blob.size - state.offset), state);
      }
    } finally {
      await slices.close();
    }
  }
  await finish(repository, upload, state, finishMs);
}

const taken = [201, 202, 204];
/** distribution 2 answers 200, empty, when it has thrown a session away whose parts do not fit together. */
const lost = [200, 401, 404, 416];

async function sendChunk(
  { client, scopes }: RemoteRepository,
  { blob, signal }: Upload,
  slices: Slices,
  length: number,
  state: State,
): Promise<void> {
  const end = state.offset + length;
  const answer = await client.call({
    method: 'PATCH',
    to: state.session.location,
    scopes,
    headers: {
      'content-type': 'application/octet-stream',
      'content-range': `${state.offset}-${end - 1}`,
    },
    body: { kind: 'stream', length, stream: slices.next(length) },
    accept: [...taken, ...lost],
    what: `uploading ${blob.digest}`,
    signal,
    once: true,
  });
  if (!taken.includes(answer.status)) throw new Interrupted(`status ${answer.status}`);
  const { location, range } = answer.headers;
  if (location !== undefined) state.session = { location: await client.locate(location) };
  if (range !== undefined && offsetOf(range) !== end) throw new Interrupted(`range ${range}`);
  state.offset = end;
}

/** The last request of an upload, with the whole blob where it is small. */
async function finish(
  repository: RemoteRepository,
  { blob, signal }: Upload,
  state: State,
  silenceMs: number,
  whole?: { readonly slices: Slices; readonly length: number },
): Promise<void> {
  const { href, search } = state.session.location;
  const to = new URL(`${href}${search === '' ? '?' : '&'}digest=${encodeURIComponent(blob.digest)}`);
  const body: Body = whole
    ? { kind: 'stream', length: whole.length, stream: whole.slices.next(whole.length) }
    : { kind: 'bytes', bytes: Buffer.alloc(0) };
  const call: Call = {
    method: 'PUT',
    to,
    scopes: repository.scopes,
    headers: { 'content-type': 'application/octet-stream' },
    body,
    accept: [...taken, ...lost, 400],
    what: `uploading ${blob.digest}`,
    signal,
    silenceMs,
    once: true,
  };
  try {
    const { status, body: said } = await repository.client.call(call);
    if (status === 400) throw refusedBlob(repository, blob, said);
    if (status !== 201 && !(await hasBlob(repository, blob, signal)))
      throw new Interrupted(`status ${status}`);
  } finally {
    await whole?.slices.close();
  }
}

function refusedBlob({ at }: RemoteRepository, { digest }: BlobDescriptor, body: Buffer): GantryError {
  const { codes, said } = readRefusal(body);
  if (codes.includes('DIGEST_INVALID') || codes.includes('SIZE_INVALID')) {
    return refused(
      `What came as ${digest} are other bytes, so the registry ${at.host} did not take them: ${said}.`,
      'The registry it came from, or something on the way, is broken: do not use what it gives.',
    );
  }
  return refusalOf(at.host, `uploading ${digest}`, 400, { codes, said });
}

/** Set when the same may go well a little later, with what is known of how much later. */
function passingOf(error: unknown): { readonly retryAfterMs?: number | undefined } | undefined {
  const source = error instanceof BrokenSource ? error.cause : error;
  if (source instanceof Interrupted || source instanceof EndedEarly) return {};
  if (!(source instanceof GantryError) || source.code !== 'registry-unreachable') return undefined;
  // The source has been asked again and again before it gave up; its stream breaking off is another matter.
  return source.cause instanceof PassingAnswer ? { retryAfterMs: source.cause.retryAfterMs } : {};
}

/** The port's error. */
function told({ at }: RemoteRepository, { digest }: BlobDescriptor, error: unknown): unknown {
  const source = error instanceof BrokenSource ? error.cause : error;
  if (source instanceof EndedEarly) {
    const hint = 'The registry it came from is broken: push the image there again.';
    return refused(`There is less of ${digest} than its manifest says.`, hint, source);
  }
  if (source instanceof Interrupted) {
    return unreachable(at.host, `it lost the upload of ${digest} again and again`, source);
  }
  return source;
}
