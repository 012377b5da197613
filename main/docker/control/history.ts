import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { GrpcClient } from './grpc-client.ts';
import { GrpcFailure, readStatus, type Status } from './grpc-failure.ts';
import { type Fields, readMessage, writeString } from './protobuf.ts';

const historyPath = '/moby.buildkit.v1.Control/ListenBuildHistory';

/** gRPC's CANCELLED. */
const cancelled = 1;

/**
 * Why a build failed, as the engine remembers it. One that it cancelled has not failed: nobody listened any more, which is
 * how a cut looks from there, and no reason for it. An error of the engine's carries the whole Dockerfile in its last
 * headers, and those of a Dockerfile beyond some 50 KB are more than Node's HTTP/2 takes: it cuts the connection.
 */
export async function recallFailure(
  client: GrpcClient,
  ref: string,
  signal: AbortSignal,
): Promise<GrpcFailure | undefined> {
  const request = new BinaryWriter();
  writeString(request, 2, ref);
  // Only what is remembered, and not what may come.
  request.tag(3, WireType.Varint).bool(true);
  for await (const event of client.listen(historyPath, request.finish(), signal)) {
    const { status, message, details } = readMessage(
      event,
      { status: 0, message: '', details: [] },
      eventFields,
    );
    if (status !== 0 && status !== cancelled) return new GrpcFailure(status, message, details);
  }
  return undefined;
}

const recordFields: Fields<Status> = { 5: (status, reader) => readStatus(reader.bytes(), status) };

/** A BuildHistoryEvent. */
const eventFields: Fields<Status> = {
  2: (status, reader) => void readMessage(reader.bytes(), status, recordFields),
};
