import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Connection } from '../connection.ts';
import { createGrpcClient, type GrpcClient } from '../control/grpc-client.ts';
import { dialUpgrade } from '../dial-upgrade.ts';
import type { BlobSource } from './oci-image.ts';

/** The engine's store of manifests and compressed layers, each to be had by itself. */
export type EngineContent = BlobSource & { close(): void };

/**
 * BuildKit's control connection serves containerd's content API, read-only; buildx reads provenance through it. On an
 * engine with the containerd image store that is where its images are. With the classic store there is nothing of
 * them: every digest is unknown. `undefined` for an engine that opens no such connection.
 */
export async function openEngineContent(
  { engine, apiVersion }: Connection,
  signal: AbortSignal,
): Promise<EngineContent | undefined> {
  const path = `/v${apiVersion}/grpc`;
  const socket = await dialUpgrade({ engine, path, headers: {}, signal }).catch(() => undefined);
  signal.throwIfAborted();
  if (socket === undefined) return undefined;
  const client = createGrpcClient(socket);
  const read = (digest: string, readSignal: AbortSignal) => readContent(client, digest, readSignal);
  return {
    vouchesForDiffIds: true,
    isNear: true,
    blob: read,
    async manifest(digest, manifestSignal) {
      const pieces: Uint8Array[] = [];
      for await (const piece of read(digest, manifestSignal)) pieces.push(piece);
      return Buffer.concat(pieces);
    },
    close: client.close,
  };
}

async function* readContent(
  client: GrpcClient,
  digest: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  // A ReadContentRequest without offset and size: all of it.
  const request = new BinaryWriter().tag(1, WireType.LengthDelimited).string(digest).finish();
  const answers = client.listen('/containerd.services.content.v1.Content/Read', request, signal);
  for await (const answer of answers) yield readData(answer);
}

/** Field 2 of a ReadContentResponse. */
function readData(message: Uint8Array): Uint8Array {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 2 && wireType === WireType.LengthDelimited) return reader.bytes();
    reader.skip(wireType, number);
  }
  return new Uint8Array();
}
