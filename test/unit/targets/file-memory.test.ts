import { describe, expect, it } from 'vitest';
import type { Engine, Io } from '#main/core/ports.ts';
import { createFileMemory, fileKey } from '#main/targets/compose/file-memory.ts';
import { only } from '#test/fakes/only.ts';

const keyOf = (texts: Readonly<Record<string, string>>, project = 'shop', profiles: string[] = []) =>
  fileKey(
    only<Io>({
      folder: '/w',
      files: { readText: async (path) => texts[path], exists: async () => true },
      engine: only<Engine>({ cliEnvironment: () => ({ PATH: '/bin' }) }),
    }),
    { project, profiles },
    Object.keys(texts),
  );

const counting = () => {
  let asked = 0;
  return async () => {
    asked += 1;
    return asked;
  };
};

describe('what was said of files', () => {
  it('holds as long as they stay as they are, in one project with the same profiles', async () => {
    const memory = createFileMemory();
    const ask = counting();
    const once = async (...key: Parameters<typeof keyOf>) =>
      memory.once(await keyOf(...key), 'model', ask, () => true);
    expect(await once({ a: 'services: {}' })).toBe(1);
    expect(await once({ a: 'services: {}' })).toBe(1);
    expect(await once({ a: 'services: { b: {} }' })).toBe(2);
    expect(await once({ a: 'services: {}' }, 'other')).toBe(3);
    expect(await once({ a: 'services: {}' }, 'shop', ['debug'])).toBe(4);
    expect(await memory.once(await keyOf({ a: 'services: {}' }), 'names', ask, () => true)).toBe(5);
  });

  it('is asked again where it was bad, or others have their say', async () => {
    const memory = createFileMemory();
    const ask = counting();
    const key = await keyOf({ a: 'services: {}' });
    await memory.once(key, 'model', ask, () => false);
    expect(await memory.once(key, 'model', ask, () => true)).toBe(2);
    expect(await keyOf({ a: 'include: [b.yml]' })).toBeUndefined();
    expect(await keyOf({ a: 'services: { web: { extends: { file: b.yml } } }' })).toBeUndefined();
    await memory.once(undefined, 'model', ask, () => true);
    expect(await memory.once(undefined, 'model', ask, () => true)).toBe(4);
  });

  it('does not grow without end', async () => {
    const memory = createFileMemory();
    const ask = counting();
    for (let index = 0; index < 100; index += 1) await memory.once(`k${index}`, 'model', ask, () => true);
    expect(await memory.once('k99', 'model', ask, () => true)).toBe(100);
    expect(await memory.once('k0', 'model', ask, () => true)).toBe(101);
  });
});
