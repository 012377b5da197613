import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tagCommit } from '#main/core/git-tag.ts';
import { askNotes } from '#main/core/release-notes.ts';
import type { Release } from '#shared/domain/release.ts';
import { makeRepository, type TestRepository } from '#test/integration/git/repositories.ts';
import { type BuildWorld, createBuildWorld } from './build-world.ts';
import { sampleImageId } from './samples.ts';

let world: BuildWorld;
let repository: TestRepository;
let images = 0;

beforeEach(async () => {
  world = createBuildWorld();
  world.config('');
  world.engine.outputs = () => [{ kind: 'image', imageId: 'x' }];
  // Each build makes an image of its own, and so a release.
  world.engine.imageId = () => sampleImageId((images + 0x10000).toString(16));
  repository = await makeRepository(world.folder);
});
afterEach(() => world.remove());

async function commit(subject: string): Promise<string> {
  await repository.write('a', subject);
  return repository.commit(subject);
}

async function build(): Promise<Release> {
  images += 1;
  const { release, summary } = await world.build();
  const made = world.releases().find(({ id }) => id === release);
  if (made === undefined) throw new Error(`no release: ${summary}`);
  return made;
}

const subjects = ({ notes }: Pick<Release, 'notes'>) => notes?.commits.map(({ subject }) => subject);

describe('a release', () => {
  test('has the commits since the one before on its branch', async () => {
    await commit('one');
    await commit('two');
    const first = await build();
    expect(subjects(first)).toEqual(['two', 'one']);
    expect(first.notes).not.toHaveProperty('since');
    await commit('three');
    await commit('four');
    const second = await build();
    expect(second.notes?.since).toEqual({
      release: first.id,
      version: first.version,
      commit: first.source.commit?.sha,
    });
    expect(subjects(second)).toEqual(['four', 'three']);
    expect(second.notes?.total).toBe(2);
  });

  test('of the same commit as the one before has the notes of that commit', async () => {
    await commit('one');
    await build();
    await commit('two');
    const clean = await build();
    await repository.write('a', 'dirty');
    const dirty = await build();
    expect(dirty.source.uncommittedFiles).toBe(1);
    expect([subjects(clean), subjects(dirty)]).toEqual([['two'], ['two']]);
  });

  test('passes over those of other branches, whose commits it may contain', async () => {
    await commit('one');
    const first = await build();
    await repository.git('switch', '--quiet', '--create', 'side');
    await commit('on the side');
    await build();
    await repository.git('switch', '--quiet', 'main');
    await repository.git('merge', '--quiet', '--ff-only', 'side');
    await commit('two');
    const next = await build();
    expect(next.notes?.since?.release).toBe(first.id);
    expect(subjects(next)).toEqual(['two', 'on the side']);
  });

  test('passes over one whose commit it does not contain, as long as there is another', async () => {
    await commit('one');
    const first = await build();
    await commit('rewritten');
    const second = await build();
    await repository.git('reset', '--quiet', '--hard', 'HEAD~1');
    await commit('two');
    const third = await build();
    expect(third.notes?.since?.release).toBe(first.id);
    await repository.git('checkout', '--quiet', '--orphan', 'other');
    await commit('a new beginning');
    await repository.git('branch', '--quiet', '--move', '--force', 'other', 'main');
    const fourth = await build();
    expect(fourth.notes?.since?.release).toBe(third.id);
    expect(subjects(fourth)).toEqual(['a new beginning']);
    expect(second.notes?.since?.release).toBe(first.id);
  });

  test('has none without a commit', async () => {
    expect((await build()).notes).toBeUndefined();
  });

  test('keeps its notes when the same is built again', async () => {
    await commit('one');
    const first = await build();
    images -= 1;
    expect((await build()).notes).toEqual(first.notes);
  });
});

describe('notes', () => {
  const ask = (release: Release, since?: Release) =>
    askNotes(world.ports, world.workspaceId, { release: release.id, since: since?.id });

  test('against another release are asked of git', async () => {
    await commit('one');
    const first = await build();
    await commit('two');
    const second = await build();
    await commit('three');
    const third = await build();
    expect(subjects({ notes: await ask(third) })).toEqual(['three']);
    expect(subjects({ notes: await ask(third, first) })).toEqual(['three', 'two']);
    expect(subjects({ notes: await ask(first, third) })).toEqual([]);
    expect(second.notes?.total).toBe(1);
  });

  test('of a release without a commit, or whose commit is gone, say so', async () => {
    const first = await build();
    await expect(ask(first)).rejects.toMatchObject({
      code: 'git-failed',
      message: expect.stringContaining('built without a commit'),
    });
    await commit('one');
    const second = await build();
    await commit('two');
    const third = await build();
    await repository.remove();
    await makeRepository(world.folder);
    world.config('');
    world.write('Dockerfile', 'FROM scratch\n');
    expect((await ask(third)).commits).toHaveLength(1);
    await expect(ask(third, second)).rejects.toMatchObject({
      message: `The repository does not have the commits of ${second.id} and ${third.id}.`,
    });
  });
});

describe('a git tag', () => {
  const tag = (release: Release, name?: string) =>
    tagCommit(world.ports, world.workspaceId, { release: release.id, name });

  beforeEach(async () => {
    await repository.git('config', 'user.name', 'Grace');
    await repository.git('config', 'user.email', 'grace@example.com');
  });

  test('has the version and the notes of its release', async () => {
    world.config('version: 1.0.0');
    const sha = await commit('feat: one');
    const release = await build();
    expect(await tag(release)).toEqual({ name: 'v1.0.0', commit: sha });
    expect(await repository.git('tag', '--list', '--format=%(contents)')).toBe(
      `1.0.0\n\nFeatures\n- one (${sha.slice(0, 7)})`,
    );
    expect(await tag(release)).toEqual({ name: 'v1.0.0', commit: sha });
    expect(await tag(release, 'stable')).toEqual({ name: 'stable', commit: sha });
  });

  test('is refused for what no commit is', async () => {
    const loose = await build();
    await expect(tag(loose)).rejects.toMatchObject({ message: expect.stringContaining('without a commit') });
    await commit('one');
    await repository.write('a', 'dirty');
    const dirty = await build();
    await expect(tag(dirty)).rejects.toMatchObject({
      code: 'git-failed',
      message: `${dirty.id} was built with uncommitted changes: its commit alone is not what was built.`,
    });
    expect(await repository.git('tag')).toBe('');
  });
});
