import { expect, test } from 'vitest';
import { createBatches } from '#main/docker/session/batches.ts';
import { readFrames } from '#main/docker/session/grpc-frames.ts';

/** Whoever takes the bytes, and says when it needs them no more. */
function taker(hasRoom = true) {
  const taken: { readonly bytes: Uint8Array; readonly copy: Buffer; done(): void }[] = [];
  const batches = createBatches((bytes, done) => {
    taken.push({ bytes, copy: Buffer.from(bytes), done });
    return hasRoom;
  });
  return { taken, batches };
}

async function messagesIn(batches: readonly Buffer[]): Promise<readonly string[]> {
  const messages: string[] = [];
  const chunks = (async function* () {
    yield* batches;
  })();
  for await (const message of readFrames(chunks)) messages.push(Buffer.from(message).toString('latin1'));
  return messages;
}

test('messages of any length come out as they went in, whatever is written into their memory since', async () => {
  const { batches, taken } = taker();
  const wanted: string[] = [];
  const scratch = Buffer.alloc(200_000);
  for (const [index, length] of [0, 1, 70, 65_536, 9, 65_536, 65_536, 150_000, 3, 131_067, 5].entries()) {
    const piece = scratch.subarray(0, length).fill(97 + index);
    wanted.push(`head${piece.toString('latin1')}`);
    if (batches.add([Buffer.from('head'), piece])) batches.flush();
    // As soon as it has been sent.
    if (index % 3 === 0) taken.at(-1)?.done();
  }
  batches.flush();
  expect(await messagesIn(taken.map(({ copy }) => copy))).toEqual(wanted);
});

test('what was not sent yet stays as it is', () => {
  const { batches, taken } = taker();
  const sendOne = (letter: string) => {
    batches.add([Buffer.alloc(1_000, letter)]);
    batches.flush();
  };
  sendOne('a');
  sendOne('b');
  taken[0]?.done();
  sendOne('c');
  sendOne('d');
  const [, second, third, fourth] = taken;
  for (const waiting of [second, third, fourth]) expect(waiting?.copy.equals(waiting.bytes)).toBe(true);
  expect(third?.bytes.buffer).toBe(taken[0]?.bytes.buffer);
  expect(new Set([second, third, fourth].map((each) => each?.bytes.buffer)).size).toBe(3);
});

test('nothing is sent where nothing waits, and it is told when there is no room', () => {
  const { batches, taken } = taker(false);
  expect(batches.flush()).toBe(true);
  expect(taken).toEqual([]);
  expect(batches.add([Buffer.alloc(70_000)])).toBe(true);
  expect(batches.flush()).toBe(false);
});
