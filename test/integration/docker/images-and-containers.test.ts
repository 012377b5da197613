import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngine } from '#main/docker/engine.ts';
import { testEngine } from '#test/engine/for-tests.ts';
import { build, type Context, labels, makeContext, never, request, unique } from './fixture.ts';

const shared = testEngine();
const env = { ...process.env, ...shared.env };
const engine = createEngine({ env, homeFolder: '/nonexistent' });
const run = promisify(execFile);
const docker = async (...argv: readonly string[]) =>
  (await run(shared.dockerBin, [...argv], { env })).stdout.trim();

let context: Context;
let imageId: string;
const tag = `${unique}:image`;

beforeAll(async () => {
  context = await makeContext({
    Dockerfile: `FROM ${shared.baseImage}
ENV SECRET=value GREETING=hello
EXPOSE 8080 53/udp
USER 1000
WORKDIR /srv
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["echo from the entrypoint"]
`,
  });
  ({ imageId } = await build(engine, request(context, { tag })));
});
afterAll(async () => {
  await context.remove();
  await engine.untag(tag);
  expect(await engine.containers(labels)).toEqual([]);
  expect(await docker('images', '--quiet', '--filter', `label=dev.gantry.test=${unique}`)).toBe('');
});

describe('an image', () => {
  test('is found by tag, by id and by the beginning of its id, as docker inspect has it', async () => {
    const inspected = JSON.parse(await docker('image', 'inspect', tag))[0];
    for (const ref of [tag, imageId, imageId.slice('sha256:'.length, 25)]) {
      expect(await engine.image(ref)).toEqual({
        identity: { imageId: inspected.Id, configDigest: inspected.Id, manifestDigests: {} },
        tags: [tag],
        size: inspected.Size,
        platform: `linux/${inspected.Architecture}`,
        createdAt: Date.parse(inspected.Created),
        config: {
          entrypoint: ['/bin/sh', '-c'],
          command: ['echo from the entrypoint'],
          envKeys: ['PATH', 'SECRET', 'GREETING'],
          ports: ['53/udp', '8080/tcp'],
          user: '1000',
          workingDir: '/srv',
          labels,
        },
        layers: inspected.RootFS.Layers,
      });
    }
  });

  test('that is not there', async () => {
    expect(await engine.image(`${unique}:none`)).toBeUndefined();
    expect(await engine.image(`sha256:${'0'.repeat(64)}`)).toBeUndefined();
  });

  test('gets names and loses them', async () => {
    const other = `${unique}:other`;
    await engine.tag(imageId, other);
    expect((await engine.image(other))?.identity.imageId).toBe(imageId);
    expect((await engine.image(tag))?.tags).toEqual([tag, other].sort());
    await engine.untag(other);
    expect(await engine.image(other)).toBeUndefined();
    expect((await engine.image(tag))?.tags).toEqual([tag]);
    await engine.untag(other);
  });

  test('a name moves', async () => {
    const moving = `${unique}:moving`;
    await engine.tag(shared.baseImage, moving);
    await engine.tag(imageId, moving);
    expect((await engine.image(moving))?.identity.imageId).toBe(imageId);
    await engine.untag(moving);
  });

  test('an id is not a name, and is not removed by mistake', async () => {
    await expect(engine.untag(imageId)).rejects.toThrow('not one of its names');
    await expect(engine.untag(imageId.slice('sha256:'.length, 20))).rejects.toThrow('not one of its names');
    expect(await engine.image(tag)).toBeDefined();
  });

  test('an image that does not exist cannot be named', async () => {
    await expect(engine.tag(`sha256:${'0'.repeat(64)}`, `${unique}:x`)).rejects.toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining('No such image'),
    });
  });
});

describe('a command in an image', () => {
  const runIt = async (
    argv: readonly string[],
    more: { env?: Record<string, string>; signal?: AbortSignal } = {},
  ) => {
    const lines: string[] = [];
    const { exitCode } = await engine.runInImage({
      imageId,
      argv,
      env: more.env ?? {},
      labels,
      signal: more.signal ?? never,
      onLine: ({ stream, text }) => lines.push(`${stream} ${text}`),
    });
    return { exitCode, lines };
  };

  test('takes the place of the entrypoint, and sees the image and what it is given', async () => {
    const script = 'echo "$GREETING $GIVEN $(id -u) $(pwd)"; printf "no end"';
    expect(await runIt(['sh', '-c', script], { env: { GIVEN: 'a=b "c" €' } })).toEqual({
      exitCode: 0,
      lines: ['out hello a=b "c" € 1000 /srv', 'out no end'],
    });
  });

  test('tells its exit code and what it wrote where', async () => {
    const { exitCode, lines } = await runIt(['sh', '-c', 'echo out; echo err >&2; exit 42']);
    expect(exitCode).toBe(42);
    expect(lines.toSorted()).toEqual(['err err', 'out out']);
  });

  describe('and a file that it leaves', () => {
    const collect = async (path: string, script: string) => {
      const argv = ['sh', '-c', script];
      const wanted = { imageId, argv, env: {}, labels, collect: path, signal: never, onLine: () => {} };
      const { exitCode, collected } = await engine.runInImage(wanted);
      return [exitCode, collected === undefined ? undefined : Buffer.from(collected).toString()];
    };

    test.each<[string, string, string, string | undefined]>([
      ['is collected, whatever the exit code', '/tmp/r.xml', 'printf "<x/>" > /tmp/r.xml; exit 3', '<x/>'],
      ['may be empty', '/tmp/r.xml', 'true > /tmp/r.xml; exit 3', ''],
      ['of an odd name', '/tmp/a b?&é.xml', 'printf x > "/tmp/a b?&é.xml"; exit 3', 'x'],
      [
        'behind links, relative and absolute',
        '/tmp/one',
        'mkdir /tmp/d; printf x > /tmp/d/r; ln -s d/r /tmp/two; ln -s /tmp/two /tmp/one; exit 3',
        'x',
      ],
      ['behind links in a circle', '/tmp/one', 'ln -s two /tmp/one; ln -s one /tmp/two; exit 3', undefined],
      ['that is not there', '/tmp/gone', 'exit 3', undefined],
      ['below a file', '/etc/passwd/r.xml', 'exit 3', undefined],
      ['that is a folder', '/bin', 'exit 3', undefined],
      ['that is a pipe', '/tmp/p', 'mkfifo /tmp/p; exit 3', undefined],
      ['that is larger than 16 MiB', '/tmp/big', 'truncate -s 16777217 /tmp/big; exit 3', undefined],
    ])('%s', async (_name, path, script, text) => {
      expect(await collect(path, script)).toEqual([3, text]);
    });

    test('of exactly 16 MiB is whole', async () => {
      const [, text = ''] = await collect('/tmp/big', 'yes | head -c 16777216 > /tmp/big');
      expect(String(text)).toHaveLength(16_777_216);
    });
  });

  test('a program that is not there', async () => {
    await expect(runIt(['/no/such/program'])).rejects.toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining('/no/such/program'),
    });
  });

  test('a lot of output is complete', async () => {
    const { lines } = await runIt([
      'sh',
      '-c',
      'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done',
    ]);
    expect(lines).toHaveLength(20_000);
    expect(lines.at(-1)).toBe('out line 19999');
  });

  test('is killed by an abort', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('cancelled')), 500);
    const began = performance.now();
    await expect(runIt(['sh', '-c', 'trap "" TERM; sleep 60'], { signal: abort.signal })).rejects.toThrow(
      'cancelled',
    );
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  test('an image that is not there', async () => {
    const gone = `sha256:${'0'.repeat(64)}`;
    const running = engine.runInImage({
      imageId: gone,
      argv: ['true'],
      env: {},
      labels,
      signal: never,
      onLine: () => {},
    });
    await expect(running).rejects.toMatchObject({ code: 'engine-refused' });
  });

  test('a listener that throws leaves no container', async () => {
    const running = engine.runInImage({
      imageId,
      argv: ['sh', '-c', 'echo x; sleep 60'],
      env: {},
      labels,
      signal: never,
      onLine: () => {
        throw new Error('listener broke');
      },
    });
    await expect(running).rejects.toThrow(/^listener broke$/);
    expect(await engine.containers(labels)).toEqual([]);
  });
});

describe('containers', () => {
  const started: string[] = [];
  const start = async (...argv: readonly string[]) => {
    const name = `${unique}-${started.length}`;
    started.push(name);
    const label = `dev.gantry.test=${unique}-c`;
    await docker('run', '--detach', '--name', name, '--label', label, '--entrypoint', '/bin/sh', ...argv);
    return name;
  };
  const seen = async (name: string) => {
    const all = await engine.containers({ 'dev.gantry.test': `${unique}-c` });
    const found = all.find((container) => container.name === name);
    if (found === undefined) throw new Error(`${name} is not among ${all.length}`);
    return found;
  };
  afterAll(async () => {
    await engine.removeContainers({ 'dev.gantry.test': `${unique}-c` });
  });

  test('one that runs, with what it was started by', async () => {
    const began = Date.now();
    const name = await start('--publish', '127.0.0.1:0:8080', '--label', 'also=this', tag, '-c', 'sleep 300');
    const container = await seen(name);
    expect(container).toMatchObject({
      id: await docker('inspect', '--format', '{{.Id}}', name),
      imageId,
      imageRef: tag,
      running: true,
      state: 'running',
      health: 'unknown',
      restartCount: 0,
      labels: { 'dev.gantry.test': `${unique}-c`, also: 'this' },
    });
    expect(Math.abs((container.since ?? 0) - began)).toBeLessThan(20_000);
    expect(container.ports).toEqual([
      { hostIp: '127.0.0.1', hostPort: expect.any(Number), containerPort: 8080, protocol: 'tcp' },
    ]);
    expect(container.ports[0]?.hostPort).toBeGreaterThan(1_000);
    await docker('pause', name);
    expect(await seen(name)).toMatchObject({ state: 'paused' });
    await docker('unpause', name);
  });

  test('one that has stopped', async () => {
    const name = await start(tag, '-c', 'exit 3');
    await docker('wait', name);
    expect(await seen(name)).toMatchObject({
      running: false,
      state: 'exited (3)',
      exitCode: 3,
      health: 'stopped',
    });
  });

  test('one that comes up again and again', async () => {
    const name = await start('--restart', 'always', tag, '-c', 'exit 1');
    await expect.poll(async () => (await seen(name)).restartCount, { timeout: 10_000 }).toBeGreaterThan(0);
    await expect
      .poll(async () => await seen(name), { timeout: 10_000 })
      .toMatchObject({ running: false, state: 'restarting', health: 'unhealthy' });
  });

  test('health goes from starting to healthy or unhealthy', async () => {
    const interval = ['--health-interval', '300ms', '--health-retries', '1'];
    const well = await start(...interval, '--health-cmd', 'sleep 0.5', tag, '-c', 'sleep 300');
    expect(await seen(well)).toMatchObject({ health: 'starting' });
    const ill = await start(...interval, '--health-cmd', 'false', tag, '-c', 'sleep 300');
    await expect.poll(async () => (await seen(well)).health, { timeout: 10_000 }).toBe('healthy');
    await expect.poll(async () => (await seen(ill)).health, { timeout: 10_000 }).toBe('unhealthy');
  });

  test('all labels must match', async () => {
    expect(await engine.containers({ 'dev.gantry.test': `${unique}-c`, also: 'that' })).toEqual([]);
    expect(await engine.containers({ 'dev.gantry.test': `${unique}-c`, also: 'this' })).toHaveLength(1);
  });

  test('the last lines of a log', async () => {
    const name = await start(tag, '-c', 'for i in 1 2 3; do echo "line $i €"; done; echo \'{"json": true}\'');
    await docker('wait', name);
    const { id } = await seen(name);
    expect(await engine.containerLog(id, 2)).toEqual(['line 3 €', '{"json": true}']);
    expect(await engine.containerLog(id, 100)).toHaveLength(4);
    // The engine writes down the two streams as it gets to them.
    const both = await start(tag, '-c', 'echo out; echo err >&2');
    await docker('wait', both);
    expect((await engine.containerLog((await seen(both)).id, 10)).toSorted()).toEqual(['err', 'out']);
    const silent = await start(tag, '-c', 'true');
    await docker('wait', silent);
    expect(await engine.containerLog((await seen(silent)).id, 10)).toEqual([]);
  });

  test('the log of a container with a terminal', async () => {
    const name = await start('--tty', tag, '-c', 'echo one; echo two');
    await docker('wait', name);
    expect(await engine.containerLog((await seen(name)).id, 10)).toEqual(['one', 'two']);
  });

  test('the log of a container that is gone', async () => {
    expect(await engine.containerLog('0123456789ab', 10)).toEqual([]);
  });

  test('are removed by their labels, running or not, and no others', async () => {
    const mine = { 'dev.gantry.test': `${unique}-c`, remove: 'me' };
    await start('--label', 'remove=me', tag, '-c', 'sleep 300');
    const ended = await start('--label', 'remove=me', tag, '-c', 'true');
    const other = await start(tag, '-c', 'sleep 300');
    await docker('wait', ended);
    expect(await engine.removeContainers(mine)).toBe(2);
    expect(await engine.containers(mine)).toEqual([]);
    expect(await seen(other)).toMatchObject({ running: true });
    expect(await engine.removeContainers(mine)).toBe(0);
  });

  test('without a label nothing is removed', async () => {
    await expect(engine.removeContainers({})).rejects.toThrow('no labels');
  });

  test('a name that a container needs is not taken away', async () => {
    await start(tag, '-c', 'sleep 300');
    await expect(engine.untag(tag)).rejects.toMatchObject({ code: 'engine-refused' });
    expect(await engine.image(tag)).toBeDefined();
  });
});
