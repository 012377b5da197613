import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type OutputChunk, rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cliBundle } from '../../../build/bundles.ts';

const root = resolve(import.meta.dirname, '../../..');
const execute = promisify(execFile);

/** The connection to an engine, bundled as the CLI is. */
let folder: string;
let chunks: readonly OutputChunk[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-bundle-'));
  const { input, output } = cliBundle(root);
  const bundle = await rolldown({ ...input, input: { dial: join(root, 'main/docker/dial.ts') } });
  const written = await bundle.write({ ...output, dir: folder, entryFileNames: '[name].cjs' });
  await bundle.close();
  chunks = written.output.filter((file) => file.type === 'chunk');
});

afterAll(() => rm(folder, { recursive: true }));

/** Sends one ping in a Node of its own, which prints at its end the built-in modules that it has loaded. */
async function loadedBy(host: string, tls?: object): Promise<readonly string[]> {
  const candidate = JSON.stringify({ via: 'test', host, tls });
  const script = `
    const { createDial } = await import(${JSON.stringify(pathToFileURL(join(folder, 'dial.cjs')).href)});
    const dial = await createDial(${candidate}, () => Promise.reject(new Error('no ssh here')));
    process.on('exit', () => console.log(JSON.stringify(process.moduleLoadList)));
    dial({ method: 'GET', path: '/_ping', signal: new AbortController().signal }).catch(() => undefined);`;
  const env = { PATH: process.env.PATH };
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', script], { env });
  return JSON.parse(stdout);
}

/** What a client says first. */
async function greeted<T>(greeting: string, work: (port: number) => Promise<T>) {
  let said = Buffer.alloc(0);
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(greeting);
    socket.once('data', (bytes) => {
      said = bytes;
      socket.destroy();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    // Listening on TCP, and so an object.
    const { port } = server.address() as AddressInfo;
    return { answer: await work(port), said };
  } finally {
    server.close();
  }
}

describe('the bundled connection to an engine', () => {
  test('reaches an engine without loading TLS, fetch or zlib, and holds no ssh2 and nothing around the modem', async () => {
    const { answer, said } = await greeted('', (port) => loadedBy(`tcp://127.0.0.1:${port}`));
    expect(said.toString()).toMatch(/^GET \/_ping/);
    expect(answer).toContain('NativeModule http');
    const heavy = answer.filter((name) =>
      /^NativeModule (tls|https|zlib|child_process|internal\/deps\/undici\/undici)$/.test(name),
    );
    expect(heavy).toEqual([]);
    const modules = chunks.flatMap((chunk) => chunk.moduleIds);
    expect(modules.some((id) => id.includes('/docker-modem/'))).toBe(true);
    const around =
      /\/node_modules\/(ssh2|@grpc|protobufjs|tar-fs|readable-stream)\/|\/dockerode\/lib\/container\.js$/;
    expect(modules.filter((id) => around.test(id))).toEqual([]);
  });

  test('loads TLS for an engine that wants it', async () => {
    const tls = { folder: '/nowhere', verify: false };
    const { said } = await greeted('', (port) => loadedBy(`tcp://127.0.0.1:${port}`, tls));
    // A record of TLS that holds a handshake.
    expect(said[0]).toBe(22);
  });
});

test('the bundled clock tells the time of node:perf_hooks without loading it', async () => {
  const { input, output } = cliBundle(root);
  const bundle = await rolldown({ ...input, input: { clock: join(root, 'main/host/clock.ts') } });
  await bundle.write({ ...output, dir: join(folder, 'clock'), entryFileNames: '[name].cjs' });
  await bundle.close();
  const script = `
    const { createClock } = await import(${JSON.stringify(pathToFileURL(join(folder, 'clock', 'clock.cjs')).href)});
    const told = createClock().monotonic();
    const loaded = process.moduleLoadList.filter((name) => name === 'NativeModule perf_hooks');
    console.log(JSON.stringify({ loaded, apart: Math.abs(performance.now() - told) }));`;
  const env = { PATH: process.env.PATH };
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', script], { env });
  const { loaded, apart } = JSON.parse(stdout);
  expect(loaded).toEqual([]);
  // Loading it takes some of the time between the two.
  expect(apart).toBeLessThan(500);
});

test('a bundle loads a built-in module when it uses it', async () => {
  const { input, output } = cliBundle(root);
  const bundle = await rolldown({ ...input, input: { logs: join(root, 'main/ledger/logs.ts') } });
  await bundle.write({ ...output, dir: join(folder, 'logs'), entryFileNames: '[name].cjs' });
  await bundle.close();
  expect(await readFile(join(folder, 'logs', 'logs.cjs'), 'utf8')).toContain('require("node:zlib")');
  const script = `
    await import(${JSON.stringify(pathToFileURL(join(folder, 'logs', 'logs.cjs')).href)});
    console.log(process.moduleLoadList.includes('NativeModule zlib'));`;
  const env = { PATH: process.env.PATH };
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', script], { env });
  expect(stdout.trim()).toBe('false');
});
