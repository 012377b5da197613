import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createContentStore } from '#main/docker/session/content-store.ts';
import type { Methods } from '#main/docker/session/grpc-server.ts';
import type { PacketStream } from '#main/docker/session/send-files.ts';
import { createAgentForwarding } from '#main/docker/session/ssh-agents.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-services-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Calls a method with these messages, and gives back its answers. */
async function call(
  methods: Methods,
  name: string,
  messages: readonly Uint8Array[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<readonly Buffer[]> {
  const sent: Buffer[] = [];
  const headers = new Map(Object.entries(metadata).map(([key, value]) => [key, [value]]));
  const [, method] = Object.entries(methods.streaming).find(([path]) => path.endsWith(name)) ?? [];
  if (method === undefined) {
    const [, unary] = Object.entries(methods.unary).find(([path]) => path.endsWith(name)) ?? [];
    if (unary === undefined) throw new Error(`no method ${name}`);
    return [Buffer.from(await unary(messages[0] ?? new Uint8Array(), headers))];
  }
  const stream: PacketStream = {
    messages: (async function* () {
      yield* messages;
    })(),
    send: (...pieces) => {
      sent.push(Buffer.concat(pieces));
      return undefined;
    },
    sendFramed: async (messages) => void sent.push(Buffer.from(messages)),
    flush: async () => {},
  };
  await method(stream, headers);
  return sent;
}

describe('a cache in a folder', () => {
  const store = () => createContentStore(new Map([['local:x', folder]]));
  const here = { 'buildkit-attachable-store-id': 'local:x' };
  const bytes = Buffer.from('a blob');
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const write = (action: number, expected: string, data = Buffer.alloc(0), offset = 0) => {
    const writer = new BinaryWriter().tag(1, 0).int32(action).tag(2, 2).string('ref');
    writer.tag(3, 0).int64(bytes.length).tag(4, 2).string(expected).tag(5, 0).int64(offset);
    return writer.tag(6, 2).bytes(data).finish();
  };
  const read = (of: string, offset = 0, size = 0) =>
    new BinaryWriter().tag(1, 2).string(of).tag(2, 0).int64(offset).tag(3, 0).int64(size).finish();
  const data = (message: Buffer) => {
    const reader = new BinaryReader(message);
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      if (number === 2) return Buffer.from(reader.bytes()).toString();
      reader.skip(type, number);
    }
    return '';
  };
  const put = (expected = digest) =>
    call(
      store(),
      '/Write',
      [
        write(0, expected),
        write(1, '', bytes.subarray(0, 2)),
        write(1, '', bytes.subarray(2), 2),
        write(2, expected, undefined, 6),
      ],
      here,
    );

  test('takes a blob in pieces and gives it back, whole or in part', async () => {
    expect(await put()).toHaveLength(4);
    expect(readFileSync(join(folder, 'blobs/sha256', digest.slice(7)), 'utf8')).toBe('a blob');
    expect(readdirSync(join(folder, 'ingest'))).toEqual([]);
    expect((await call(store(), '/Read', [read(digest)], here)).map(data)).toEqual(['a blob']);
    expect((await call(store(), '/Read', [read(digest, 2, 3)], here)).map(data)).toEqual(['blo']);
    expect(await call(store(), '/Read', [read(digest, 6)], here)).toEqual([]);
    const [info] = await call(store(), '/Info', [read(digest)], here);
    expect(info?.toString('latin1')).toContain(digest);
  });

  test('has each blob once', async () => {
    await put();
    await expect(put()).rejects.toMatchObject({ status: 6 });
  });

  test('keeps nothing of a blob that is another, or broken off', async () => {
    await expect(put(digest.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).rejects.toMatchObject({
      status: 9,
    });
    await call(store(), '/Write', [write(0, digest), write(1, '', bytes)], here);
    expect(existsSync(join(folder, 'blobs'))).toBe(false);
    expect(readdirSync(join(folder, 'ingest'))).toEqual([]);
    await expect(call(store(), '/Write', [write(1, digest, bytes, 3)], here)).rejects.toMatchObject({
      status: 11,
    });
  });

  test.each(['sha256:../../../etc/passwd', 'sha512:00', '', `sha256:${'0'.repeat(63)}`])(
    'has no blob %j',
    async (name) => {
      for (const method of ['/Read', '/Info'])
        await expect(call(store(), method, [read(name)], here)).rejects.toMatchObject({ status: 3 });
    },
  );

  test('is only the one that was named', async () => {
    for (const id of ['local:/etc', ''])
      await expect(
        call(store(), '/Info', [read(digest)], { 'buildkit-attachable-store-id': id }),
      ).rejects.toMatchObject({ status: 5 });
  });
});

describe('an SSH agent', () => {
  let agent: Server;
  const asked: number[] = [];
  beforeEach(async () => {
    asked.length = 0;
    agent = createServer((socket) => {
      socket.on('data', (chunk) => {
        asked.push(chunk[4] ?? 0);
        // Later than a refusal of ours would be.
        setTimeout(() => socket.write(frame(12, 'keys')), 20);
      });
    }).listen(join(folder, 'agent'));
    await once(agent, 'listening');
  });
  afterEach(() => void agent.close());

  const frame = (type: number, text = '') => {
    const bytes = Buffer.alloc(5 + text.length);
    bytes.writeUInt32BE(1 + text.length);
    bytes[4] = type;
    bytes.write(text, 5);
    return bytes;
  };
  const message = (bytes: Uint8Array) => new BinaryWriter().tag(1, 2).bytes(bytes).finish();
  const forwarding = () => createAgentForwarding([{ id: 'default', socket: join(folder, 'agent') }]);

  test('is asked for keys and signatures; what would change it is refused, each in its turn', async () => {
    const questions = Buffer.concat([
      frame(11),
      frame(19),
      frame(17, 'a new key'),
      frame(13, 'sign'),
      frame(22, 'lock'),
    ]);
    // However they are cut.
    const messages = [questions.subarray(0, 3), questions.subarray(3, 12), questions.subarray(12)].map(
      message,
    );
    const answers = await call(forwarding(), '/ForwardAgent', messages);
    expect(asked).toEqual([11, 13]);
    expect(answers.map((answer) => answer.at(2 + 4))).toEqual([12, 5, 5, 12, 5]);
  });

  test('of another id is not there', async () => {
    const id = new BinaryWriter().tag(1, 2).string('other').finish();
    await expect(call(forwarding(), '/CheckAgent', [id])).rejects.toThrow('"other"');
    await expect(call(forwarding(), '/ForwardAgent', [], { 'buildkit.ssh.id': 'other' })).rejects.toThrow(
      '"other"',
    );
    expect(await call(forwarding(), '/CheckAgent', [new Uint8Array()])).toHaveLength(1);
  });

  test('is not sent what no agent would take', async () => {
    const long = Buffer.alloc(4);
    long.writeUInt32BE(1_000_000);
    await expect(call(forwarding(), '/ForwardAgent', [message(long)])).rejects.toThrow('too long');
  });
});
