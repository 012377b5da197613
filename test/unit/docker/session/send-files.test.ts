import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readEntry, readNames } from '#main/docker/session/context-entry.ts';
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
    flush: async () => {},
  };
  return { stream, sent };
}

/** DATA without bytes. */
const isEnd = (packet: Buffer) => packet[1] === 2 && !packet.includes(0x22, 2);

const send = (stream: PacketStream) => {
  const entries = (readNames(root, '') ?? []).flatMap((name) => readEntry(root, name) ?? []);
  return sendFiles(stream, { root, entries });
};

describe('files', () => {
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
