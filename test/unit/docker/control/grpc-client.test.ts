import { once } from 'node:events';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { createGrpcClient, type GrpcClient } from '#main/docker/control/grpc-client.ts';
import { frame } from '#main/docker/session/grpc-frames.ts';

const never = new AbortController().signal;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** An engine that answers each call by itself. */
async function serve(answer: (stream: ServerHttp2Stream, path: string) => void): Promise<GrpcClient> {
  const server = createHttp2Server();
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    answer(stream, headers[':path'] ?? '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createGrpcClient(await dial(server.address() as AddressInfo));
  closing.push(() => {
    client.close();
    server.close();
  });
  return client;
}

async function dial({ port }: AddressInfo): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

function reply(
  stream: ServerHttp2Stream,
  messages: readonly string[],
  trailers: Record<string, string>,
): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(trailers));
  for (const message of messages) stream.write(frame(Buffer.from(message)));
  stream.end();
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe('a call', () => {
  test('has one answer, or many', async () => {
    const client = await serve((stream, path) =>
      reply(stream, path === '/x/One' ? ['a'] : ['a', '', 'c'], { 'grpc-status': '0' }),
    );
    expect(text(await client.ask('/x/One', Buffer.from('q'), never))).toBe('a');
    const heard: string[] = [];
    for await (const each of client.listen('/x/Many', Buffer.from('q'), never)) heard.push(text(each));
    expect(heard).toEqual(['a', '', 'c']);
  });

  test('that is refused says why, also when it is refused at once', async () => {
    const client = await serve((stream, path) => {
      const no = { 'grpc-status': '5', 'grpc-message': 'not here' };
      if (path === '/x/Late') reply(stream, [], no);
      else stream.respond({ ':status': 200, ...no }, { endStream: true });
    });
    for (const path of ['/x/Late', '/x/AtOnce'])
      await expect(client.ask(path, Buffer.alloc(0), never)).rejects.toMatchObject({
        status: 5,
        message: 'not here',
      });
  });

  test('that is cancelled ends the work over there', async () => {
    const ended = Promise.withResolvers<number>();
    const client = await serve((stream) => void stream.once('close', () => ended.resolve(stream.rstCode)));
    const abort = new AbortController();
    const asking = client.ask('/x/Long', Buffer.alloc(0), abort.signal);
    setTimeout(() => abort.abort(new Error('enough')), 20);
    await expect(asking).rejects.toThrow('enough');
    expect(await ended.promise).toBe(8);
  });

  test.each(['the stream', 'the connection'])('is cut with %s', async (what) => {
    const client = await serve((stream) => {
      if (what === 'the stream') stream.close(2);
      else stream.session?.destroy();
    });
    await expect(client.ask('/x/Long', Buffer.alloc(0), never)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('after the end', async () => {
    const client = await serve((stream) => reply(stream, ['a'], { 'grpc-status': '0' }));
    client.close();
    await pause(10);
    await expect(client.ask('/x/One', Buffer.alloc(0), never)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

test('closed in the turn of its opening, with bytes waiting, it throws nothing where nobody can catch it', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    // An empty SETTINGS frame.
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const socket = await dial(server.address() as AddressInfo);
  await once(socket, 'readable');
  expect(socket.readableLength).toBeGreaterThan(0);
  createGrpcClient(socket).close();
  await pause(20);
  expect(socket.destroyed).toBe(true);
});
