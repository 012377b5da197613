import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  readReadRequest,
  readWriteRequest,
  type WriteRequest,
  writeInfo,
  writeReadResponse,
  writeWriteResponse,
} from './content-messages.ts';
import { GrpcError, grpcStatus, type Metadata, type Methods } from './grpc-server.ts';
import type { PacketStream } from './send-files.ts';

const service = '/containerd.services.content.v1.Content';
const storeHeader = 'buildkit-attachable-store-id';

/**
 * containerd's content service over folders in the layout of OCI: what the engine reads and writes build caches of
 * `type=local` by. `folders` are those that it may touch, by the names under which it asks.
 */
export function createContentStore(folders: ReadonlyMap<string, string>): Methods {
  function folderOf(metadata: Metadata): string {
    const id = metadata.get(storeHeader)?.[0] ?? '';
    const folder = folders.get(id);
    if (folder === undefined) throw new GrpcError(grpcStatus.notFound, `there is no cache folder ${id}`);
    return folder;
  }
  return {
    unary: {
      async [`${service}/Info`](message, metadata) {
        const { digest } = readReadRequest(message);
        return writeInfo(digest, await sizeOf(blobPath(folderOf(metadata), digest), digest));
      },
    },
    streaming: {
      async [`${service}/Read`](stream, metadata) {
        for await (const message of stream.messages) {
          await sendBlob(stream, folderOf(metadata), readReadRequest(message));
          return;
        }
      },
      [`${service}/Write`]: (stream, metadata) => takeBlob(stream, folderOf(metadata)),
    },
  };
}

function blobPath(folder: string, digest: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined) throw new GrpcError(grpcStatus.invalidArgument, `${digest} is no digest`);
  return join(folder, 'blobs', 'sha256', hex);
}

async function sizeOf(path: string, digest: string): Promise<number> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isFile() !== true) throw new GrpcError(grpcStatus.notFound, `content ${digest}: not found`);
  return facts.size;
}

const pieceLength = 1024 * 1024;

async function sendBlob(
  stream: PacketStream,
  folder: string,
  { digest, offset, size }: { readonly digest: string; readonly offset: number; readonly size: number },
): Promise<void> {
  const path = blobPath(folder, digest);
  const length = await sizeOf(path, digest);
  const end = size <= 0 || offset + size > length ? length : offset + size;
  if (offset >= end) return;
  let at = 0;
  const bytes = createReadStream(path, { start: offset, end: end - 1, highWaterMark: pieceLength });
  for await (const piece of bytes) {
    await stream.send(writeReadResponse(at, piece));
    at += piece.length;
  }
  await stream.flush();
}

/** A blob under a name of its own until it is whole, and the one that was asked for. */
async function takeBlob(stream: PacketStream, folder: string): Promise<void> {
  const path = join(folder, 'ingest', randomUUID());
  const hash = createHash('sha256');
  let file: FileHandle | undefined;
  let expected = '';
  let total = 0;
  let offset = 0;

  async function answer({ action }: WriteRequest, digest: string): Promise<void> {
    await stream.send(writeWriteResponse({ action, offset, total, digest }));
    await stream.flush();
  }

  try {
    for await (const message of stream.messages) {
      const request = readWriteRequest(message);
      expected = request.expected || expected;
      total = request.total || total;
      if (request.action === 'stat') {
        if (expected !== '') await refuseKnown(folder, expected);
        await answer(request, '');
        continue;
      }
      if (request.offset > 0 && request.offset !== offset) {
        throw new GrpcError(grpcStatus.outOfRange, `the blob is ${offset} bytes long, not ${request.offset}`);
      }
      file ??= await create(path);
      await file.writeFile(request.data);
      hash.update(request.data);
      offset += request.data.length;
      if (request.action === 'write') {
        await answer(request, '');
        continue;
      }
      const digest = `sha256:${hash.digest('hex')}`;
      if ((expected !== '' && digest !== expected) || (total > 0 && offset !== total)) {
        throw new GrpcError(grpcStatus.failedPrecondition, `the blob ${expected} came out as ${digest}`);
      }
      await file.close();
      file = undefined;
      const place = blobPath(folder, digest);
      await mkdir(dirname(place), { recursive: true });
      await rename(path, place);
      return await answer(request, digest);
    }
  } finally {
    await file?.close();
    await rm(path, { force: true });
  }
}

async function refuseKnown(folder: string, digest: string): Promise<void> {
  const size = await sizeOf(blobPath(folder, digest), digest).catch(() => undefined);
  if (size !== undefined) throw new GrpcError(grpcStatus.alreadyExists, `content ${digest}: already exists`);
}

async function create(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  return open(path, 'wx');
}
