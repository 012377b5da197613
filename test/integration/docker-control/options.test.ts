import { once } from 'node:events';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { testEngine } from '#test/engine/for-tests.ts';
import { look } from '../docker/fixture.ts';
import { built, createWorld, from } from './world.ts';

const shared = testEngine();
const world = createWorld(shared.env, 'options');
afterEach(() => world.clean());
afterAll(() => world.clean());

describe('the same image as with buildx', () => {
  test('with arguments, a target, labels and a base that is named', async () => {
    const context = await world.context({
      Dockerfile: `ARG BASE\nFROM $BASE AS one\nARG A\nCOPY a /a\nRUN echo "$A" > /out\nFROM one AS two\nRUN exit 1\n`,
      a: '1',
    });
    const labels = { 'dev.gantry.test': 'x', 'with "quotes", commas': 'é' };
    const args = { BASE: shared.baseImage, A: 'a "b", c=d' };
    const ours = built(await world.build(context, { target: 'one', labels, args }));
    const tag = world.tag();
    const flags = [
      ...Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
      ...Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
    ];
    await world.docker('buildx', 'build', '-q', '-t', tag, '--target', 'one', ...flags, context.folder);
    expect((await world.engine.image(tag))?.identity.imageId).toBe(ours);
  });

  test('with a time for all that is not a file', async () => {
    const context = await world.context({
      Dockerfile: `${from}COPY a /a\nRUN echo x > /x\nENV Y=z\n`,
      a: '1',
    });
    const sourceDateEpoch = 1_700_000_000;
    const first = built(await world.build(context, { sourceDateEpoch, labels: {} }));
    const tag = world.tag();
    const flag = `SOURCE_DATE_EPOCH=${sourceDateEpoch}`;
    await world.docker('buildx', 'build', '-q', '-t', tag, '--build-arg', flag, context.folder);
    expect((await world.engine.image(tag))?.identity.imageId).toBe(first);
    expect((await world.engine.image(first))?.createdAt).toBe(sourceDateEpoch * 1_000);
    // Another checkout: the same bytes, at another time.
    const other = await world.context({ Dockerfile: `${from}COPY a /a\nRUN echo x > /x\nENV Y=z\n`, a: '1' });
    await utimes(join(other.folder, 'a'), 1_600_000_000, 1_600_000_000);
    expect(built(await world.build(other, { sourceDateEpoch, labels: {} }))).toBe(first);
  });
});

describe('named contexts', () => {
  const Dockerfile = `${from}COPY --from=assets . /assets\nCOPY --from=tools /bin/busybox /tool\nRUN cd /assets; find . -type f | sort\n`;

  test('are folders with patterns of their own, and images', async () => {
    const assets = await world.context({
      'logo.svg': '<svg/>',
      'draft.log': 'no',
      'deep/a b': '1',
      '.dockerignore': '*.log\n',
    });
    const context = await world.context({ Dockerfile, 'logo.svg': 'not this one' });
    const contexts = { assets: assets.folder, tools: `docker-image://${shared.baseImage}` };
    const told = await world.build(context, { contexts });
    built(told);
    expect(told.lines).toEqual(['./.dockerignore', './deep/a b', './logo.svg']);
    expect(told.sent).toMatchObject([
      { files: 3, names: ['assets: .dockerignore', 'assets: deep/a b', 'assets: logo.svg'], isFirst: true },
    ]);
    await writeFile(join(assets.folder, 'logo.svg'), '<svg></svg>');
    const again = await world.build(context, { contexts });
    expect(again.sent).toMatchObject([{ files: 1, names: ['assets: logo.svg'], isFirst: false }]);
  });

  test('that point elsewhere now never meet the old files', async () => {
    const twins = [await world.context({ same: 'old' }), await world.context({ same: 'new' })] as const;
    for (const { folder } of twins) await utimes(join(folder, 'same'), 1_600_000_000, 1_600_000_000);
    const context = await world.context({
      Dockerfile: `${from}COPY --from=twin same /same\nRUN cat /same; echo\n`,
    });
    for (const [index, { folder }] of twins.entries()) {
      const told = await world.build(context, { contexts: { twin: folder }, noCache: true });
      expect(told.lines).toEqual([['old', 'new'][index]]);
    }
  });

  test('called like the two that there always are', async () => {
    const other = await world.context({ x: 'other' });
    const context = await world.context({
      Dockerfile: `${from}COPY --from=context x /x\nCOPY y /y\nRUN cat /x /y; echo\n`,
      y: ' own',
    });
    const told = await world.build(context, { contexts: { context: other.folder } });
    built(told);
    expect(told.lines).toEqual(['other own']);
  });

  test('over HTTP', async () => {
    const server = createServer((_request, answer) => answer.end('from the net')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    // A server on a port has an address with one.
    const { port } = server.address() as AddressInfo;
    const context = await world.context({
      Dockerfile: `${from}COPY --from=net . /net\nRUN cat /net/*; echo\n`,
    });
    const told = await world.build(context, { contexts: { net: `http://127.0.0.1:${port}/file.txt` } });
    server.close();
    built(told);
    expect(told.lines).toEqual(['from the net']);
  });

  test('that are not there', async () => {
    const context = await world.context({ Dockerfile });
    const told = await world.build(context, { contexts: { assets: join(context.folder, 'gone') } });
    expect(told.failure).toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('assets'),
      hint: 'Mend build.contexts.assets.',
    });
  });
});

describe('the network of a step', () => {
  test('knows further hosts, and the machine of the engine', async () => {
    const context = await world.context({ Dockerfile: `${from}RUN cat /etc/hosts\n` });
    const extraHosts = { db: '10.1.2.3', six: '[::2]', machine: 'host-gateway' };
    const told = await world.build(context, { extraHosts, noCache: true });
    built(told);
    const hosts = Object.fromEntries(told.lines.map((line) => line.split('\t').toReversed()));
    expect(hosts).toMatchObject({
      db: '10.1.2.3',
      six: '::2',
      machine: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
    });
  });

  test('is none, or the machine’s own', async () => {
    const context = await world.context({
      Dockerfile: `${from}RUN ls /sys/class/net | tr '\\n' ' '; echo\n`,
    });
    const links = async (network: 'none' | 'host') => {
      const told = await world.build(context, { network, noCache: true });
      built(told);
      return told.lines.join('').trim().split(' ');
    };
    expect(await links('none')).toEqual(['lo']);
    expect((await links('host')).length).toBeGreaterThan(1);
  });

  test('hosts that are no addresses', async () => {
    const context = await world.context({ Dockerfile: from });
    const { failure } = await world.build(context, { extraHosts: { db: 'not an address' } });
    expect(failure).toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining('not an address'),
    });
  });
});

describe('base images', () => {
  test('that are here are taken from here, unless they are asked for anew', async () => {
    const context = await world.context({ Dockerfile: from });
    built(await world.build(context, { pull: 'missing' }));
    // Nothing can be pulled by this name.
    const { failure } = await world.build(context, { pull: 'always' });
    expect(failure).toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining('gantry-test-base'),
    });
  });
});

describe('caches', () => {
  test.each([
    ['no key', 'type=local,here', 'here'],
    ['no place', 'type=registry', 'ref='],
    ['an open quote', 'type=local,"dest=x', 'quote'],
  ])('that are written wrongly: %s', async (_what, text, said) => {
    const context = await world.context({ Dockerfile: from });
    const { failure } = await world.build(context, { cacheTo: [text] });
    expect(failure).toMatchObject({ code: 'config-invalid', message: expect.stringContaining(said) });
  });
});

describe('the classic image store', () => {
  test.each([
    ['several platforms', { platforms: ['linux/amd64', 'linux/arm64'] }, 'several platforms in one image'],
    ['provenance', { provenance: 'min' }, 'provenance'],
    ['an SBOM', { sbom: {} }, 'an SBOM'],
    ['a registry cache', { cacheTo: ['type=registry,ref=localhost:1/x'] }, 'a build cache of type=registry'],
    [
      'all of it',
      { provenance: 'max', sbom: {}, cacheTo: ['type=local,dest=/nowhere'] },
      'provenance, an SBOM and a build cache of type=local',
    ],
  ] as const)('refuses %s, and the error says what to turn on', async (_what, wanted, said) => {
    const info = await world.engine.status();
    if (info.kind === 'reachable' && info.imageStore === 'containerd') return;
    const context = await world.context({ Dockerfile: from });
    const { failure, vertices } = await world.build(context, wanted);
    expect(failure).toMatchObject({
      code: 'engine-refused',
      message: `The engine's classic image store cannot take ${said}.`,
      hint: expect.stringContaining('containerd image store'),
    });
    expect(vertices).toEqual([]);
  });

  test('takes one platform that is not its own', async () => {
    const context = await world.context({ Dockerfile: 'FROM scratch\nCOPY a /a\n', a: '1' });
    const tag = world.tag();
    built(await world.build(context, { tag, platforms: ['linux/arm64'] }));
    expect((await world.engine.image(tag))?.platform).toBe('linux/arm64');
  });
});

test('a file that is left out by patterns for this Dockerfile alone', async () => {
  const context = await world.context({
    'a.Dockerfile': `${from}COPY . /app\n`,
    'a.Dockerfile.dockerignore': 'x\n',
    x: 'no',
    y: 'yes',
  });
  await mkdir(join(context.folder, 'empty'));
  const imageId = built(await world.build(context, { dockerfile: 'a.Dockerfile' }));
  expect(await look(world.engine, imageId, 'ls /app')).toEqual([
    'a.Dockerfile',
    'a.Dockerfile.dockerignore',
    'empty',
    'y',
  ]);
});
