import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { type FakeMetadata, startFakeMetadata } from '#test/fakes/cloud-run/metadata.ts';
import { type FakeCloudRun, startFakeCloudRun } from '#test/fakes/cloud-run/server.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';

const token = 'ya29.token-of-the-whole-command-line';

/** From the engine through a real registry to Cloud Run, told in order. */
let world: GantryWorld;
let registry: TestRegistry;
let fake: FakeCloudRun;
let metadata: FakeMetadata;
const account = 'runner@acme.iam.gserviceaccount.com';
beforeAll(async () => {
  fake = await startFakeCloudRun({ project: 'acme', region: 'europe-west1', token });
  metadata = await startFakeMetadata({
    account,
    accessToken: token,
    identities: fake.project.identities,
  });
  [world, registry] = await Promise.all([
    createGantryWorld(undefined, { RUN_TOKEN: token, ...metadata.variables }),
    startRegistry(),
  ]);
  const old = `${registry.host}/team/chatbot@sha256:${'0'.repeat(64)}`;
  fake.project.addService('chatbot', [{ name: 'web', image: old, env: [{ name: 'MODE', value: 'kept' }] }]);
  fake.project.addService('inside', [{ name: 'web', image: old }]);
  fake.project.makePrivate('inside', [account]);
  const target = (service: string, more: string) =>
    [
      `{ kind: cloud-run, project: acme, region: europe-west1, service: ${service}`,
      `repository: "${registry.host}/team/chatbot", ${more}`,
      `canary: [10], canaryPause: 300ms, smoke: /healthz, baseUrl: "${fake.baseUrl}" }`,
    ].join(', ');
  const staging = target('chatbot', 'credentials: { accessToken: secret://env/RUN_TOKEN }');
  const prod = target('inside', 'invoker: private');
  await world.workspace.edit('gantry.yml', (text) =>
    text
      .replace(/staging:\n(.*\n) {4}target: \{ kind: compose \}/, `staging:\n$1    target: ${staging}`)
      .replace(
        /prod:\n(.*\n) {4}target: \{ kind: compose \}\n {4}health: .*\n/,
        `prod:\n$1    target: ${prod}\n    health: { http: /healthz, watch: { for: 300ms, interval: 50ms } }\n    gates: { order: false }\n`,
      ),
  );
});
afterAll(async () => {
  await world.remove();
  await Promise.all([registry.stop(), fake.stop(), metadata.stop()]);
});

const shop = () => fake.project.service('chatbot');
const liveImage = () =>
  shop().revisions.find(({ name }) => name === shop().statuses[0]?.revision)?.containers[0]?.image;
let first = '';

test('nobody’s token is sent to where a workspace says that nobody trusts', async () => {
  for (const name of ['staging', 'prod']) {
    expect((await world.environment(name)).observed).toMatchObject({
      kind: 'unreachable',
      why: expect.stringContaining('not trusted'),
    });
  }
  expect(fake.project.requests).toEqual([]);
});

test('a promotion pushes the image, makes a revision of its digest, and moves the traffic', async () => {
  await world.done('build', '--trust');
  await world.done('deploy', 'dev', '--yes');
  const plan = JSON.parse((await world.done('plan', 'staging', '--json')).stdout);
  expect(plan.availability).toEqual([
    expect.objectContaining({ kind: 'push', ref: `${registry.host}/team/chatbot:${plan.release.id}` }),
  ]);
  const { stdout } = await world.done('promote', 'staging', '--yes');
  expect(stdout).toContain('10 % to chatbot-00002-abc');
  first = liveImage() ?? '';
  expect(first).toMatch(/\/team\/chatbot@sha256:/);
  expect(shop().containers[0]?.env).toEqual([{ name: 'MODE', value: 'kept' }]);
  const { observed, drift } = await world.environment('staging');
  expect(observed).toMatchObject({
    kind: 'running',
    services: [{ imageId: first.split('@')[1], health: 'healthy' }],
  });
  expect(drift).toBeUndefined();
});

test('a release that is not well in its canary goes back, and what runs is what ran', async () => {
  await world.workspace.changeALine();
  await world.done('build');
  await world.done('deploy', 'dev', '--yes');
  const before = shop().revisions.length;
  // Well until it has traffic.
  const falling = setInterval(() => {
    const newest = shop().revisions[before]?.containers[0]?.image;
    if (newest !== undefined && shop().statuses.some(({ percent }) => percent === 10))
      fake.images.set(newest, 500);
  }, 5);
  const { code, stdout } = await world.gantry('promote', 'staging', '--yes');
  clearInterval(falling);
  expect(code).not.toBe(0);
  expect(stdout).toContain('traffic is back: chatbot-00002-abc 100 %');
  expect(liveImage()).toBe(first);
  const [run] = await world.history();
  expect(run?.state).toBe('rolled-back');
  // It goes back by what is there: no further revision.
  expect(shop().revisions).toHaveLength(before + 1);
});

test('a rollback is traffic to the revision of before, and the note of the next plan says that it is pinned', async () => {
  fake.images.clear();
  await world.done('promote', 'staging', '--yes');
  expect(liveImage()).not.toBe(first);
  const revisions = shop().revisions.length;
  await world.done('rollback', 'staging', '--yes');
  expect(liveImage()).toBe(first);
  expect(shop().revisions).toHaveLength(revisions);
  // It is held: rolled back by hand.
  const plan = JSON.parse((await world.gantry('plan', 'staging', '--json')).stdout);
  expect(JSON.stringify(plan.warnings)).toContain('pinned to chatbot-00002-abc');
});

test('where only an account may call, every question signs in as the machine’s', async () => {
  const { callers, project } = fake;
  const before = callers.length;
  await world.done('deploy', 'prod', '--confirm', 'prod');
  const asked = callers.slice(before);
  expect(new Set(asked.map(({ path }) => path))).toEqual(
    new Set(['/tagged/inside/gantry/healthz', '/serve/inside/healthz']),
  );
  expect(asked.filter(({ status }) => status !== 200)).toEqual([]);
  expect(project.identities.issued.length).toBeGreaterThan(0);
  const [run] = await world.history();
  expect(run?.state).toBe('succeeded');
});

test('the token is in no file of Gantry’s; one that is not taken is said', async () => {
  const { home } = world.workspace;
  const files = await readdir(home, { recursive: true, withFileTypes: true });
  const texts = files
    .filter((file) => file.isFile())
    .map((file) => readFile(join(file.parentPath, file.name)));
  expect(texts.length).toBeGreaterThan(0);
  const written = Buffer.concat(await Promise.all(texts));
  for (const secret of [token, ...fake.project.identities.issued])
    expect(written.includes(secret)).toBe(false);
  fake.project.answerNext('GET', { status: 401, headers: {}, body: '{}' }, 20);
  const refused = await world.gantry('promote', 'staging', '--yes');
  expect(refused.code).toBe(5);
  expect(refused.stderr).toContain('does not know who asks');
});
