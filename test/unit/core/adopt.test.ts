import { describe, expect, test } from 'vitest';
import { sourceOf, versionOfImage } from '#main/core/adopt/describe.ts';
import { findImage, splitRef } from '#main/core/adopt/find.ts';
import type { Ports } from '#main/core/context.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import { sampleRelease } from './samples.ts';

const revision = '3'.repeat(40);
const never = new AbortController().signal;
const call = { signal: never, insecure: [] };

function image(labels: Readonly<Record<string, string>> = {}, createdAt?: number): ImageFacts {
  const { image: facts } = sampleRelease('a').images[0];
  return {
    ...facts,
    config: { ...facts.config, labels },
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

describe('where an adopted image comes from', () => {
  const commit = { sha: revision, subject: 'Answer faster', author: 'Ada', at: 5 };
  const knowing = { git: { commit: async () => commit } } as unknown as Pick<Ports, 'git'>;
  const ignorant = { git: { commit: async () => undefined } } as unknown as Pick<Ports, 'git'>;
  const labels = { 'org.opencontainers.image.revision': revision };

  test('is the commit that its label names, with what git knows of it', async () => {
    expect(await sourceOf(knowing, '/w', image(labels))).toEqual({ commit, uncommittedFiles: 0 });
  });

  test('is a commit that the repository does not have, at the time the image says', async () => {
    const created = { ...labels, 'org.opencontainers.image.created': '2026-01-02T03:04:05Z' };
    expect((await sourceOf(ignorant, '/w', image(created))).commit).toEqual({
      sha: revision,
      subject: 'not in this repository',
      author: '',
      at: Date.UTC(2026, 0, 2, 3, 4, 5),
    });
    expect((await sourceOf(ignorant, '/w', image(labels, 77))).commit?.at).toBe(77);
  });

  test.each(['', 'main', '--upload-pack=x', '3'.repeat(39)])('is unknown where it says %j', async (text) => {
    const labelled = image({ 'org.opencontainers.image.revision': text });
    expect(await sourceOf(knowing, '/w', labelled)).toEqual({ uncommittedFiles: 0 });
  });
});

test.each<[ref: string, label: string | undefined, version: string]>([
  ['shop:2.5', '1.0', '1.0'],
  ['shop:2.5', undefined, '2.5'],
  ['shop:2.5', '', '2.5'],
  ['host:5000/shop', undefined, 'aaaaaaaaaaaa'],
  ['shop:latest', undefined, 'aaaaaaaaaaaa'],
  [`shop@sha256:${'b'.repeat(64)}`, undefined, 'aaaaaaaaaaaa'],
  ['shop', 'feature/x y', 'feature-x-y'],
  ['shop', '..hidden', 'hidden'],
])('the version of %s labelled %s is %s', (ref, label, version) => {
  const labels = label === undefined ? {} : { 'org.opencontainers.image.version': label };
  expect(versionOfImage(ref, image(labels))).toBe(version);
});

test.each([
  ['redis', { repository: 'redis', hasDigest: false }],
  ['host:5000/team/app', { repository: 'host:5000/team/app', hasDigest: false }],
  ['host:5000/team/app:1.2', { repository: 'host:5000/team/app', tag: '1.2', hasDigest: false }],
  ['app:1@sha256:abc', { repository: 'app', tag: '1', hasDigest: true }],
  ['host:5000/app@sha256:abc', { repository: 'host:5000/app', hasDigest: true }],
])('%s is split', (ref, parts) => {
  expect(splitRef(ref)).toEqual(parts);
});

describe('an image is looked for', () => {
  const ports = (engine: ImageFacts | undefined, digest: string | undefined) =>
    ({
      engine: { image: async () => engine },
      registry: { resolve: async () => (digest === undefined ? undefined : { digest, size: 9 }) },
    }) as unknown as Pick<Ports, 'engine' | 'registry'>;

  test('on the engine first', async () => {
    const facts = image();
    expect(await findImage(ports(facts, 'sha256:d'), 'shop:1', call)).toEqual({
      kind: 'engine',
      image: facts,
    });
  });

  test('then in its registry, by the tag that it was named by', async () => {
    const found = { kind: 'registry', repository: 'host/shop', digest: 'sha256:d', bytes: 9 };
    expect(await findImage(ports(undefined, 'sha256:d'), 'host/shop:1', call)).toEqual({
      ...found,
      tag: '1',
    });
    expect(await findImage(ports(undefined, 'sha256:d'), 'host/shop', call)).toEqual({
      ...found,
      tag: 'latest',
    });
    expect(await findImage(ports(undefined, 'sha256:d'), 'host/shop@sha256:d', call)).toEqual(found);
  });

  test('and nowhere else', async () => {
    const gone = { code: 'image-gone' };
    await expect(findImage(ports(undefined, undefined), 'shop:1', call)).rejects.toMatchObject(gone);
    // What can only be an id is not asked of a registry, where such a name might exist.
    const id = 'sha256:0123456789ab';
    await expect(findImage(ports(undefined, 'sha256:d'), id, call)).rejects.toMatchObject(gone);
  });
});
