import { createHash } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { carryImage } from '#main/docker/carry/carry-image.ts';
import type { Connection, Request } from '#main/docker/connection.ts';
import type { EngineAccess } from '#main/docker/engine-access.ts';
import { only } from '#test/fakes/only.ts';
import { tarOf } from './contents/archive.ts';

const hex = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const layers = ['base', 'top'].map((word) => tarOf([{ name: word, content: word.repeat(900) }]));
const diffIds = layers.map((layer) => `sha256:${hex(layer)}`);
const config = '{"rootfs":{}}';
const imageId = `sha256:${hex(config)}`;
const archive = tarOf([
  ...[config, ...layers].map((content) => ({ name: `blobs/sha256/${hex(content)}`, content })),
  { name: 'manifest.json', content: JSON.stringify([{ Config: `blobs/sha256/${hex(config)}` }]) },
]);
/** In the archive, with its header. */
const base = 512 + (layers[0]?.length ?? 0);
const earlier = 'sha256:earlier';

function answer(body: string | Buffer): IncomingMessage {
  const message = unended(body);
  message.push(null);
  return message;
}

function unended(body: string | Buffer): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  message.statusCode = 200;
  message.push(body);
  return message;
}

function access(
  inspections: ReadonlyMap<string, readonly string[]>,
  send: (request: Request) => Promise<IncomingMessage>,
): EngineAccess {
  const connection = only<Connection>({
    imageStore: async () => 'classic',
    engine: { via: 'x', host: 'ssh://shop' },
    send: async (request) => {
      const asked = /^\/images\/(.*)\/json$/.exec(request.path)?.[1];
      if (asked === undefined) return send(request);
      const id = decodeURIComponent(asked);
      const found = inspections.get(id);
      const body = answer(JSON.stringify({ Id: id, Size: 9_000, RootFS: { Layers: found ?? [] } }));
      if (found === undefined) body.statusCode = 404;
      return body;
    },
    ask: async (schema, { path }) =>
      schema.parse(path.endsWith('/history') ? [] : [{ Id: earlier, Created: 1 }]),
  });
  return only<EngineAccess>({
    use: (signal, work) => work(connection, signal ?? new AbortController().signal),
  });
}

/**
 * @param said what the other engine answers to each archive
 * @param readsTo how many bytes it reads of one before it answers
 */
function world(said: readonly string[], readsTo = Number.POSITIVE_INFINITY) {
  const received: Buffer[] = [];
  const names: unknown[] = [];
  const there = new Map([[earlier, diffIds.slice(0, 1)]]);
  const from = access(new Map([[imageId, diffIds]]), async () => answer(archive));
  const to = access(there, async ({ path, query, upload }) => {
    if (path.endsWith('/tag')) names.push(query);
    if (path !== '/images/load') return answer('');
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of (upload as Readable).iterator({ destroyOnReturn: false })) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= readsTo) break;
    }
    received.push(Buffer.concat(chunks));
    const words = said[received.length - 1] ?? '';
    if (words === '' && length >= archive.length - base) there.set(imageId, diffIds);
    return answer(words);
  });
  return { between: { from, to, now: () => 0 }, received, names };
}

const gone = JSON.stringify({ error: 'open /tmp/x/blobs/sha256/aa: no such file or directory' });
const ref = 'shop:r-1';

describe('an image on its way to an engine that has a part of it', () => {
  it('travels without that part', async () => {
    const { between, received, names } = world(['']);
    expect(await carryImage(between, imageId, ref, {})).toMatchObject({ imageId, configDigest: imageId });
    expect(received).toHaveLength(1);
    expect(received[0]?.length).toBe(archive.length - base);
    expect(names).toEqual([{ repo: 'shop', tag: 'r-1' }]);
  });

  it('travels as a whole when that part is gone before it is used', async () => {
    const { between, received, names } = world([gone, '']);
    await carryImage(between, imageId, ref, {});
    expect(received.map(({ length }) => length)).toEqual([archive.length - base, archive.length]);
    expect(names).toHaveLength(1);
  });

  it.each([
    ['says no', [gone, gone], 'no such file'],
    ['has no room', ['{"errorDetail":{"message":"no space left on device"}}'], 'no space left'],
  ])('gets no name where the other engine %s', async (_name, said, message) => {
    const { between, names } = world(said);
    await expect(carryImage(between, imageId, ref, {})).rejects.toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining(message),
    });
    expect(names).toEqual([]);
  });

  it('has arrived when the other engine answers at its last block, before the connection here has ended', async () => {
    const { between, names } = world([''], archive.length - base);
    const from = access(new Map([[imageId, diffIds]]), async () => unended(archive));
    const loaded = await carryImage({ ...between, from }, imageId, ref, {});
    expect(loaded).toMatchObject({ imageId, bytesSent: archive.length - base });
    expect(names).toHaveLength(1);
  });

  it('gets no name where the other engine says yes to half of it', async () => {
    const { between, names } = world([''], 600);
    await expect(carryImage(between, imageId, ref, {})).rejects.toMatchObject({
      code: 'target-refused',
      message: expect.stringContaining('took the image, but has none with its digest'),
    });
    expect(names).toEqual([]);
  });

  it('is not taken for it when the engine here gives another one', async () => {
    const { between, names } = world(['']);
    const other = access(new Map([[earlier, diffIds]]), async () => answer(archive));
    await expect(carryImage({ ...between, from: other }, earlier, ref, {})).rejects.toMatchObject({
      code: 'target-refused',
    });
    expect(names).toEqual([]);
  });
});
