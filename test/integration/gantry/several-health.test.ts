import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { type FakeCloudRun, startFakeCloudRun } from '#test/fakes/cloud-run/server.ts';
import { createGantryWorld, type GantryWorld, untilEnded, untilPrinted } from '#test/gantry-process.ts';

const token = 'ya29.token-of-two-regions';

let world: GantryWorld;
let registry: TestRegistry;
let eu: FakeCloudRun;
let us: FakeCloudRun;

beforeAll(async () => {
  registry = await startRegistry();
  const repository = `${registry.host}/team/shop`;
  const region = async (name: string) => {
    const fake = await startFakeCloudRun({ project: 'acme', region: name, token });
    fake.project.addService('shop', [{ name: 'web', image: `${repository}@sha256:${'0'.repeat(64)}` }]);
    return fake;
  };
  [eu, us] = await Promise.all([region('europe-west1'), region('us-east1')]);
  world = await createGantryWorld(undefined, { RUN_TOKEN: token });
  const member = (name: string, { baseUrl }: FakeCloudRun) =>
    [
      `{ kind: cloud-run, project: acme, region: ${name}, service: shop, repository: "${repository}"`,
      `credentials: { accessToken: secret://env/RUN_TOKEN }, baseUrl: "${baseUrl}" }`,
    ].join(', ');
  await world.workspace.edit('gantry.yml', (text) =>
    text
      .replace(/^tests:\n( .*\n|\n)*/m, '')
      .replace(
        /staging:\n(.*\n) {4}target: \{ kind: compose \}\n {4}health: .*\n/,
        [
          'staging:\n$1    target:\n      kind: several\n      targets:',
          `        eu: ${member('europe-west1', eu)}`,
          `        us: ${member('us-east1', us)}`,
          '    gates: { order: false }',
          '    health: { http: /healthz, interval: 20ms, startPeriod: 0ms, failures: 2, watch: { for: 10m, interval: 20ms } }\n',
        ].join('\n'),
      ),
  );
  await world.done('build', '--trust');
  await world.workspace.changeALine();
  await world.done('build');
}, 60_000);
afterAll(async () => {
  await world?.remove();
  await Promise.all([registry?.stop(), eu?.stop(), us?.stop()]);
});

const watchFor = (time: string) =>
  world.workspace.edit('gantry.yml', (text) => text.replace(/watch: \{ for: \w+/, `watch: { for: ${time}`));
const live = ({ project }: FakeCloudRun) => {
  const { revisions, statuses } = project.service('shop');
  return revisions.find(({ name }) => name === statuses[0]?.revision)?.containers[0]?.image ?? '';
};
const newest = async () => {
  const [run] = await world.history();
  if (run === undefined) throw new Error('there is no run');
  return run;
};

// One story, told in order.
let first = '';

test('each place is asked at its own address, and the plan says so', async () => {
  await watchFor('200ms');
  const [, older = ''] = (await world.history()).map((run) => run.release ?? '');
  const { stdout } = await world.done('deploy', 'staging', older, '--yes', '--trust');
  expect(stdout).toContain('eu /healthz answers and us /healthz answers');
  first = live(eu);
  expect(live(us)).toBe(first);
  for (const { callers } of [eu, us]) {
    expect(callers.length).toBeGreaterThan(2);
    expect(new Set(callers.map(({ path }) => path))).toEqual(new Set(['/serve/shop/healthz']));
  }
});

test('one that does not answer as it should is named, and all of them go back', async () => {
  const flaw = setInterval(() => {
    for (const { containers } of us.project.service('shop').revisions.slice(1))
      for (const { image } of containers) if (image !== first) us.images.set(image, 503);
  }, 5);
  const { code, stdout } = await world.gantry('deploy', 'staging', '--yes');
  clearInterval(flaw);
  expect(code).toBe(1);
  expect(stdout).toMatch(/- Check health: failed.*staging answers 503 on us \/healthz/);
  expect((await newest()).state).toBe('rolled-back');
  expect([live(eu), live(us)]).toEqual([first, first]);
});

test('one that loses health while it is watched is named, and all of them go back', async () => {
  us.images.clear();
  await watchFor('10m');
  const child = world.start('deploy', 'staging', '--yes', '--trust');
  let printed = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  await untilPrinted(child, 'Watch: healthy');
  us.images.set(live(us), 500);
  expect(await untilEnded(child)).toBe(1);
  expect(printed).toContain('staging answers 500 on us /healthz, 2 times in a row');
  expect((await newest()).state).toBe('rolled-back');
  expect([live(eu), live(us)]).toEqual([first, first]);
});

test('where the others were not begun they do not go back, and are not asked whether they are well', async () => {
  await world.done('lift', 'staging');
  us.images.set(first, 500);
  const before = us.callers.length;
  eu.project.breakRevisions({ message: 'it does not start' });
  expect((await world.gantry('deploy', 'staging', '--yes')).code).toBe(1);
  expect((await newest()).state).toBe('rolled-back');
  expect(live(eu)).toBe(first);
  expect(us.callers.length).toBe(before);
});
