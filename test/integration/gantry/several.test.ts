import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { serviceId } from '#test/fakes/render/account.ts';
import { type FakeRender, startFakeRender } from '#test/fakes/render/server.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';

let world: GantryWorld;
let registry: TestRegistry;
let eu: FakeRender;
let us: FakeRender;

beforeAll(async () => {
  registry = await startRegistry();
  const repository = `${registry.host}/team/shop`;
  const account = { apiKey: 'rnd_key', imagePath: `${repository}:latest` };
  [eu, us] = await Promise.all([startFakeRender(account), startFakeRender(account)]);
  world = await createGantryWorld(undefined, { RENDER_KEY: 'rnd_key' });
  const member = ({ baseUrl, hookBase }: FakeRender) =>
    `{ kind: render, service: ${serviceId}, repository: "${repository}", apiKey: "secret://env/RENDER_KEY", poll: 20ms, baseUrl: "${baseUrl}", hookBase: "${hookBase}" }`;
  await world.workspace.edit('gantry.yml', (text) =>
    text
      .replace(/^tests:\n( .*\n|\n)*/m, '')
      .replace(
        /staging:\n(.*\n) {4}target: \{ kind: compose \}/,
        `staging:\n$1    target:\n      kind: several\n      targets:\n        eu: ${member(eu)}\n        us: ${member(us)}\n    gates: { order: false }`,
      )
      .replaceAll(/ {4}health: .*\n/g, ''),
  );
  await world.done('build', '--trust');
  await world.workspace.changeALine();
  await world.done('build');
}, 60_000);
afterAll(async () => {
  await world?.remove();
  await Promise.all([registry?.stop(), eu?.stop(), us?.stop()]);
});

const deploys = ({ account }: FakeRender) => account.service.deploys;
const live = (of: FakeRender) => deploys(of).find(({ status }) => status === 'live')?.image.sha;

// One story, told in order.
let first = '';

test('one release goes to all of them, one after the other', async () => {
  const [, older] = (await world.history()).map((run) => run.release);
  const { stdout } = await world.done('deploy', 'staging', older ?? '', '--yes');
  expect(stdout.indexOf('- eu: Verify image: succeeded')).toBeGreaterThan(0);
  expect(stdout.indexOf('- us: Deploy on Render: started')).toBeGreaterThan(
    stdout.indexOf('- eu: Verify image: succeeded'),
  );
  first = live(eu) ?? '';
  expect([first, live(us)]).toEqual([expect.stringMatching(/^sha256:/), first]);
  const { observed, drift } = await world.environment('staging');
  expect(observed).toMatchObject({
    services: [
      { name: expect.stringMatching(/^eu\//), imageId: first },
      { name: expect.stringMatching(/^us\//), imageId: first },
    ],
  });
  expect(drift).toBeUndefined();
});

test('where the first fails the others are not begun, and it alone goes back', async () => {
  const before = deploys(us).length;
  eu.account.nextGoesThrough('queued', 'update_failed');
  expect((await world.gantry('deploy', 'staging', '--yes')).code).toBe(1);
  const [run] = await world.history();
  expect(run?.state).toBe('rolled-back');
  expect([live(eu), live(us), deploys(us).length]).toEqual([first, first, before]);
});

test('where a later one fails, those before it go back, too; what one of them runs else is drift', async () => {
  us.account.nextGoesThrough('queued', 'update_failed');
  expect((await world.gantry('deploy', 'staging', '--yes')).code).toBe(1);
  expect((await world.history())[0]?.state).toBe('rolled-back');
  expect([live(eu), live(us)]).toEqual([first, first]);
  us.account.land(`${registry.host}/team/shop@sha256:${'d'.repeat(64)}`);
  expect((await world.environment('staging')).drift?.changes).toMatchObject([
    { path: expect.stringMatching(/^us\//) },
  ]);
});

test('one that cannot be reached hides no other, and nothing is deployed or taken back past it', async () => {
  await world.done('deploy', 'staging', '--yes');
  await us.stop();
  const { observed, drift } = await world.environment('staging');
  expect(observed).toMatchObject({
    kind: 'running',
    services: [{ name: expect.stringMatching(/^eu\//), imageId: live(eu), health: 'healthy' }],
    places: [
      { name: 'eu', kind: 'running' },
      { name: 'us', kind: 'unreachable', why: expect.stringContaining('Render') },
    ],
  });
  expect(drift).toBeUndefined();
  const { stdout } = await world.done('status');
  expect(stdout).toMatch(/^staging .* us unreachable /m);
  expect(stdout).toMatch(/^ {2}eu healthy; us unreachable: .*Render/m);
  const before = deploys(eu).length;
  for (const verb of ['deploy', 'rollback']) {
    const refused = await world.gantry(verb, 'staging', '--yes');
    expect([verb, refused.code, refused.stderr]).toEqual([
      verb,
      expect.any(Number),
      expect.stringContaining('us in staging cannot be observed: us: '),
    ]);
    expect(refused.code).not.toBe(0);
  }
  expect(deploys(eu).length).toBe(before);
});
