import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createHttp } from '#main/host/http.ts';

const http = createHttp();
const never = new AbortController().signal;
const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('http', () => {
  test('any status is an answer', async () => {
    const url = await serve((_, answer) => answer.writeHead(503).end('not yet'));
    const answer = await http.get(url, { signal: never, timeoutMs: 2_000 });
    expect(answer).toMatchObject({ status: 503, body: 'not yet' });
    expect(answer.durationMs).toBeGreaterThanOrEqual(0);
  });

  test('redirects are told, not followed', async () => {
    const url = await serve((_, answer) => answer.writeHead(302, { location: 'http://127.0.0.1:1/' }).end());
    expect((await http.get(url, { signal: never, timeoutMs: 2_000 })).status).toBe(302);
  });

  test('what is sent arrives as it is, and what comes back has its headers', async () => {
    const seen: unknown[] = [];
    const url = await serve((question, answer) => {
      const { method, url: path, headers } = question;
      question.setEncoding('utf8').on('data', (body: string) => {
        seen.push({ method, path, type: headers['content-type'], length: headers['content-length'], body });
      });
      question.on('end', () =>
        answer.writeHead(429, { 'Retry-After': '3', 'X-Two': ['a', 'b'] }).end('later'),
      );
    });
    const answer = await http.send({
      method: 'PATCH',
      url: `${url}/deploys?x=%40`,
      headers: { 'content-type': 'application/json' },
      body: '{"é":1}',
      signal: never,
      timeoutMs: 2_000,
    });
    expect(seen).toEqual([
      { method: 'PATCH', path: '/deploys?x=%40', type: 'application/json', length: '8', body: '{"é":1}' },
    ]);
    expect(answer).toMatchObject({
      status: 429,
      body: 'later',
      headers: { 'retry-after': '3', 'x-two': 'a, b' },
    });
  });

  test('an address that is a secret is in no error', async () => {
    for (const url of ['nonsense-with-key', 'ftp://host/key', 'http://127.0.0.1:1/deploy?key=sesame']) {
      const sent = http.send({ method: 'POST', url, signal: never, timeoutMs: 2_000 });
      await expect(sent).rejects.toThrow(Error);
      await expect(sent).rejects.not.toThrow(/key|sesame/);
    }
  });

  test('a body without an end is cut, between two characters', async () => {
    const url = await serve((_, answer) => {
      answer.write('x');
      const more = setInterval(() => answer.write('€'.repeat(10_000)), 5);
      answer.on('close', () => clearInterval(more));
    });
    const { body } = await http.get(url, { signal: never, timeoutMs: 5_000 });
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(64 * 1024);
    expect(body).toMatch(/^x€+$/);
  });

  test('no answer in time', async () => {
    const url = await serve(() => {});
    const got = http.get(url, { signal: never, timeoutMs: 100 });
    await expect(got).rejects.toThrow('no answer within 100 ms');
    await expect(got).rejects.not.toMatchObject({ name: 'TimeoutError' });
  });

  test('a body that stops half way is no answer', async () => {
    const url = await serve((_, answer) => {
      answer.writeHead(200, { 'content-length': '100' });
      answer.write('half');
      setTimeout(() => answer.destroy(), 50);
    });
    await expect(http.get(url, { signal: never, timeoutMs: 2_000 })).rejects.toThrow();
  });

  test('nobody listens', async () => {
    const got = http.get('http://127.0.0.1:1/', { signal: never, timeoutMs: 2_000 });
    await expect(got).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(http.get('http://localhost:1/', { signal: never, timeoutMs: 2_000 })).rejects.toThrow(
      'ECONNREFUSED',
    );
  });

  test('an abort rejects with its reason', async () => {
    const abort = new AbortController();
    const url = await serve(() => abort.abort(new Error('cancelled')));
    await expect(http.get(url, { signal: abort.signal, timeoutMs: 2_000 })).rejects.toThrow('cancelled');
  });

  test.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'nonsense'])('%s is no address', async (url) => {
    await expect(http.get(url, { signal: never, timeoutMs: 100 })).rejects.toThrow();
  });
});
