import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeRepository } from '#test/integration/git/repositories.ts';
import { type BuildWorld, createBuildWorld } from './build-world.ts';

let world: BuildWorld;
beforeEach(() => {
  world = createBuildWorld();
});
afterEach(() => world.remove());

describe('a build begins while git is asked', () => {
  test('with all but what git says, and it is that one which is built', async () => {
    world.config('build: { target: runtime, labels: { team: web } }');
    const repository = await makeRepository(world.folder);
    const sha = await repository.commit('feat: all of it');
    await world.build();
    const [begun, ...others] = world.asked.begun;
    expect(others).toEqual([]);
    expect(begun).toMatchObject({ target: 'runtime', images: [{ tag: 'shop:gantry-run-1' }] });
    expect(begun?.labels).toEqual({ team: 'web' });
    expect(begun).not.toHaveProperty('sourceDateEpoch');
    const { begun: built, ...request } = world.asked.builds[0] ?? {};
    expect(request).toMatchObject({ ...begun, labels: { 'org.opencontainers.image.revision': sha } });
    built?.drop();
    expect(world.asked.dropped).toContain(begun);
  });

  test('and is dropped when the source has no version', async () => {
    world.config('version: "{{tag}}"');
    const view = await world.build();
    expect(view.summary).toContain('wants {{tag}}');
    expect(world.asked.builds).toEqual([]);
    // The run does not wait for it: to say that there is no repository may take less time than to begin.
    await vi.waitFor(() => expect(world.asked.begun).toHaveLength(1));
    await vi.waitFor(() => expect(world.asked.dropped).toEqual(world.asked.begun));
  });

  test('where it cannot be, the step that builds says why', async () => {
    world.config('build: { secrets: { token: { env: NO_TOKEN } } }');
    const view = await world.build();
    const ended = view.steps.map(({ id, state }) => `${id} ${state}`);
    expect(ended.slice(0, 2)).toEqual(['source succeeded', 'build failed']);
    expect(world.asked.begun).toEqual([]);
  });
});
