import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BuildOutput } from '#main/core/ports.ts';
import { makeRepository } from '#test/integration/git/repositories.ts';
import { type BuildWorld, createBuildWorld } from './build-world.ts';
import { sampleImageId } from './samples.ts';

let world: BuildWorld;
beforeEach(() => {
  world = createBuildWorld();
});
afterEach(() => world.remove());

const lastRequest = () => {
  const request = world.asked.builds.at(-1);
  if (request === undefined) throw new Error('nothing was built');
  return request;
};
const two = 'matrix: { PY: ["3.11", "3.12"] }';

describe('what the engine is asked to build', () => {
  test('is what gantry.yml says', async () => {
    mkdirSync(join(world.folder, 'libs', 'a'), { recursive: true });
    symlinkSync('libs', join(world.folder, 'link'));
    world.config(`build:
  args: { BASE: alpine, RETRIES: 3 }
  target: runtime
  labels: { team: web }
  contexts: { lib: link/a, base: docker-image://alpine:3, web: https://example.org/x.git }
  platforms: [linux/amd64, linux/arm64]
  pull: always
  network: none
  extraHosts: { db: 10.0.0.1 }
  cacheFrom: [shop:cache, "type=local,src=cache"]
  cacheTo: ["type=local,mode=max,dest=/var/cache/shop"]
  atOnce: 5
  attestations: { provenance: max, sbom: { generator: scanner } }`);
    await world.build({ noCache: true });
    expect(lastRequest()).toMatchObject({
      contextFolder: world.folder,
      images: [{ args: { BASE: 'alpine', RETRIES: '3' }, tag: 'shop:gantry-run-1' }],
      target: 'runtime',
      labels: { team: 'web', 'dev.gantry.workspace': 'shop' },
      contexts: {
        lib: join(world.folder, 'libs', 'a'),
        base: 'docker-image://alpine:3',
        web: 'https://example.org/x.git',
      },
      platforms: ['linux/amd64', 'linux/arm64'],
      pull: 'always',
      network: 'none',
      extraHosts: { db: '10.0.0.1' },
      cacheFrom: ['shop:cache', `type=local,src=${world.folder}/cache`],
      cacheTo: ['type=local,mode=max,dest=/var/cache/shop'],
      noCache: true,
      atOnce: 5,
      provenance: 'max',
      sbom: { generator: 'scanner' },
    });
    expect(lastRequest()).not.toHaveProperty('sourceDateEpoch');
  });

  test.each(['out', '../other'])('is nothing outside the workspace: %s', async (place) => {
    mkdirSync(join(world.homeFolder, 'x'));
    symlinkSync(world.homeFolder, join(world.folder, 'out'));
    mkdirSync(join(world.folder, '..', 'other'));
    world.config(`build: { contexts: { lib: ${place} } }`);
    const view = await world.build();
    expect(view).toMatchObject({ state: 'failed', error: { code: 'config-invalid' } });
    expect(view.summary).toContain(`build.contexts.lib names ${place}, which is`);
    expect(world.asked.builds).toEqual([]);
  });

  test('is no context that a link leads out of the workspace', async () => {
    writeFileSync(join(world.homeFolder, 'Dockerfile'), 'FROM scratch\n');
    symlinkSync(world.homeFolder, join(world.folder, 'app'));
    world.config('build: { context: app }');
    expect((await world.build()).summary).toContain('outside the workspace');
    expect(world.asked.builds).toEqual([]);
  });

  test('has the commit’s time where nothing is uncommitted, unless that is not wanted', async () => {
    world.config('');
    const repository = await makeRepository(world.folder);
    await repository.commit('feat: all of it', 1_700_000_000);
    const at = Number(await repository.git('log', '-1', '--format=%ct'));
    await world.build();
    expect(lastRequest().sourceDateEpoch).toBe(at);
    world.write('changed', 'x');
    await world.build();
    expect(lastRequest()).not.toHaveProperty('sourceDateEpoch');
    world.config('build: { reproducible: false }');
    await repository.commit('feat: a setting');
    await world.build();
    expect(lastRequest()).not.toHaveProperty('sourceDateEpoch');
  });
});

describe('secrets', () => {
  const values = { file: 'file-token-4711', env: 'env-token-4712', reference: 'reference-token-4713' };
  const secrets =
    'build: { secrets: { a: { file: ~/.npmrc }, b: { env: B_TOKEN }, c: { secret: "secret://env/C_TOKEN" } } }';

  test('of all kinds reach the engine, and neither log nor event nor ledger', async () => {
    writeFileSync(join(world.homeFolder, '.npmrc'), `${values.file}\n`);
    Object.assign(world.env, { B_TOKEN: values.env, C_TOKEN: values.reference });
    const binary = Buffer.from([1, 0xff, 0xfe, 2, 3, 4, 5, 6]);
    world.write('key.bin', binary);
    world.config(secrets.replace('secrets: {', 'secrets: { d: { file: key.bin },'));
    const leaked = `${Object.values(values).join(' ')} ${binary.toString('hex')} ${Buffer.from(values.env).toString('base64')}`;
    world.engine.outputs = function* (): Generator<BuildOutput> {
      const vertex = { id: 'v', name: `[2/2] RUN echo ${leaked}`, inputs: [] };
      yield { kind: 'vertex', vertex: { ...vertex, state: 'running', startedAt: 1 } };
      yield { kind: 'progress', text: leaked };
      yield { kind: 'lines', vertexId: 'v', stream: 'out', texts: [leaked] };
      yield {
        kind: 'vertex',
        vertex: { ...vertex, state: 'failed', startedAt: 1, endedAt: 2, error: leaked },
      };
    };
    const view = await world.build();
    expect(view.state).toBe('succeeded');
    const given = Object.entries(lastRequest().secrets).map(([id, bytes]) => [id, Buffer.from(bytes)]);
    expect(Object.fromEntries(given)).toEqual({
      a: Buffer.from(`${values.file}\n`),
      b: Buffer.from(values.env),
      c: Buffer.from(values.reference),
      d: binary,
    });
    const everything = [JSON.stringify(world.events(view)), ...world.log(view)].join('\n');
    expect(everything).toContain('[redacted]');
    for (const secret of [...Object.values(values), ...leaked.split(' ')]) {
      expect(everything).not.toContain(secret);
      expect(world.ledgerBytes().includes(secret)).toBe(false);
    }
  });

  test('that are missing are all named, and nothing is sent', async () => {
    Object.assign(world.env, { C_TOKEN: values.reference });
    world.config(secrets);
    const view = await world.build();
    expect(view).toMatchObject({ state: 'failed', error: { code: 'secret-unresolved' } });
    expect(view.summary).toBe(
      '2 things that the build needs cannot be had: build.secrets.a, build.secrets.b.',
    );
    expect(view.error?.hint).toContain('~/.npmrc names a file that does not exist');
    expect(view.error?.problems?.map(({ path }) => path)).toEqual(['build.secrets.a', 'build.secrets.b']);
    expect(JSON.stringify(world.events(view))).not.toContain(values.reference);
    expect(world.asked.builds).toEqual([]);
  });

  test('agents are sockets; without one the build says what to start', async () => {
    world.config('build: { ssh: { default: agent } }');
    const view = await world.build();
    expect(view.summary).toBe('build.ssh.default: SSH_AUTH_SOCK is not set, so no SSH agent can be asked.');
    const socket = join(world.homeFolder, 'agent');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    world.env.SSH_AUTH_SOCK = socket;
    await world.build();
    server.close();
    expect(lastRequest().ssh).toEqual([{ id: 'default', socket }]);
  });
});

test('reading uncommitted files takes as long as it takes: the build’s own limit is the only one', async () => {
  world.config('build: { timeout: 3h }');
  const [requested] = world.events(await world.build());
  const steps = requested?.kind === 'run-requested' ? requested.steps : [];
  expect(steps.find(({ id }) => id === 'source')?.timeoutMs).toBe(3 * 60 * 60_000);
});

describe('a matrix', () => {
  const imageId = (ref: string) => sampleImageId(ref.includes('3.12') ? 'b' : 'a');

  test('is a release with an image for each cell, tagged and tested by cell', async () => {
    world.config(`build: { args: { A: x }, ${two} }
tests:
  - { name: unit, run: [sh, -c, 'env | grep ^GANTRY_IMAGE | sort'] }
  - { name: smoke, where: image, run: [/selftest] }`);
    world.engine.imageId = imageId;
    const view = await world.build();
    expect(view.state).toBe('succeeded');
    expect(lastRequest().images).toEqual([
      { cell: 'PY=3.11', args: { A: 'x', PY: '3.11' }, tag: 'shop:gantry-run-1-py3.11' },
      { cell: 'PY=3.12', args: { A: 'x', PY: '3.12' }, tag: 'shop:gantry-run-1-py3.12' },
    ]);
    expect(world.log(view)).toEqual([
      'test unit: GANTRY_IMAGE=shop:gantry-run-1-py3.11',
      'test unit: GANTRY_IMAGE_PY3_11=shop:gantry-run-1-py3.11',
      'test unit: GANTRY_IMAGE_PY3_12=shop:gantry-run-1-py3.12',
    ]);
    expect(view.steps.map(({ id, title }) => `${id}: ${title}`)).toEqual([
      'source: Read source',
      'build: Build image',
      'test-1: Test unit',
      'test-2-py3.11: Test smoke (PY=3.11)',
      'test-2-py3.12: Test smoke (PY=3.12)',
      'record: Record release',
    ]);
    expect(world.asked.runs.map((run) => run.imageId)).toEqual([sampleImageId('a'), sampleImageId('b')]);
    const [release] = world.releases();
    const id = release?.id;
    expect(release?.images.map(({ cell, image, tags }) => [cell, image.identity.imageId, tags])).toEqual([
      ['PY=3.11', sampleImageId('a'), [`shop:${id}-py3.11`, 'shop:local-py3.11', `shop:${id}`, 'shop:local']],
      ['PY=3.12', sampleImageId('b'), [`shop:${id}-py3.12`, 'shop:local-py3.12']],
    ]);
    expect(world.asked.tags).toContainEqual([sampleImageId('b'), `shop:${id}-py3.12`]);
    expect(release?.tests.map(({ name, cell }) => [name, cell])).toEqual([
      ['unit', undefined],
      ['smoke', 'PY=3.11'],
      ['smoke', 'PY=3.12'],
    ]);
    expect(view.summary).toMatch(/, 2 images, 3 tests passed$/);
    expect(world.asked.untags.toSorted()).toEqual(['shop:gantry-run-1-py3.11', 'shop:gantry-run-1-py3.12']);
  });

  test('with another image in any cell is another release; in another order it is the same', async () => {
    world.config(`build: { ${two} }`);
    world.engine.imageId = imageId;
    const first = (await world.build()).release;
    world.config('build: { matrix: { PY: ["3.12", "3.11"] } }');
    expect((await world.build()).release).toBe(first);
    world.engine.imageId = (ref) => sampleImageId(ref.includes('3.12') ? 'c' : 'a');
    expect((await world.build()).release).not.toBe(first);
  });

  test('is no release when the test of one cell fails, and leaves no name', async () => {
    world.config(`build: { ${two} }\ntests: [{ name: smoke, where: image, run: [/selftest] }]`);
    world.engine.imageId = imageId;
    world.engine.inImage = (run) => ({ exitCode: run.imageId === sampleImageId('b') ? 3 : 0 });
    const view = await world.build();
    expect(view).toMatchObject({ state: 'failed', summary: 'Test smoke failed with exit code 3' });
    expect(view.steps.find(({ state }) => state === 'failed')?.title).toBe('Test smoke (PY=3.12)');
    expect(world.releases()).toEqual([]);
    expect(world.asked.untags).toHaveLength(2);
  });

  test('names the cell in the source of a line', async () => {
    world.config(`build: { ${two} }`);
    world.engine.outputs = function* (): Generator<BuildOutput> {
      const vertex = { id: 'v', name: '[2/2] RUN make', inputs: [], startedAt: 1, cell: 'PY=3.12' };
      yield { kind: 'vertex', vertex: { ...vertex, state: 'running' } };
      yield { kind: 'lines', vertexId: 'v', cell: 'PY=3.12', stream: 'out', texts: ['made'] };
      yield { kind: 'lines', stream: 'err', texts: ['note'] };
    };
    expect(world.log(await world.build())).toEqual(['[2/2] RUN make (PY=3.12): made', 'engine: note']);
  });
});

describe('a test’s report', () => {
  const xml = (failures: number) =>
    `<testsuite name="s" tests="3"><testcase name="a" classname="c">${failures > 0 ? '<failure message="1 is not 2"/>' : ''}</testcase><testcase name="b"/><testcase name="d"><skipped/></testcase></testsuite>`;
  const onHost = (script: string) =>
    `tests: [{ name: unit, junit: out/junit.xml, run: [sh, -c, '${script}'] }]`;

  test('that says all passed is counted, in the run and in the release', async () => {
    world.write('new.xml', xml(0));
    world.config(onHost('mkdir -p out; cp new.xml out/junit.xml'));
    const view = await world.build();
    expect(view.testReports).toEqual([
      { step: 'test-1', counts: { total: 3, failed: 0, skipped: 1 }, failures: [] },
    ]);
    expect(view.steps.find(({ id }) => id === 'test-1')?.text).toBe('2 passed, 1 skipped');
    expect(view.summary).toMatch(/, 2 tests passed$/);
    expect(world.releases()[0]?.tests).toMatchObject([{ counts: { total: 3, failed: 0, skipped: 1 } }]);
  });

  test('that names a failure fails the test, although its command passed', async () => {
    world.write('new.xml', xml(1));
    world.config(onHost('mkdir -p out; cp new.xml out/junit.xml'));
    const view = await world.build();
    expect(view).toMatchObject({
      state: 'failed',
      summary: 'Test unit ended with exit code 0, but its report says that 1 of 3 tests failed: c.a',
      testReports: [{ failures: [{ name: 'c.a', message: '1 is not 2' }] }],
    });
    expect(world.log(view)).toContain('test unit: failed: c.a - 1 is not 2');
    expect(world.releases()).toEqual([]);
  });

  test('of a command that failed says what failed', async () => {
    world.write('new.xml', xml(1));
    world.config(onHost('mkdir -p out; cp new.xml out/junit.xml; exit 2'));
    expect((await world.build()).summary).toBe('Test unit failed with exit code 2: 1 of 3 tests failed: c.a');
    world.config(onHost('exit 2'));
    expect((await world.build()).summary).toBe('Test unit failed with exit code 2');
  });

  test.each<[string, string, string]>([
    ['is missing', 'true', 'was not written'],
    ['is the one from before', 'true', 'is the one from before this test: it was not written anew'],
    ['is no XML', 'echo no > out/junit.xml', 'is no JUnit XML: '],
    ['is 50 MB', 'truncate -s 50M out/junit.xml', 'is larger than 16 MiB'],
    ['leads elsewhere', 'ln -sf /etc/passwd out/junit.xml', 'lies outside the workspace folder'],
  ])('that %s fails the test, although its command passed', async (name, script, why) => {
    world.write('out/.keep', '');
    if (name === 'is the one from before') world.write('out/junit.xml', xml(0));
    world.config(onHost(script));
    const view = await world.build();
    expect(view.state).toBe('failed');
    expect(view.summary).toContain(`Test unit ended with exit code 0, but its report out/junit.xml ${why}`);
    expect(view.error?.hint).toContain('take `junit` out of gantry.yml');
  });

  test('of a test in the image comes out of its container', async () => {
    world.config('tests: [{ name: unit, where: image, junit: /tmp/junit.xml, run: [/test] }]');
    world.engine.inImage = () => ({ exitCode: 0, collected: Buffer.from(xml(0)) });
    expect((await world.build()).testReports).toMatchObject([{ counts: { total: 3 } }]);
    expect(world.asked.runs[0]?.collect).toBe('/tmp/junit.xml');
    world.engine.inImage = () => ({ exitCode: 0 });
    expect((await world.build()).summary).toContain('/tmp/junit.xml is no file in the container');
  });

  test('a program that is not there failed, whatever report it was to write', async () => {
    world.config('tests: [{ name: unit, junit: j.xml, run: [/no/such/program] }]');
    expect((await world.build()).summary).toBe('Test unit failed with exit code 127');
  });
});

test('a release that is built again remembers the test that was new', async () => {
  world.config('tests: [{ name: unit, run: ["true"] }]');
  const first = await world.build();
  world.config('tests: [{ name: more, run: ["true"] }]');
  const second = await world.build();
  expect(second.release).toBe(first.release);
  expect(world.releases().map(({ tests }) => tests.map(({ name }) => name))).toEqual([['unit', 'more']]);
});

test('a build that was told to run everything says so in its run', async () => {
  world.config('');
  expect((await world.build({ noCache: true })).noCache).toBe(true);
  expect((await world.build()).noCache).toBeUndefined();
});

test('a cancel reaches the reading of a source that goes on for long', async () => {
  const repository = await makeRepository(world.folder);
  // Sparse: nothing is written, and all of it is read.
  await repository.write('huge.img', '');
  truncateSync(join(world.folder, 'huge.img'), 64 * 2 ** 30);
  const runId = await world.start();
  await sleep(200);
  expect(world.view(runId).steps[0]?.state).toBe('running');
  const cancelledAt = performance.now();
  world.cancel(runId);
  await world.idle();
  expect(world.view(runId).state).toBe('cancelled');
  expect(performance.now() - cancelledAt).toBeLessThan(1_000);
}, 20_000);

test('a cancel while the images get their names leaves a release with all of them, not some names without one', async () => {
  const { engine } = world.ports;
  const { tag } = engine;
  let calls = 0;
  engine.tag = async (imageId, ref, signal) => {
    calls += 1;
    if (calls > 1) await sleep(50);
    signal?.throwIfAborted();
    await tag(imageId, ref, signal);
    for (const { runId } of world.ports.ledger.leases.queue(world.workspaceId)) world.cancel(runId);
  };
  await world.build();
  const names = world.asked.tags.map(([, ref]) => ref);
  expect(calls).toBeGreaterThan(1);
  expect(
    world
      .releases()
      .flatMap(({ images }) => images.flatMap(({ tags }) => tags))
      .sort(),
  ).toEqual(names.sort());
});

test('an engine that hangs when it is to forget the build keeps neither the run open nor the checkout', async () => {
  world.config('');
  const repository = await makeRepository(world.folder);
  const commit = await repository.commit('feat: all of it');
  const { clock, engine, git } = world.ports;
  const asked: string[] = [];
  const sleep: typeof clock.sleep = (ms, signal) => clock.sleep(ms === 30_000 ? 50 : ms, signal);
  Object.assign(world.ports, { clock: { ...clock, sleep } });
  git.checkouts.remove = async () => {
    asked.push('remove');
  };
  engine.untag = (_ref, signal) => {
    asked.push('untag');
    return new Promise(() => signal?.addEventListener('abort', () => asked.push('stop')));
  };
  world.engine.outputs = () => {
    throw new Error('no');
  };
  const view = await world.build({ commit });
  expect([view.state, asked]).toEqual(['errored', ['remove', 'untag', 'stop']]);
  expect(world.log(view).at(-1)).toBe('gantry: Cleaning up failed: it did not end within 30 s');
});
