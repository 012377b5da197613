import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, type TestContext } from 'vitest';
import { baseImage } from '#test/engine/base-image.ts';
import type { ProvisionedEngine } from '#test/engine/engine.ts';
import { ownEngine, testEngine } from '#test/engine/for-tests.ts';
import { run } from '#test/engine/process.ts';
import { startTime } from '#test/engine/run-folder.ts';

const started: ProvisionedEngine[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((engine) => engine.stop()));
});

async function start(test: TestContext, store: 'classic' | 'containerd' = 'classic') {
  const engine = await ownEngine(test, { store });
  started.push(engine);
  return engine;
}

function environment(env: Readonly<Record<string, string>>): Record<string, string> {
  return { HOME: '/root', PATH: '/usr/bin:/bin', ...env };
}

async function docker(
  engine: { dockerBin: string; env: Readonly<Record<string, string>> },
  ...args: string[]
) {
  const done = await run(engine.dockerBin, args, { env: environment(engine.env) });
  return { code: done.code, text: done.stdout.trim(), complaint: done.stderr.trim() };
}

const folderOf = (dockerHost: string) => dirname(dockerHost.slice('unix://'.length));

/** What of an engine is still on the machine: processes that name its folder, its bridge, its folder. */
async function remainsOf(folder: string): Promise<readonly string[]> {
  const id = folder.slice(-8);
  const processes = readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  });
  const links = (await run('ip', ['-br', 'link'])).stdout
    .split('\n')
    .filter((line) => line.includes(`gantry${id}`));
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(folder));
  return [...processes, ...links, ...mounts, ...(existsSync(folder) ? [folder] : [])];
}

async function untilGone(folder: string): Promise<readonly string[]> {
  for (let round = 0; round < 100; round += 1) {
    if ((await remainsOf(folder)).length === 0) return [];
    await sleep(200);
  }
  return remainsOf(folder);
}

/** `npm run engine` as a person starts it; answers once the engine is ready. */
async function startByCommand() {
  const child = spawn(process.execPath, ['test/engine/main.ts', 'up'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  for (let round = 0; round < 600 && !said.includes('ready;'); round += 1) await sleep(50);
  const setting = (name: string) => new RegExp(`^export ${name}='([^']*)'`, 'm').exec(printed)?.[1] ?? '';
  const env = { DOCKER_HOST: setting('DOCKER_HOST'), DOCKER_CONFIG: setting('DOCKER_CONFIG') };
  return { child, dockerBin: join(setting('PATH'), 'docker'), env, folder: folderOf(env.DOCKER_HOST) };
}

describe('the engine that all tests share', () => {
  it('has the base image, Compose and buildx', async () => {
    const engine = testEngine();
    expect(
      await docker(engine, 'run', '--rm', baseImage, 'sh', '-c', 'wget --help 2>&1 | head -1'),
    ).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^BusyBox/),
    });
    expect((await docker(engine, 'compose', 'version', '--short')).text).toMatch(/^v?[2-9]\./);
    expect((await docker(engine, 'buildx', 'version')).code).toBe(0);
  });
});

describe('an engine of one’s own', () => {
  it('stops, starts again with what it had, and survives a crash of its daemon', async (test) => {
    const engine = await start(test);
    await docker(
      engine,
      'run',
      '-d',
      '--init',
      '--name',
      'sleeper',
      '--restart',
      'always',
      baseImage,
      'sleep',
      '1000',
    );
    const pidOf = async () => (await docker(engine, 'inspect', '-f', '{{.State.Pid}}', 'sleeper')).text;
    const before = await pidOf();
    await engine.stopDaemon();
    expect(await docker(engine, 'ps')).toMatchObject({ code: 1 });
    await engine.startDaemon();
    expect((await docker(engine, 'ps', '--format', '{{.Names}}')).text).toBe('sleeper');
    expect(await pidOf()).not.toBe(before);

    const running = Number(await pidOf());
    await engine.stopDaemon('SIGKILL');
    expect(startTime(running), 'a crash of the daemon leaves containers running').toBeDefined();
    await engine.startDaemon();
    expect((await docker(engine, 'version', '-f', '{{.Server.Version}}')).code).toBe(0);
  });

  it('can have the containerd image store', async (test) => {
    const engine = await start(test, 'containerd');
    expect((await docker(engine, 'info', '-f', '{{.DriverStatus}}')).text).toContain(
      'io.containerd.snapshotter',
    );
    expect((await docker(engine, 'run', '--rm', baseImage, 'echo', 'hello')).text).toBe('hello');
  });

  it('stands beside another without meeting it', async (test) => {
    const [first, second] = await Promise.all([start(test), start(test)]);
    const made = await Promise.all(
      [first, second].map((engine) => docker(engine, 'network', 'create', 'same-name')),
    );
    expect(made.map(({ code }) => code)).toEqual([0, 0]);
    const subnets = await Promise.all(
      [first, second].map((engine) =>
        docker(engine, 'network', 'inspect', 'same-name', '-f', '{{(index .IPAM.Config 0).Subnet}}'),
      ),
    );
    expect(subnets[0]?.text).not.toBe(subnets[1]?.text);
    await first.stop();
    expect(await remainsOf(folderOf(first.dockerHost))).toEqual([]);
    expect((await docker(second, 'network', 'ls', '--format', '{{.Name}}')).text).toContain('same-name');
  });

  it('leaves nothing behind when it is stopped with containers and networks on it', async (test) => {
    const engine = await start(test);
    await docker(engine, 'network', 'create', 'mine');
    await docker(
      engine,
      'run',
      '-d',
      '--network',
      'mine',
      '-p',
      '127.0.0.1:0:80',
      baseImage,
      'sleep',
      '1000',
    );
    expect(await remainsOf(folderOf(engine.dockerHost))).not.toEqual([]);
    await engine.stop();
    expect(await remainsOf(folderOf(engine.dockerHost))).toEqual([]);
  });
});

describe('an engine whose process is killed', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'is gone after %s to what started it',
    async (signal) => {
      const up = await startByCommand();
      const ran = await docker(up, 'run', '-d', '-p', '127.0.0.1:0:80', baseImage, 'sleep', '1000');
      expect(ran.code, ran.complaint).toBe(0);
      up.child.kill(signal);
      expect(await untilGone(up.folder)).toEqual([]);
    },
  );

  it('is removed by the next start when even its supervisor was killed', async (test) => {
    const up = await startByCommand();
    await docker(up, 'run', '-d', '-p', '127.0.0.1:0:80', baseImage, 'sleep', '1000');
    const { owner } = JSON.parse(readFileSync(join(up.folder, 'engine.json'), 'utf8'));
    process.kill(owner.pid, 'SIGKILL');
    up.child.kill('SIGKILL');
    await sleep(300);
    expect(await remainsOf(up.folder)).not.toEqual([]);
    await start(test);
    expect(await untilGone(up.folder)).toEqual([]);
  });
});
