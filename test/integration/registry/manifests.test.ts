import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { digestOf, penFor, registryFor, types } from './fixture.ts';

let server: TestRegistry;
const registry = registryFor();
beforeAll(async () => {
  server = await startRegistry();
});
afterAll(() => server.stop());

const fresh = () => penFor(server.host, `shop-${randomUUID().slice(0, 8)}`);

test('every tag is listed with what it points to, and an index with its parts', async () => {
  const pen = fresh();
  const image = await pen.image({ tag: 'b' });
  const raw = (await pen.read('b'))?.raw ?? Buffer.from('');
  await pen.manifest(JSON.parse(raw.toString()), 'a');
  const index = await pen.index('all');
  const parts = (
    JSON.parse((await pen.read('all'))?.raw.toString() ?? '') as { manifests: { digest: string }[] }
  ).manifests;
  const listed = await registry.manifests(pen.name, []);
  expect(new Set(listed)).toEqual(
    new Set([
      { digest: image.digest, tags: ['a', 'b'], parts: [] },
      { digest: index.digest, tags: ['all'], parts: parts.map(({ digest }) => digest) },
    ]),
  );
});

test('what has no tag is told of when it is asked for, and what is not there is not', async () => {
  const pen = fresh();
  const tagged = await pen.image({ tag: 'x' });
  const index = await pen.index();
  const listed = await registry.manifests(pen.name, [
    tagged.digest,
    index.digest,
    digestOf(Buffer.from('nowhere')),
  ]);
  expect(listed.map(({ digest, tags }) => [digest, tags])).toEqual([
    [tagged.digest, ['x']],
    [index.digest, []],
  ]);
  expect(listed[1]?.parts).toHaveLength(3);
});

test('of a repository that does not exist there are none', async () => {
  expect(await registry.manifests(fresh().name, [digestOf(Buffer.from('x'))])).toEqual([]);
});

test('what is no image has no parts', async () => {
  const pen = fresh();
  const config = await pen.blob(Buffer.from('{}'), 'application/vnd.example.thing');
  const { digest } = await pen.manifest(
    { schemaVersion: 2, mediaType: types.manifest, config, layers: [] },
    'thing',
  );
  expect(await registry.manifests(pen.name, [])).toEqual([{ digest, tags: ['thing'], parts: [] }]);
});
