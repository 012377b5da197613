import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { imageComparisonSchema } from '#shared/domain/image-contents.ts';
import { imageListSchema, rollbackChoiceSchema } from '#shared/domain/image-list.ts';
import { prunePreviewSchema } from '#shared/domain/retention.ts';
import { baseImage } from '#test/engine/base-image.ts';
import { type ProvisionedEngine, provisionEngine } from '#test/engine/engine.ts';
import { whyNotProvisionable } from '#test/engine/machine.ts';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { penFor, types } from '#test/integration/registry/fixture.ts';

const stores =
  whyNotProvisionable() === undefined ? (['shared', 'containerd'] as const) : (['shared'] as const);

// One story, told in order: each test stands on those before it.
describe.each(stores)('images in a registry: %s engine', (store) => {
  let world: GantryWorld;
  let registry: TestRegistry;
  let own: ProvisionedEngine | undefined;
  /** In the order in which they were built. */
  const releases: string[] = [];
  const repository = () => `${registry.host}/shop`;
  const pen = () => penFor(registry.host, 'shop');
  const digestOf = async (tag = '') => (await pen().read(tag))?.digest;
  const json = async (...args: readonly string[]): Promise<unknown> =>
    JSON.parse((await world.done(...args, '--json')).stdout);
  const images = async () => imageListSchema.parse(await json('images')).images;
  const preview = async () => prunePreviewSchema.parse(await json('prune', '--preview'));
  const choices = async () => z.array(rollbackChoiceSchema).parse(await json('rollback', 'dev', '--list'));
  /** Every name that the engine has for a release. */
  const forget = async (release = '') => {
    const listed = (await images()).find((one) => one.release.id === release);
    await world.docker('rmi', ...(listed?.images[0]?.names ?? []));
  };

  beforeAll(async () => {
    if (store === 'containerd') own = await provisionEngine({ store });
    [world, registry] = await Promise.all([createGantryWorld(own), startRegistry()]);
    await world.workspace.edit(
      'gantry.yml',
      (text) =>
        `${text}\nregistry:\n  repository: ${repository()}\nretention:\n  keep: 1\n` +
        `tags:\n  immutable: ['v-{{release}}']\n  moving: ['{{environment}}']\n`,
    );
    for (const word of ['one', 'two', 'three', 'four']) {
      await world.workspace.edit('rules/replies.txt', (text) => `${text}${word} = ${word}\n`);
      await world.done('build', '--trust');
      releases.push(await world.newestRelease());
      await world.done('push', releases.at(-1) ?? '');
      if (word === 'one' || word === 'two') await world.done('deploy', 'dev', '--yes');
    }
  });
  afterAll(async () => {
    await world.remove();
    await Promise.all([registry.stop(), own?.stop()]);
  });

  test('are listed with their places', async () => {
    for (const { release, places } of await images()) {
      expect(places).toEqual([{ ref: `${repository()}:${release.id}`, digest: await digestOf(release.id) }]);
    }
  });

  test('a manifest goes when nothing names it that stays', async () => {
    const [one, two, three, four] = releases;
    const digest = await digestOf(three);
    const { goes } = await preview();
    expect(goes).toMatchObject([
      { release: three, manifests: [{ ref: `${repository()}@${digest}`, tags: [three] }] },
    ]);
    await world.done('prune', '--yes');
    expect(await digestOf(three)).toBeUndefined();
    expect(await digestOf(digest)).toBeUndefined();
    for (const release of [one, two, four]) expect(await digestOf(release)).toBeDefined();
    const left = await world.docker('images', '--format', '{{.Repository}}:{{.Tag}}');
    expect(left).not.toContain(three);
    for (const release of [one, two, four]) expect(left).toContain(release);
    expect((await images()).find(({ release }) => release.id === three)?.presence).toBe('gone');
  });

  test('an image that only the registry has is known to be there, can be compared, and a rollback fetches it', async () => {
    const [one = '', two, , four = ''] = releases;
    await forget(one);
    const { contents } = imageComparisonSchema.parse(await json('compare', one, four));
    expect(contents.files.list.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'changed app/replies.tsv',
      'changed app/MODEL',
    ]);
    expect(contents.layersNotRead).toBe(0);
    expect(await choices()).toMatchObject([{ release: { id: one }, image: 'in-registry' }]);
    expect((await world.environment('dev')).rollbackTo).toMatchObject({ id: one, image: 'in-registry' });
    expect((await images()).find(({ release }) => release.id === one)?.presence).toBe('in-registry');
    await world.done('rollback', 'dev', '--yes');
    await world.done('lift', 'dev');
    expect((await world.environment('dev')).release?.id).toBe(one);
    expect((await choices())[0]).toMatchObject({ release: { id: two }, image: 'here' });
  });

  test('a name that somebody else gave keeps the manifest, and so does an index that it is a part of', async () => {
    const [, two] = releases;
    // Nothing goes back to it any more: it was rolled back from.
    const digest = await digestOf(two);
    const manifest = await pen().read(two ?? '');
    const raw = manifest?.raw ?? Buffer.from('');
    await put(registry.host, 'customer-x', raw);
    const kept = (await preview()).goes.find(({ release }) => release === two);
    expect(kept?.manifests).toEqual([]);
    expect(kept?.left).toContainEqual({
      name: `${repository()}:customer-x`,
      why: 'no release owns that name',
    });
    // This registry removes no tag alone: the manifest goes, and comes back under its own.
    await fetch(`http://${repository().replace('/', '/v2/')}/manifests/${digest}`, { method: 'DELETE' });
    await put(registry.host, two ?? '', raw);
    const { mediaType } = JSON.parse(raw.toString()) as { mediaType: string };
    const size = raw.length;
    await pen().manifest(
      {
        schemaVersion: 2,
        mediaType: types.index,
        manifests: [{ mediaType, digest, size, platform: { os: 'linux', architecture: 'amd64' } }],
      },
      'bundle',
    );
    const part = (await preview()).goes.find(({ release }) => release === two);
    expect(part?.manifests).toEqual([]);
    expect(part?.left).toContainEqual({
      name: `${repository()}@${digest}`,
      why: 'it is part of an image that stays',
    });
    await world.done('prune', '--yes');
    expect(await digestOf(digest)).toBe(digest);
  });

  test('an image that somebody else pushed is adopted by its name, and by its digest', async () => {
    const elsewhere = `${registry.host}/elsewhere`;
    await world.docker('tag', baseImage, `${elsewhere}:7.1`);
    await world.docker('push', `${elsewhere}:7.1`);
    await world.docker('rmi', `${elsewhere}:7.1`);
    const digest = (await penFor(registry.host, 'elsewhere').read('7.1'))?.digest ?? '';
    await world.done('adopt', `${elsewhere}:7.1`);
    const [adopted] = await world.history();
    expect(adopted).toMatchObject({ kind: 'adopt', version: '7.1' });
    const listed = (await images()).find(({ release }) => release.id === adopted?.release);
    expect(listed).toMatchObject({ presence: 'here', adoptedFrom: { ref: `${elsewhere}:7.1`, digest } });
    // The same image by its digest is the same release.
    await world.done('adopt', `${elsewhere}@${digest}`);
    expect((await world.history())[0]).toMatchObject({ release: adopted?.release });
    const nowhere = await world.gantry('adopt', `${elsewhere}@sha256:${'0'.repeat(64)}`);
    expect(nowhere.code).toBe(1);
    expect(nowhere.stdout).toContain('There is no image');
  });

  test('a registry that does not answer is left alone, and said so', async () => {
    await registry.stop();
    const list = imageListSchema.parse(await json('images'));
    expect(list.notes.join()).toContain(registry.host);
    expect(list.images.flatMap(({ places }) => places)).toEqual([]);
    const { notes } = await preview();
    expect(notes.join()).toContain(registry.host);
    await world.done('prune', '--preview');
  });
});

/** The same bytes under another tag, as any other tool may write them. */
async function put(host: string, tag: string, raw: Buffer): Promise<void> {
  const { mediaType } = JSON.parse(raw.toString()) as { mediaType: string };
  const answer = await fetch(`http://${host}/v2/shop/manifests/${tag}`, {
    method: 'PUT',
    body: new Uint8Array(raw),
    headers: { 'content-type': mediaType },
  });
  if (answer.status !== 201) throw new Error(`put: ${answer.status}`);
}
