import { afterAll, beforeAll, expect, test } from 'vitest';
import { exitCodes } from '#main/shell/cli/exit-codes.ts';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { serviceId } from '#test/fakes/render/account.ts';
import { type FakeRender, startFakeRender } from '#test/fakes/render/server.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';

const apiKey = 'rnd_keyOfTheWholeStory';

let world: GantryWorld;
let registry: TestRegistry;
let render: FakeRender;
beforeAll(async () => {
  registry = await startRegistry();
  const repository = `${registry.host}/team/shop`;
  render = await startFakeRender({ apiKey, imagePath: `${repository}:latest` });
  world = await createGantryWorld(undefined, { RENDER_API_KEY: apiKey, RENDER_HOOK: render.hook });
  const target = (by: string) =>
    `{ kind: render, service: ${serviceId}, repository: "${repository}", ${by}, poll: 20ms, baseUrl: "${render.baseUrl}", hookBase: "${render.hookBase}" }`;
  await world.workspace.edit('gantry.yml', (text) =>
    text
      .replace(
        /staging:\n(.*\n) {4}target: \{ kind: compose \}/,
        `staging:\n$1    target: ${target('apiKey: "secret://env/RENDER_API_KEY"')}`,
      )
      .replace(
        /prod:\n(.*\n) {4}target: \{ kind: compose \}/,
        `prod:\n$1    target: ${target('deployHook: "secret://env/RENDER_HOOK"')}`,
      )
      .replaceAll(/ {4}health: .*\n/g, ''),
  );
});
afterAll(async () => {
  await world.remove();
  await Promise.all([registry.stop(), render.stop()]);
});

const deploys = () => render.account.service.deploys;
const told: string[] = [];
async function gantry(...args: readonly string[]) {
  const ended = await world.gantry(...args);
  told.push(ended.stdout, ended.stderr);
  return ended;
}
async function done(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await gantry(...args);
  if (code === 0) return stdout;
  throw new Error(`gantry ${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`);
}

// One story, told in order.
let first = '';

test('nothing is sent anywhere from a workspace that nobody trusts', async () => {
  expect((await world.environment('staging')).observed).toMatchObject({
    kind: 'unreachable',
    why: expect.stringContaining('not trusted'),
  });
  expect(render.account.asked).toEqual([]);
});

test('a promotion puts the image into the registry and deploys its digest', async () => {
  await done('build', '--trust');
  await done('deploy', 'dev', '--yes');
  const plan = JSON.parse(await done('plan', 'staging', '--json'));
  expect(plan.steps.map((step: { id: string }) => step.id)).toEqual(
    expect.arrayContaining(['check-service', 'deploy', 'verify']),
  );
  await done('promote', 'staging', '--yes');
  first = deploys()[0]?.image.sha ?? '';
  expect(first).toMatch(/^sha256:/);
  expect(deploys()).toMatchObject([{ status: 'live', trigger: 'api' }]);
  const { observed, drift, release } = await world.environment('staging');
  expect(observed).toMatchObject({ kind: 'running', services: [{ imageId: first, state: 'live' }] });
  expect(drift).toBeUndefined();
  expect(release?.id).toBe(plan.release.id);
});

test('what others deploy is drift; a deploy that fails goes back by digest', async () => {
  render.account.land(`${registry.host}/team/shop@sha256:${'d'.repeat(64)}`);
  expect((await world.environment('staging')).drift?.changes).toMatchObject([{ before: first }]);
  await world.workspace.changeALine();
  await done('build');
  await done('deploy', 'dev', '--yes');
  render.account.nextGoesThrough('queued', 'update_failed');
  const { code, stdout } = await gantry('promote', 'staging', '--yes');
  expect([code, stdout]).toEqual([expect.any(Number), expect.stringContaining('update_failed')]);
  expect(code).not.toBe(0);
  expect(deploys().slice(0, 2)).toMatchObject([
    { status: 'live', image: { sha: first } },
    { status: 'update_failed' },
  ]);
  expect((await world.history())[0]?.state).toBe('rolled-back');
});

test('a rollback deploys the older digest', async () => {
  await gantry('lift', 'staging', '--yes');
  await done('promote', 'staging', '--yes');
  expect(deploys()[0]?.image.sha).not.toBe(first);
  await done('rollback', 'staging', '--yes');
  expect(deploys()[0]).toMatchObject({ status: 'live', image: { sha: first } });
});

test('a hook alone: triggered by digest, and that it cannot be verified is said', async () => {
  const before = deploys().length;
  const { stdout, code } = await gantry('promote', 'prod', '--confirm', 'prod');
  expect(stdout).toMatch(/: triggered in .* it cannot be verified/);
  expect(stdout).not.toMatch(/succeeded.*cannot be verified/);
  expect(code).toBe(exitCodes.unverified);
  const { stdout: status } = await gantry('status');
  expect(status).toContain('cannot be asked');
  expect(status).toContain('unverified');
  expect(deploys()).toHaveLength(before + 1);
  expect(deploys()[0]).toMatchObject({ trigger: 'deploy_hook', image: { sha: first } });
});

test('a key that does not work is refused at planning, with what to do', async () => {
  render.account.fail(/^GET/, { status: 401, body: { message: 'unauthorized' } }, 100);
  const { code, stderr } = await gantry('plan', 'staging');
  expect(code).not.toBe(0);
  expect(stderr).toContain('secret://env/RENDER_API_KEY');
});

test('neither key nor hook was ever printed', async () => {
  const all = told.join('\n');
  expect(all).not.toContain(apiKey);
  expect(all).not.toContain(render.account.service.hookKey);
});
