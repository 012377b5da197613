import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planSchema } from '#shared/domain/plan.ts';
import { prunePreviewSchema } from '#shared/domain/retention.ts';
import { checkSchema } from '#shared/domain/system.ts';
import { freePort } from '#test/chatbot-workspace.ts';
import { type ProvisionedEngine, provisionEngine } from '#test/engine/engine.ts';
import { testEngine } from '#test/engine/for-tests.ts';
import { whyNotProvisionable } from '#test/engine/machine.ts';
import { run } from '#test/engine/process.ts';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { type SshServer, startSshServer, whyNoSshServer } from '#test/engine/ssh-server.ts';
import { makeTlsFolders } from '#test/fakes/tls-folders.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';

const obstacle = whyNotProvisionable();

// One story, told in order: dev on this engine, prod on another one of another image store.
describe.skipIf(obstacle !== undefined)(`environments on another engine ${obstacle ?? ''}`, () => {
  let folder: string;
  let other: ProvisionedEngine;
  let sshd: SshServer | undefined;
  let registry: TestRegistry;
  let world: GantryWorld;
  /** By ssh; where no sshd can be had, by tcp with TLS. */
  let host: string;

  const docker = async (...args: readonly string[]) =>
    (
      await run(other.dockerBin, args, { env: { ...process.env, ...other.env } as Record<string, string> })
    ).stdout.trim();
  const runs = async (name: string) => {
    const [id = ''] = (
      await docker(
        'ps',
        '--quiet',
        '--filter',
        `label=com.docker.compose.project=${world.workspace.name}-${name}`,
      )
    ).split('\n');
    return id === '' ? undefined : docker('inspect', '--format', '{{.Image}}', id);
  };
  const plan = async (...args: readonly string[]) =>
    planSchema.parse(JSON.parse((await world.done('plan', ...args, '--json')).stdout));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-remote-'));
    const tls = makeTlsFolders(folder);
    const port = await freePort();
    const tcp = `tcp://127.0.0.1:${port}`;
    [other, registry] = await Promise.all([
      provisionEngine({ store: 'containerd', tls: { port, folder: tls.server } }),
      startRegistry(),
    ]);
    const socket = other.dockerHost.replace('unix://', '');
    if (whyNoSshServer() === undefined) sshd = await startSshServer(other.env.PATH ?? '');
    host = sshd?.address(socket) ?? tcp;
    const PATH = [sshd?.binFolder, testEngine().env.PATH ?? process.env.PATH].filter(Boolean).join(delimiter);
    world = await createGantryWorld(testEngine(), { PATH });
    const engine =
      sshd === undefined ? `{ host: "${tcp}", tls: { folder: ${tls.client} } }` : `{ host: "${host}" }`;
    await world.workspace.edit('gantry.yml', (text) =>
      text
        .replace(/ {2}staging:\n(?: {4}.*\n)+/, '')
        .replace(/(prod:\n(?:.*\n)*?.*)\{ kind: compose \}/, `$1{ kind: compose, engine: ${engine} }`),
    );
    await world.workspace.edit('compose.yml', (text) =>
      text.replace(/( +)ports:/, '$1volumes: ["./README.md:/readme:ro"]\n$1ports:'),
    );
    await run(
      'git',
      ['-c', 'user.name=Ada', '-c', 'user.email=a@b', 'commit', '--quiet', '--all', '--message', 'prod'],
      {
        cwd: world.workspace.folder,
      },
    );
  });
  afterAll(async () => {
    await world?.remove();
    await sshd?.stop();
    await Promise.all([other?.stop(), registry?.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  let first = '';
  let second = '';

  test('a promotion brings the image there, and says before how many bytes', async () => {
    // ssh is a program, and logs in with the person's keys.
    if (sshd !== undefined) {
      expect((await world.environment('prod')).observed).toMatchObject({
        kind: 'unreachable',
        why: expect.stringContaining('is asked once this workspace is trusted'),
      });
      expect(await sshd.connections()).toBe(0);
    }
    await world.done('build', '--trust');
    await world.done('deploy', 'dev', '--yes');
    const planned = await plan('prod');
    first = planned.release.id;
    expect(planned.warnings).toContainEqual(
      expect.objectContaining({
        level: 'note',
        detail: expect.stringContaining('web mounts README.md of this workspace, but the engine is at'),
      }),
    );
    expect((await plan('dev')).warnings).not.toContainEqual(
      expect.objectContaining({ detail: expect.stringContaining('web mounts') }),
    );
    expect(planned.availability).toEqual([
      expect.objectContaining({ kind: 'load', engine: host, ref: planned.release.ref, present: 0 }),
    ]);
    expect(planned.steps.map(({ id }) => id)).toEqual([
      'image-load',
      'find-image',
      'start',
      'wait',
      'verify',
    ]);
    const { stdout } = await world.done('promote', 'prod', '--confirm', 'prod');
    expect(stdout).toMatch(/loaded from this engine into \S+.*MB/);
    expect(stdout).toMatch(/Load image.*has it as [0-9a-f]{12}/);
    // Another store, another id; the bytes are those of the release by its config.
    const id = await runs('prod');
    expect(id).toBe(await docker('image', 'inspect', '--format', '{{.Id}}', planned.release.ref));
    expect(id).not.toBe(planned.release.imageId);
    expect(await runs('dev')).toBeUndefined();
    const prod = await world.environment('prod');
    expect(prod).toMatchObject({
      observed: { kind: 'running' },
      target: { label: expect.stringContaining(`on ${host}`) },
    });
    expect(prod).not.toHaveProperty('drift');
    expect((await world.done('status')).stdout).toContain(`on ${host}`);
  });

  test('with a repository that the engine can reach, it fetches the image itself', async () => {
    await world.workspace.edit('gantry.yml', (text) =>
      text.replace('envFile: .env.prod', `envFile: .env.prod\n    repository: ${registry.host}/prod`),
    );
    await world.workspace.changeALine();
    await world.done('build', '--trust');
    await world.done('deploy', 'dev', '--yes');
    const { release, availability } = await plan('prod');
    second = release.id;
    const name = `${registry.host}/prod:${release.id}`;
    expect(availability).toMatchObject([
      { kind: 'push', ref: name },
      { kind: 'pull', engine: host, from: name },
    ]);
    const { stdout } = await world.done('promote', 'prod', '--confirm', 'prod');
    expect(stdout).toMatch(/Fetch image.*has it as [0-9a-f]{12}/);
    const prod = await world.environment('prod');
    expect(prod).toMatchObject({ release: { id: release.id }, rollbackTo: { id: first, image: 'here' } });
    expect(prod).not.toHaveProperty('drift');
  });

  test('a rollback brings back what is gone from there', async () => {
    const live = await runs('prod');
    await world.workspace.edit('gantry.yml', (text) => text.replace(/ {4}repository: .*\n/, ''));
    await docker('rmi', `${world.workspace.name}:${first}`);
    const planned = await plan('rollback', 'prod');
    expect(planned.availability).toMatchObject([{ kind: 'load', engine: host }]);
    await world.done('rollback', 'prod', '--confirm', 'prod', '--trust');
    expect(await runs('prod')).not.toBe(live);
    const prod = await world.environment('prod');
    expect(prod).toMatchObject({ release: { id: first }, hold: expect.anything() });
    expect(prod).not.toHaveProperty('drift');
  });

  test('what nothing needs any more goes from there as well, and nothing else', async () => {
    const names = async () =>
      (await docker('images', '--format', '{{.Tag}}', world.workspace.name))
        .split('\n')
        .filter(Boolean)
        .sort();
    await docker('tag', `${world.workspace.name}:${second}`, `${world.workspace.name}:mine`);
    expect(await names()).toEqual([first, second, 'mine'].sort());
    await world.workspace.edit('gantry.yml', (text) => `${text}\nretention: { keep: 1 }\n`);
    await world.workspace.edit('rules/replies.txt', (text) => `${text}tack = tack\n`);
    // Neither dev nor prod leads back to the second then, and it is not the newest.
    await world.done('rollback', 'dev', '--yes', '--trust');
    await world.done('build');
    const preview = prunePreviewSchema.parse(
      JSON.parse((await world.done('prune', '--preview', '--json')).stdout),
    );
    expect(preview.goes.map(({ release }) => release)).toEqual([second]);
    expect(preview.goes[0]?.names).toContain(`${world.workspace.name}:${second} on ${host}`);
    await world.done('prune', '--yes');
    expect(await names()).toEqual([first, 'mine'].sort());
    await docker('rmi', `${world.workspace.name}:mine`);
  });

  test('an engine that is down is a state of those environments alone', async () => {
    await other.stopDaemon();
    const board = await world.board();
    expect(board.environments.map(({ name, observed }) => [name, observed.kind])).toEqual([
      ['dev', 'running'],
      ['prod', 'unreachable'],
    ]);
    const refused = await world.gantry('promote', 'prod', '--confirm', 'prod');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(`The engine at ${host} (gantry.yml) does not answer: `);
    const doctor = await world.gantry('doctor', '--json');
    const checks = checkSchema.array().parse(JSON.parse(doctor.stdout));
    expect(checks.find(({ id }) => id === 'prod')).toMatchObject({
      result: 'bad',
      hint: expect.any(String),
    });
    expect(checks.find(({ id }) => id === 'dev')).toMatchObject({ result: 'ok' });
    await other.startDaemon();
    const up = checkSchema.array().parse(JSON.parse((await world.done('doctor', '--json')).stdout));
    expect(up.find(({ id }) => id === 'prod')?.detail).toContain(`on ${host}: docker 26`);
  });
});
