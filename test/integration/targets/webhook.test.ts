import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { webhookTarget } from '#main/targets/webhook/index.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { deploy, ioWith, place, resume, secrets, wishFor } from '#test/fakes/targets/wished-io.ts';
import { repository } from '#test/fakes/targets/wished-world.ts';

type Asked = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
};
type Answer = { readonly status?: number; readonly body?: string; readonly drop?: boolean };

let server: Server;
let base = '';
let asked: Asked[] = [];
let answer: (asked: Asked) => Answer = () => ({});
beforeEach(async () => {
  asked = [];
  answer = () => ({});
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url: path = '', headers } = request;
    asked.push({ method, path, headers, body });
    const { status = 200, body: said = '', drop = false } = answer({ method, path, headers, body });
    if (drop) {
      request.socket.destroy();
      return;
    }
    response.writeHead(status).end(said);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  // A server that listens on a port has an address with one.
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const digest = `sha256:${'a'.repeat(64)}`;
const config = (more: object = {}) => ({ kind: 'webhook', url: `${base}/deploy`, repository, ...more });
const observing = (more: object = {}) =>
  config({ observe: { url: `${base}/live`, json: 'app.digest', poll: '10ms', deadline: '2s' }, ...more });
const posts = () => asked.filter(({ method }) => method === 'POST').length;

test('fields are filled where they stand: in the address, in headers, in JSON and in a text', async () => {
  const url = `${base}/deploy/{{environment}}?v={{version}}`;
  const headers = { authorization: 'secret://env/TOKEN', 'x-commit': '{{commit}}' };
  await deploy(
    webhookTarget,
    config({ url, headers, body: { a: ['{{version}}'], image: '{{image}}' } }),
    ioWith(),
  );
  expect(asked[0]).toMatchObject({
    method: 'POST',
    path: '/deploy/prod?v=1.4.0%20%22quoted%22',
    headers: {
      authorization: secrets['secret://env/TOKEN'],
      'x-commit': 'c0ffee',
      'content-type': 'application/json',
    },
  });
  expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
    a: ['1.4.0 "quoted"'],
    image: `${repository}@${digest}`,
  });
  const json = { 'Content-Type': 'application/json' };
  await deploy(webhookTarget, config({ headers: json, body: '{"v":"{{version}}"}' }), ioWith());
  expect(JSON.parse(asked[1]?.body ?? '')).toEqual({ v: '1.4.0 "quoted"' });
  await deploy(webhookTarget, config({ body: 'v={{version}}' }), ioWith());
  expect(asked[2]?.body).toBe('v=1.4.0 "quoted"');
});

test('without observe it is unverified; with it, it is asked until it says so', async () => {
  expect((await deploy(webhookTarget, config(), ioWith())).at(-1)).toMatchObject({
    outcome: 'succeeded',
    isUnverified: true,
  });
  expect(await webhookTarget.observe(webhookTarget.config.parse(config()), place, ioWith())).toMatchObject({
    kind: 'unobservable',
  });
  let looks = 0;
  answer = ({ path }) =>
    path === '/live'
      ? { body: JSON.stringify({ app: { digest: ++looks < 3 ? `none: sha256:${'b'.repeat(64)}` : digest } }) }
      : {};
  const outputs = await deploy(webhookTarget, observing(), ioWith());
  expect(outputs.at(-1)).toEqual({ kind: 'end', outcome: 'succeeded', detail: 'r-1a2b3c is live' });
  expect(looks).toBe(3);
  expect(posts()).toBe(2);
});

test('a release or a text that a pattern finds tells what is live as well', async () => {
  answer = () => ({ body: 'version: r-1a2b3c, up 3 days' });
  const observe = { url: `${base}/live`, match: 'version: (\\S+),' };
  const seen = await webhookTarget.observe(webhookTarget.config.parse(config({ observe })), place, ioWith());
  expect(seen).toMatchObject({ kind: 'running', services: [{ imageId: digest, releaseLabel: 'r-1a2b3c' }] });
  answer = () => ({ body: 'version: what, is it' });
  expect(
    await webhookTarget.observe(webhookTarget.config.parse(config({ observe })), place, ioWith()),
  ).toMatchObject({ kind: 'unreachable' });
});

test('another release until the deadline is a failure, silence is an error', async () => {
  const observe = { url: `${base}/live`, poll: '5ms', deadline: '30ms' };
  answer = ({ path }) => (path === '/live' ? { body: `sha256:${'b'.repeat(64)}` } : {});
  expect((await deploy(webhookTarget, config({ observe }), ioWith())).at(-1)).toMatchObject({
    outcome: 'failed',
  });
  answer = ({ path }) => (path === '/live' ? { status: 500 } : {});
  await expect(deploy(webhookTarget, config({ observe }), ioWith())).rejects.toMatchObject({
    code: 'target-unreachable',
  });
});

test('an answer that was not expected is a no, in which no secret is quoted', async () => {
  const token = secrets['secret://env/TOKEN'] ?? '';
  const headers = { authorization: 'secret://env/TOKEN' };
  answer = () => ({ status: 403, body: `bad ${token} ${JSON.stringify(token)}` });
  const outputs = await deploy(webhookTarget, config({ headers }), ioWith());
  expect(outputs.at(-1)).toMatchObject({ outcome: 'failed', error: { code: 'target-refused' } });
  expect(JSON.stringify(outputs)).toContain('[redacted]');
  expect(JSON.stringify(outputs)).not.toContain('s3cret');
  answer = () => ({ status: 200, body: 'queue is full' });
  const expecting = config({ expect: { status: [200], match: '^ok' } });
  expect((await deploy(webhookTarget, expecting, ioWith())).at(-1)).toMatchObject({ outcome: 'failed' });
});

test.each([500, 502, 504])(
  '%i is no answer: something in between may say so after it was taken',
  async (status) => {
    answer = () => ({ status, body: 'bad gateway' });
    const run = deploy(webhookTarget, config(), ioWith());
    await expect(run).rejects.toMatchObject({
      code: 'target-unreachable',
      message: expect.stringContaining(`${status} (bad gateway)`),
    });
    expect(posts()).toBe(1);
    const expected = config({ expect: { status: [status] } });
    expect((await deploy(webhookTarget, expected, ioWith())).at(-1)).toMatchObject({ outcome: 'succeeded' });
  },
);

test('an answer that is lost is unknown, and nothing is sent again', async () => {
  answer = () => ({ drop: true });
  const lost = deploy(webhookTarget, config(), ioWith());
  await expect(lost).rejects.toThrow('It is not known whether the call was taken');
  await expect(lost).rejects.toBeInstanceOf(GantryError);
  await expect(resume(webhookTarget, config(), ioWith())).rejects.toThrow('not known');
  expect(await resume(webhookTarget, config(), ioWith(), 'taken')).toMatchObject({ isUnverified: true });
  answer = () => ({ body: JSON.stringify({ app: { digest } }) });
  expect(await resume(webhookTarget, observing(), ioWith())).toMatchObject({ outcome: 'succeeded' });
  expect(posts()).toBe(1);
});

test('the whole address may be a secret: no output and no board names it', async () => {
  const io = ioWith({ secret: async () => `${base}/hooks/s3cret?key=s3cret` });
  const written = config({ url: 'secret://env/HOOK' });
  const outputs = await deploy(webhookTarget, written, io);
  expect(asked[0]?.path).toBe('/hooks/s3cret?key=s3cret');
  const parsed = webhookTarget.config.parse(written);
  const told = [
    outputs,
    webhookTarget.describe(parsed, place),
    webhookTarget.plan(wishFor(), { kind: 'empty', at: 1 }, parsed),
  ];
  expect(JSON.stringify(told)).not.toContain('s3cret');
});

test('nothing is asked in a workspace that nobody trusts', async () => {
  const hostVariables = () => {
    throw new GantryError('workspace-untrusted', 'It is not trusted.', 'Trust it.');
  };
  const parsed = webhookTarget.config.parse(observing());
  expect(await webhookTarget.observe(parsed, place, ioWith({ hostVariables }))).toMatchObject({
    kind: 'unreachable',
    why: 'It is not trusted.',
  });
  expect(asked).toEqual([]);
});

test.each([
  ['a field that does not exist', { body: '{{tag}}' }],
  ['one inside JSON', { body: { a: ['{{tag}}'] } }],
  ['a password in the address', { url: 'https://me:pw@example.com' }],
  ['another scheme', { url: 'file:///etc/passwd' }],
  ['a pattern that is none', { expect: { match: '(' } }],
])('settings are refused: %s', (_, more) => {
  expect(webhookTarget.config.safeParse(config(more)).success).toBe(false);
});
