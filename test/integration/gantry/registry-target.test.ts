import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ProvisionedEngine, provisionEngine } from '#test/engine/engine.ts';
import { whyNotProvisionable } from '#test/engine/machine.ts';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';

/** Asked of the registry itself. */
async function digestOf(host: string, name: string, tag: string): Promise<string | null> {
  const accept = ['manifest.v2', 'manifest.list.v2'].map(
    (kind) => `application/vnd.docker.distribution.${kind}+json`,
  );
  const oci = ['manifest', 'index'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`);
  const answer = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept: [...accept, ...oci].join(', ') },
  });
  return answer.status === 200 ? answer.headers.get('docker-content-digest') : null;
}

/** An image's id means something else on each store; its digest in a registry does not. */
const stores =
  whyNotProvisionable() === undefined ? (['shared', 'containerd'] as const) : (['shared'] as const);

// One story, told in order.
describe.each(stores)('from the engine to one registry, and from that to another: %s engine', (store) => {
  let world: GantryWorld;
  let registry: TestRegistry;
  let other: TestRegistry;
  let own: ProvisionedEngine | undefined;
  beforeAll(async () => {
    if (store === 'containerd') own = await provisionEngine({ store });
    [world, registry, other] = await Promise.all([createGantryWorld(own), startRegistry(), startRegistry()]);
    await world.workspace.edit('gantry.yml', (text) =>
      text
        .replace(
          /staging:\n(.*\n) {4}target: \{ kind: compose \}/,
          `staging:\n$1    target: { kind: registry, repository: "${registry.host}/team/staging" }`,
        )
        .replace(
          /prod:\n(.*\n) {4}target: \{ kind: compose \}/,
          `prod:\n$1    target: { kind: registry, repository: "${other.host}/prod", tag: live }`,
        )
        .replaceAll(/ {4}health: .*\n/g, '')
        .concat('\ntags:\n  immutable: [first]\n  moving: [latest]\n'),
    );
  });
  afterAll(async () => {
    await world.remove();
    await Promise.all([registry.stop(), other.stop(), own?.stop()]);
  });

  let first = '';

  test('a promotion pushes what was built, and moves the tag that is the environment', async () => {
    await world.done('build', '--trust');
    await world.done('deploy', 'dev', '--yes');
    const plan = JSON.parse((await world.done('plan', 'staging', '--json')).stdout);
    expect(plan.availability).toEqual([
      expect.objectContaining({ kind: 'push', ref: `${registry.host}/team/staging:${plan.release.id}` }),
    ]);
    await world.done('promote', 'staging', '--yes');
    first = (await digestOf(registry.host, 'team/staging', 'staging')) ?? '';
    expect(first).toMatch(/^sha256:/);
    for (const tag of [plan.release.id, 'first', 'latest']) {
      expect(await digestOf(registry.host, 'team/staging', tag), tag).toBe(first);
    }
    const { observed, drift, image } = await world.environment('staging');
    expect(observed).toMatchObject({ kind: 'running', services: [{ imageId: first }] });
    expect(drift).toBeUndefined();
    // Where it is pulled from a registry it is known by the digest that it has there, on an engine by the engine's id.
    expect(image).toBe(first);
    const dev = await world.environment('dev');
    expect(dev.image).toBe(dev.release?.imageId);
  });

  test('to another registry it travels by digest and never again from the engine', async () => {
    const plan = JSON.parse((await world.done('plan', 'prod', '--json')).stdout);
    expect(plan.availability).toEqual([
      expect.objectContaining({
        kind: 'promote',
        digest: first,
        from: `${registry.host}/team/staging@${first}`,
        isSameRegistry: false,
      }),
    ]);
    await world.done('promote', 'prod', '--confirm', 'prod');
    expect(await digestOf(other.host, 'prod', 'live')).toBe(first);
  });

  test('a tag that others moved is drift, and a plan made before is stale', async () => {
    await world.workspace.changeALine();
    await world.done('build');
    await world.done('deploy', 'dev', '--yes');
    const blocked = await world.gantry('promote', 'staging', '--yes');
    expect(blocked.stderr).toContain('must not move');
    await world.workspace.edit('gantry.yml', (text) => text.replace('[first]', '["{{release}}-x"]'));
    const plan = JSON.parse((await world.done('plan', 'staging', '--json')).stdout);
    await world.done('promote', 'staging', '--yes');
    const stale = await world.gantry('promote', 'staging', '--yes', '--plan', plan.hash);
    expect(stale.code).toBe(6);
    const second = await digestOf(registry.host, 'team/staging', 'staging');
    expect(second).not.toBe(first);
    const manifest = await fetch(`http://${registry.host}/v2/team/staging/manifests/${first}`, {
      headers: {
        accept:
          'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json',
      },
    });
    const type = manifest.headers.get('content-type') ?? '';
    const body = await manifest.arrayBuffer();
    const put = { method: 'PUT', headers: { 'content-type': type }, body };
    expect((await fetch(`http://${registry.host}/v2/team/staging/manifests/staging`, put)).status).toBe(201);
    expect((await world.environment('staging')).drift?.changes).toEqual([
      { path: 'tag.image', before: second, after: first },
    ]);
  });

  test('a rollback moves the tag back by digest', async () => {
    await world.done('promote', 'staging', '--yes');
    await world.done('rollback', 'staging', '--yes');
    expect(await digestOf(registry.host, 'team/staging', 'staging')).toBe(first);
    expect((await world.environment('staging')).hold?.reason).toContain('Rolled back');
  });

  test('an image the engine lost comes back from the registry', async () => {
    const { stdout } = await world.done('status', '--json');
    const release = JSON.parse(stdout).environments[1].release;
    const tags = await world.docker('images', '--format', '{{.Repository}}:{{.Tag}}');
    const { id, ref, imageId } = release;
    await world.docker('compose', '--project-name', `${world.workspace.name}-dev`, 'down', '--timeout', '1');
    const names = tags
      .split('\n')
      .filter((tag) => tag.startsWith(world.workspace.name) || tag.startsWith(registry.host));
    await world.docker('rmi', ...names);
    expect(await world.docker('images', '--quiet', '--no-trunc', ref)).toBe('');
    await world.done('deploy', 'dev', id, '--yes');
    expect(await world.liveImage('dev')).toBe(imageId);
  });

  test('an image for another platform than what pulls it is refused at planning, with the setting that mends it', async () => {
    const withPlatform = (text: string) =>
      text.replace(', tag: live }', ', tag: live, platform: linux/riscv64 }');
    await world.workspace.edit('gantry.yml', withPlatform);
    const refused = await world.gantry('promote', 'prod', '--confirm', 'prod');
    expect(refused.stderr).toContain('build.platforms: [linux/riscv64]');
    expect(refused.code).toBe(2);
    await world.workspace.edit('gantry.yml', (text) => text.replace(', platform: linux/riscv64', ''));
  });

  test('a registry that is down: nothing is started, and the exit code says so', async () => {
    await other.stop();
    const refused = await world.gantry('promote', 'prod', '--confirm', 'prod');
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain(other.host);
  });
});
