import type { IncomingMessage } from 'node:http';
import { withGrace } from './aborts.ts';
import { connectionTrouble, gone, isPassingTrouble, unreachable } from './failures.ts';
import type { BlobDescriptor, RemoteRepository } from './repository.ts';

/** A session in which a registry takes a blob: where its next part goes. */
export type UploadSession = { readonly location: URL };

const pathOf = ({ at }: RemoteRepository, digest: string) => `${at.path}/blobs/${digest}`;

/** The stream begins at `offset`, whether the registry knows ranges or not. */
export async function openBlob(
  repository: RemoteRepository,
  { digest }: BlobDescriptor,
  offset: number,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const { status, stream } = await repository.client.open({
    method: 'GET',
    to: pathOf(repository, digest),
    scopes: repository.scopes,
    headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
    accept: [200, 206, 404],
    what: `the layer ${digest}`,
    signal,
  });
  if (status !== 404) return bytesOf(repository.at.host, status === 206 ? 0 : offset, stream);
  stream.resume();
  throw gone(`The image in ${repository.name} is incomplete: ${digest} is not in the registry`);
}

async function* bytesOf(host: string, skipped: number, stream: IncomingMessage): AsyncGenerator<Uint8Array> {
  let left = skipped;
  try {
    // Without an encoding a stream gives bytes; the types leave it open.
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left);
      left = Math.max(0, left - chunk.length);
    }
  } catch (error) {
    throw isPassingTrouble(error) ? unreachable(host, connectionTrouble(error), error) : error;
  }
}

/** For what is small by its nature, such as an image's config. */
export async function readBlob(
  repository: RemoteRepository,
  { digest }: BlobDescriptor,
  limit: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const call = {
    method: 'GET',
    to: pathOf(repository, digest),
    scopes: repository.scopes,
    accept: [200, 404],
    what: `the blob ${digest}`,
    signal,
  } as const;
  const { status, body } = await repository.client.call(call, limit);
  if (status === 404) {
    throw gone(`The image in ${repository.name} is incomplete: ${digest} is not in the registry`);
  }
  return body;
}

export async function hasBlob(
  repository: RemoteRepository,
  { digest }: BlobDescriptor,
  signal: AbortSignal,
): Promise<boolean> {
  const what = `the blob ${digest}`;
  const to = pathOf(repository, digest);
  const { scopes, client } = repository;
  const { status } = await client.call({ method: 'HEAD', to, scopes, accept: [200, 404], what, signal });
  return status === 200;
}

/**
 * Has the registry take over a blob of another of its repositories. `undefined` when it did; else it has opened a
 * session in which the blob is to be uploaded, or which is to be cancelled.
 */
export async function mountBlob(
  repository: RemoteRepository,
  { digest }: BlobDescriptor,
  from: RemoteRepository,
  signal: AbortSignal,
): Promise<UploadSession | undefined> {
  const query = new URLSearchParams({ mount: digest, from: from.at.path });
  return startUpload(repository, `?${query}`, `mounting ${digest}`, signal);
}

export async function openUpload(
  repository: RemoteRepository,
  { digest }: BlobDescriptor,
  signal: AbortSignal,
): Promise<UploadSession> {
  const session = await startUpload(repository, '', `taking ${digest}`, signal);
  if (session === undefined) throw new Error('a registry answered an upload as if it were a mount');
  return session;
}

/** How long a cancel waits for the name of what was just opened. */
const namedWithinMs = 1_000;

/** What it opens has its name in the answer alone: a cancel waits for that, so that it can be taken back. */
async function startUpload(
  repository: RemoteRepository,
  query: string,
  what: string,
  signal: AbortSignal,
): Promise<UploadSession | undefined> {
  const { client, at, scopes } = repository;
  const { status, headers } = await withGrace(signal, namedWithinMs, (late) =>
    client.call({
      method: 'POST',
      to: `${at.path}/blobs/uploads/${query}`,
      scopes,
      body: { kind: 'bytes', bytes: Buffer.alloc(0) },
      accept: [201, 202],
      what,
      signal: late,
    }),
  );
  if (status === 201) return undefined;
  const session = { location: await client.locate(headers.location ?? '') };
  if (signal.aborted) await cancelUpload(repository, session);
  signal.throwIfAborted();
  return session;
}

const cancelWithinMs = 5_000;

/** Leaves nothing behind in the registry, as far as the registry lets itself be told; it forgets the rest by itself. */
export async function cancelUpload(
  { client, scopes }: RemoteRepository,
  { location }: UploadSession,
): Promise<void> {
  const signal = AbortSignal.timeout(cancelWithinMs);
  const accept = [200, 202, 204, 404];
  const call = {
    method: 'DELETE',
    to: location,
    scopes,
    accept,
    what: 'cancelling an upload',
    signal,
  } as const;
  await client.call(call).catch(() => {});
}
