import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { expect, test } from 'vitest';
import type { GrpcClient } from '#main/docker/control/grpc-client.ts';
import { recallFailure } from '#main/docker/control/history.ts';
import { only } from '#test/fakes/only.ts';

/** A BuildHistoryEvent: its second field is the record, whose fifth is how the build ended. */
function eventOf(status: number, message: string): Uint8Array {
  const ended = new BinaryWriter().uint32(8).int32(status).uint32(18).string(message).finish();
  const record = new BinaryWriter().uint32(42).bytes(ended).finish();
  return new BinaryWriter().uint32(18).bytes(record).finish();
}

const remembering = (...events: readonly Uint8Array[]) =>
  only<GrpcClient>({
    async *listen() {
      yield* events;
    },
  });
const { signal } = new AbortController();

test('why a build failed is what the engine remembers of it', async () => {
  const failure = await recallFailure(remembering(eventOf(2, 'process failed: 7')), 'ref', signal);
  expect(failure).toMatchObject({ status: 2, message: 'process failed: 7' });
});

test.each([
  ['went well', [eventOf(0, '')]],
  ['is not remembered', []],
  // Because our own connection was cut: the engine then says what came of it.
  ['was cancelled', [eventOf(1, 'context canceled')]],
])('a build that %s has no reason to have failed', async (_, events) => {
  expect(await recallFailure(remembering(...events), 'ref', signal)).toBeUndefined();
});
