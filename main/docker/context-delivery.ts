import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { BuildRequest } from '#main/core/ports.ts';

import { checkFile, openContext } from './build-context.ts';
import type { Connection } from './connection.ts';
import type { CredentialOptions } from './credentials.ts';
import { refused } from './failures.ts';
import { openSession } from './session/session.ts';

type ContextRequest = Pick<BuildRequest, 'contextFolder' | 'dockerfile' | 'secrets'>;

/** How a context reaches the engine, and which builder takes it. */
export type Delivery = {
  readonly builder: 'buildkit' | 'classic';
  /** What /build is told of it. */
  readonly query: Readonly<Record<string, string>>;
  readonly upload?: Readable;
  /** Why it could not be delivered. The engine only knows that it was not. */
  failure(): unknown;
  /** What the person should know; each is told once. */
  takeNotes(): readonly string[];
  close(): void;
};

export type DeliveryOptions = {
  /** As the docker CLI has it with DOCKER_BUILDKIT=0. */
  readonly preferClassic: boolean;
  readonly credentials: CredentialOptions;
  readonly now: () => number;
};

/**
 * A session where the engine has one: only changed files travel. Else the whole context as a tar archive. Throws
 * `config-invalid` when there is no such folder or no Dockerfile in it.
 */
export async function openDelivery(
  connection: Connection,
  options: DeliveryOptions,
  request: ContextRequest,
  signal: AbortSignal,
): Promise<Delivery> {
  await checkFile(request.contextFolder, request.dockerfile);
  if (options.preferClassic) return upload(request, 'classic', [], 'DOCKER_BUILDKIT=0 turns BuildKit off');
  if (!connection.hasBuildKit) {
    const why = 'it has no BuildKit';
    return upload(request, 'classic', [`note: the engine gets the whole context each time: ${why}`], why);
  }
  try {
    return await throughSession(connection, options, request, signal);
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    if (await connection.takesUpload(signal)) {
      const note = `note: the engine gets the whole context each time, because it opens no session: ${why}`;
      return upload(request, 'buildkit', [note], why);
    }
    // With the containerd store since Docker 28.0 only (moby/moby#47717).
    return upload(
      request,
      'classic',
      [`note: building without BuildKit, because it opens no session: ${why}`],
      why,
    );
  }
}

async function throughSession(
  connection: Connection,
  { credentials, now }: DeliveryOptions,
  { contextFolder, dockerfile, secrets }: ContextRequest,
  signal: AbortSignal,
): Promise<Delivery> {
  const file = join(contextFolder, dockerfile);
  const session = await openSession({
    engine: connection.engine,
    apiVersion: connection.apiVersion,
    contextFolder,
    dockerfileFolder: dirname(file),
    secrets,
    credentials,
    now,
    signal,
  });
  const { id, failure, takeNotes, close } = session;
  const query = { remote: 'client-session', session: id, dockerfile: basename(file) };
  return { builder: 'buildkit', query, failure, takeNotes, close };
}

async function upload(
  request: ContextRequest,
  builder: Delivery['builder'],
  notes: readonly string[],
  why: string,
): Promise<Delivery> {
  if (Object.keys(request.secrets).length > 0) {
    const hint = 'Build secrets travel through a BuildKit session: use an engine that has one.';
    throw refused(`This engine takes no build secrets: ${why}`, hint);
  }
  const context = await openContext(request.contextFolder, request.dockerfile);
  const waiting = [...notes];
  let failure: unknown;
  context.upload.once('error', (error) => {
    failure = error;
  });
  return {
    builder,
    query: { dockerfile: context.dockerfile },
    upload: context.upload,
    failure: () => failure,
    takeNotes: () => waiting.splice(0),
    close: () => {
      context.upload.destroy();
    },
  };
}
