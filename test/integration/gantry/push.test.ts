import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';

let world: GantryWorld;
let registry: TestRegistry;
beforeAll(async () => {
  [world, registry] = await Promise.all([createGantryWorld(), startRegistry()]);
  await world.done('build', '--trust');
});
afterAll(async () => {
  const names = (await world.docker('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n');
  const pushed = names.filter((name) => name.startsWith(registry.host));
  if (pushed.length > 0) await world.docker('rmi', ...pushed);
  await world.remove();
  await registry.stop();
});

/** Tags that the registry itself lists. */
async function tagsOf(name: string): Promise<readonly string[]> {
  const answer = await fetch(`http://${registry.host}/v2/${name}/tags/list`);
  return answer.ok ? ((await answer.json()) as { tags: string[] }).tags.toSorted() : [];
}

const releaseOf = async () => (await world.history()).find(({ kind }) => kind === 'build')?.release ?? '';

test('without a repository there is nowhere to push to', async () => {
  const refused = await world.gantry('push', await releaseOf());
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('registry.repository');
});

test('a release is pushed under its own name and those that are asked for; again it only moves them', async () => {
  const release = await releaseOf();
  const to = `${registry.host}/team/chatbot`;
  await world.done('push', release, '--to', to, '--tag', 'stable', '--tag', 'v1');
  expect(await tagsOf('team/chatbot')).toEqual([release, 'stable', 'v1'].toSorted());
  const again = await world.done('push', release, '--to', to, '--tag', 'stable');
  expect(again.stdout).toContain('Check image in registry');
  const [newest] = await world.history();
  expect(newest).toMatchObject({ kind: 'push', state: 'succeeded', release });
});

test('between two repositories of a registry it is carried by digest', async () => {
  const { stdout } = await world.done('push', await releaseOf(), '--to', `${registry.host}/public/chatbot`);
  expect(stdout).toContain('no layer travelled');
});

test('what is no tag is refused with what would be right, before anything', async () => {
  const refused = await world.gantry('push', await releaseOf(), '--to', `${registry.host}/x`, '--tag', 'a b');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('"a-b"');
  expect(await tagsOf('x')).toEqual([]);
});

test('a name on the engine that moves says where it pointed', async () => {
  const first = await releaseOf();
  await world.done('tag', first, 'stable', 'old');
  await world.workspace.changeALine();
  await world.done('build');
  const second = await releaseOf();
  expect(second).not.toBe(first);
  const idOf = (name: string) =>
    world.docker('images', '--quiet', '--no-trunc', `${world.workspace.name}:${name}`);
  const before = await idOf('old');
  const { stdout } = await world.done('tag', second, 'stable');
  expect(stdout).toContain(before);
  expect([await idOf('stable'), await idOf('old')]).toEqual([await idOf(second), before]);
});

test('a build tells where a name pointed that it moves', async () => {
  const name = `${world.workspace.name}:newest`;
  await world.workspace.edit('gantry.yml', (text) => `${text}\ntags: { release: [newest] }\n`);
  expect((await world.done('build')).stdout).not.toContain(`${name} moved`);
  const before = await world.docker('inspect', '--format', '{{.Id}}', name);
  await world.workspace.edit('rules/replies.txt', (text) => `${text}\n`);
  const { stdout } = await world.done('build');
  const after = await world.docker('inspect', '--format', '{{.Id}}', name);
  expect(after).not.toBe(before);
  expect(stdout).toContain(`- ${name} moved from ${before} to ${after}`);
  await world.workspace.edit('gantry.yml', (text) => text.replace(/\ntags: .*\n/, ''));
});

test('neither a release’s own name nor one that gantry.yml calls immutable goes to another release', async () => {
  const [second = '', first = ''] = (await world.history())
    .filter(({ kind }) => kind === 'build')
    .map(({ release }) => release ?? '');
  const own = await world.gantry('tag', second, first);
  expect(own.code).toBe(2);
  expect(own.stderr).toContain('which never moves');
  const to = `${registry.host}/kept/chatbot`;
  await world.workspace.edit('gantry.yml', (text) => `${text}\ntags: { immutable: ["{{version}}"] }\n`);
  await world.done('push', second, '--to', to, '--tag', '1.0.1');
  const moved = await world.gantry('push', first, '--to', to, '--tag', '1.0.1');
  expect(moved.code).not.toBe(0);
  expect(moved.stderr).toContain(`${to}:1.0.1 names another image and must not move`);
  expect(await tagsOf('kept/chatbot')).toEqual(['1.0.1', second].toSorted());
});
