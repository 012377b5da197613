import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownEngine, testEngine } from '#test/engine/for-tests.ts';
import { findRegistryProgram, registryUser, startRegistry } from '#test/engine/registry.ts';
import { built, createWorld, step } from './world.ts';

test.for(['classic', 'containerd'] as const)(
  'a base image behind a password, %s: the session has the password, and what is fetched is counted',
  { timeout: 120_000 },
  async (store, { skip, onTestFinished }) => {
    if ((await findRegistryProgram()) === undefined) skip('there is no registry to test with');
    const own = await ownEngine({ skip }, { store });
    onTestFinished(() => own.stop());
    const registry = await startRegistry({ kind: 'basic' });
    onTestFinished(() => registry.stop());
    const config = await mkdtemp(join(tmpdir(), 'gantry-config-'));
    onTestFinished(() => rm(config, { recursive: true, force: true }));
    const auth = Buffer.from(`${registryUser.username}:${registryUser.password}`).toString('base64');
    await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const world = createWorld({ ...own.env, DOCKER_CONFIG: config }, 'base');
    const stranger = createWorld(own.env, 'stranger');
    // Pushed by another engine: what this one had it may keep for a while, and then fetches nothing.
    const elsewhere = createWorld({ ...testEngine().env, DOCKER_CONFIG: config }, 'elsewhere');

    const base = `${registry.host}/base:1`;
    const big = await elsewhere.context({
      Dockerfile: 'FROM scratch\nCOPY big /big\n',
      big: randomBytes(20_000_000),
    });
    built(await elsewhere.build(big, { tag: base }));
    await elsewhere.docker('push', '--quiet', base);
    await elsewhere.docker('rmi', '--force', base);
    await elsewhere.clean();

    const context = await world.context({ Dockerfile: `FROM ${base}\nCOPY a /a\n`, a: '1' });
    const denied = await stranger.build(context);
    expect(denied.failure).toMatchObject({
      code: 'engine-refused',
      message: expect.stringMatching(/authorization|unauthorized|no basic auth/i),
      problems: [{ file: 'Dockerfile', line: 1 }],
    });
    const told = await world.build(context);
    built(told);
    const { bytes } = step(told, /^\[1\/2\] FROM/);
    expect(bytes?.done).toBeGreaterThan(20_000_000);
    expect(bytes?.total).toBe(bytes?.done);
    expect(JSON.stringify(told.outputs)).not.toContain(registryUser.password);
    await world.clean();
    await stranger.clean();
  },
);
