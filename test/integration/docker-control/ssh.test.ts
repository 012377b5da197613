import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testEngine } from '#test/engine/for-tests.ts';
import { built, createWorld, from } from './world.ts';

const run = promisify(execFile);
const shared = testEngine();
const world = createWorld(shared.env, 'ssh');

type Agent = {
  readonly socket: string;
  readonly fingerprint: string;
  keys(): Promise<string>;
  stop(): Promise<void>;
};

/** A real agent with a key of its own. */
async function startAgent(folder: string, name: string): Promise<Agent> {
  const socket = join(folder, `${name}.sock`);
  const { stdout } = await run('ssh-agent', ['-a', socket]);
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(stdout)?.[1]);
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  const key = join(folder, name);
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `key of ${name}`, '-f', key]);
  await run('ssh-add', ['-q', key], { env });
  const fingerprint = (await run('ssh-keygen', ['-lf', `${key}.pub`])).stdout.split(' ')[1] ?? '';
  return {
    socket,
    fingerprint,
    keys: async () => (await run('ssh-add', ['-l'], { env })).stdout,
    stop: async () => void process.kill(pid),
  };
}

let folder: string;
const agents: Agent[] = [];
let hasSsh = false;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-ssh-'));
  hasSsh = await run('sh', ['-c', 'command -v ssh-agent ssh-add ssh-keygen ldd']).then(
    () => true,
    () => false,
  );
  if (hasSsh) agents.push(await startAgent(folder, 'one'), await startAgent(folder, 'two'));
});
beforeEach(({ skip }) => {
  if (!hasSsh) skip('there is no ssh-agent on this machine');
});
afterEach(() => world.clean());
afterAll(async () => {
  for (const agent of agents) await agent.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A context with this machine's ssh-add and what it is linked with. */
async function contextWith(steps: string) {
  const context = await world.context({ Dockerfile: `${from}COPY root /\nCOPY one.pub /one.pub\n${steps}` });
  const program = (await run('sh', ['-c', 'command -v ssh-add'])).stdout.trim();
  const { stdout } = await run('ldd', [program]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
  for (const path of [...libraries, program]) {
    const place = join(
      context.folder,
      'root',
      path === program ? '/usr/local/bin' : dirname(path),
      basename(path),
    );
    await mkdir(dirname(place), { recursive: true });
    await copyFile(path, place);
  }
  await copyFile(join(folder, 'one.pub'), join(context.folder, 'one.pub'));
  return context;
}

const both = () => agents.map(({ socket }, index) => ({ id: ['default', 'other'][index] ?? '', socket }));

describe('an SSH agent', () => {
  test('lists its keys and signs in a step, each id its own', async () => {
    const context = await contextWith(
      'RUN --mount=type=ssh ssh-add -l && ssh-add -T /one.pub && echo signed\nRUN --mount=type=ssh,id=other ssh-add -l\n',
    );
    const told = await world.build(context, { ssh: both(), noCache: true });
    built(told);
    const said = told.lines.join('\n');
    for (const agent of agents) expect(said).toContain(agent.fingerprint);
    expect(said).toContain('signed');
  });

  test('is not changed by a step', async () => {
    const context = await contextWith('RUN --mount=type=ssh ssh-add -D || echo refused; ssh-add -l\n');
    const told = await world.build(context, { ssh: both(), noCache: true });
    built(told);
    expect(told.lines.join('\n')).toContain('refused');
    expect(await agents[0]?.keys()).toContain('key of one');
  });

  test('that a step needs and nobody gives is named', async () => {
    const context = await contextWith('RUN --mount=type=ssh,id=deploy,required=true true\n');
    const none = await world.build(context, { noCache: true });
    expect(none.failure).toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining('deploy'),
    });
    const others = await world.build(context, { ssh: both(), noCache: true });
    expect(others.failure).toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining('"deploy"'),
    });
  });

  test('that does not answer is named before anything is built', async () => {
    const context = await contextWith('');
    const socket = join(folder, 'nobody.sock');
    const told = await world.build(context, { ssh: [{ id: 'default', socket }] });
    expect(told.failure).toMatchObject({
      code: 'config-invalid',
      message: `No SSH agent answers at ${socket} (build.ssh.default).`,
    });
    expect(told.vertices).toEqual([]);
  });
});
