import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readEntry, readNames } from '#main/docker/session/context-entry.ts';
import { readFrames } from '#main/docker/session/grpc-frames.ts';
import { createPacker, tellings } from '#main/docker/session/packed-entries.ts';
import { type PacketStream, sendFiles } from '#main/docker/session/send-files.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gantry-send-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Long enough ago for nothing to wait. */
function put(name: string, content: string | Buffer): void {
  writeFileSync(join(root, name), content);
  utimesSync(join(root, name), 1_600_000_000, 1_600_000_000);
}

/** An engine that asks for every file once all are told, after `before`. */
function engine(count: number, before: () => void = () => {}) {
  const told = Promise.withResolvers<void>();
  const sent: Buffer[] = [];
  const received = () => sent.filter((packet) => packet[0] === 0x08);
  const stream: PacketStream = {
    messages: (async function* () {
      await told.promise;
      before();
      for (let id = 0; id < count; id += 1) yield Buffer.from([0x08, 1, 0x18, id]);
      while (received().filter(isEnd).length < count) await new Promise((resolve) => setTimeout(resolve, 1));
      yield Buffer.from([0x08, 3]);
    })(),
    send(...pieces) {
      const message = Buffer.concat(pieces);
      sent.push(message);
      if (message.length === 0) told.resolve();
      return undefined;
    },
    async sendFramed(messages) {
      for await (const message of readFrames(piecesOf(messages))) sent.push(Buffer.from(message));
    },
    flush: async () => {},
  };
  return { stream, sent };
}

async function* piecesOf(bytes: Uint8Array) {
  yield bytes;
}

/** DATA without bytes. */
const isEnd = (packet: Buffer) => packet[1] === 2 && !packet.includes(0x22, 2);

const entriesOfRoot = () => (readNames(root, '') ?? []).flatMap((name) => readEntry(root, name) ?? []);

const send = (stream: PacketStream) => sendFiles(stream, { root, entries: entriesOfRoot() });

test('packed stats are told in parts that end with a message, because others come in between', async () => {
  put('a', 'a');
  const entry = readEntry(root, 'a');
  if (entry === undefined) throw new Error('a is not there');
  const packer = createPacker();
  for (let at = 0; at < 9_000; at += 1) packer.add({ ...entry, path: `${'long/'.repeat(12)}${at}` });
  const packed = packer.end();
  const parts = [...tellings(packed)];
  expect(parts.length).toBeGreaterThan(2);
  expect(Buffer.concat(parts).equals(packed.stats)).toBe(true);
  const told: number[] = [];
  for (const part of parts) {
    let count = 0;
    for await (const _message of readFrames(piecesOf(part))) count += 1;
    told.push(count);
  }
  expect(told.reduce((sum, count) => sum + count)).toBe(9_000);
  expect([...tellings(createPacker().end())]).toEqual([]);
});

/** As a process does that builds once. */
function sendPacked(stream: PacketStream) {
  const packer = createPacker();
  for (const entry of entriesOfRoot()) packer.add(entry);
  return sendFiles(stream, { root, entries: packer.end() });
}

describe('files', () => {
  test('travel in the same messages when they are packed', async () => {
    put('a', 'small');
    put('b', '');
    put('c', 'x'.repeat(200_000));
    mkdirSync(join(root, 'd'));
    symlinkSync('a', join(root, 'e'));
    const [usual, packed] = [engine(3), engine(3)];
    const told = await send(usual.stream);
    expect(await sendPacked(packed.stream)).toEqual({
      told: 3,
      asked: told.asked.map(({ path, kind, size, modifiedAt, changedAt, identity }) => ({
        ...{ path, kind, size, modifiedAt, changedAt, identity },
      })),
    });
    expect(packed.sent).toEqual(usual.sent);
  });

  test('that are packed are not sent when they have changed since, and only files can be asked for', async () => {
    put('a', 'one');
    mkdirSync(join(root, 'b'));
    await expect(sendPacked(engine(2).stream)).rejects.toThrow('file 1, which there is not');
    await expect(sendPacked(engine(3).stream)).rejects.toThrow('which there is not');
    const { stream } = engine(1, () => put('a', 'two'));
    await expect(sendPacked(stream)).rejects.toThrow('a changed while the build context was sent');
  });

  test('travel when they are asked for, whole', async () => {
    put('a', 'small');
    put('big', Buffer.alloc(300_000, 'x'));
    const { stream, sent } = engine(2);
    await send(stream);
    expect(sent.at(-1)).toEqual(Buffer.from([0x08, 3]));
    const data = sent.filter((packet) => packet[1] === 2).reduce((sum, packet) => sum + packet.length, 0);
    expect(data).toBeGreaterThan(300_005);
    expect(data).toBeLessThan(300_200);
  });

  const changes: readonly (readonly [string, () => void])[] = [
    ['longer', () => appendFileSync(join(root, 'b'), 'more')],
    ['other bytes of the same length', () => writeFileSync(join(root, 'b'), 'xxx')],
    ['gone', () => rmSync(join(root, 'b'))],
    [
      'another file of the same size and time',
      () => {
        put('new', 'new');
        renameSync(join(root, 'new'), join(root, 'b'));
      },
    ],
    ['other bytes of the same length, with the time put back', () => put('b', 'xxx')],
    [
      'a pipe',
      () => {
        rmSync(join(root, 'b'));
        execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'b')]);
      },
    ],
  ];
  test.each(changes)('a file that has become %s is named, and the engine told', async (_what, change) => {
    put('a', 'one');
    put('b', 'two');
    const { stream, sent } = engine(2, change);
    await expect(send(stream)).rejects.toMatchObject({
      code: 'config-invalid',
      message: 'b changed while the build context was sent.',
    });
    expect(sent.at(-1)?.subarray(0, 2)).toEqual(Buffer.from([0x08, 4]));
    expect(sent.at(-1)?.toString()).toContain('b changed');
  });

  test('an engine that goes away ends it', async () => {
    put('a', 'one');
    const stream: PacketStream = {
      messages: (async function* () {})(),
      send: () => undefined,
      sendFramed: async () => {},
      flush: async () => {},
    };
    await expect(send(stream)).rejects.toThrow('the engine stopped taking files');
  });

  test('an engine that asks for what there is not', async () => {
    put('a', 'one');
    const { stream } = engine(2);
    await expect(send(stream)).rejects.toThrow('file 1, which there is not');
  });
});
