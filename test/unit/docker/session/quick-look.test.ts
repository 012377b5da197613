import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Selection } from '#main/docker/session/context-walk.ts';
import { digestOfListed, hugeOf, isPacked, type Listed } from '#main/docker/session/packed-entries.ts';
import { createContextSource } from '#main/docker/session/warm-context.ts';
import { entriesIn, filesIn } from '#test/property/listed.ts';

let root = '';
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'gantry-quick-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, content = path): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** Longer than a clock of the kernel's ticks. */
const untilOld = () => pause(40);
const asking = { mayKeep: true, onNote: () => {} };
const never = new AbortController().signal;
const once = () => createContextSource({ now: Date.now });
const read = async (selection: Selection = {}) => entriesIn(await once().entries(root, selection, asking));
const readPacked = (selection: Selection = {}) =>
  once().entries(root, selection, { ...asking, mayPack: true });

function putAll(): void {
  put('a/b/c');
  put('a/f');
  put('d/e', '');
  put('node_modules/x/y');
  put('node_modules/keep');
  put('x.log');
  symlinkSync('a/f', join(root, 'link'));
  symlinkSync('nowhere', join(root, 'dangling'));
  linkSync(join(root, 'a/f'), join(root, 'z'));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x6e, 0xff])]), 'no UTF-8');
  chmodSync(join(root, 'x.log'), 0o4755);
}

const selections: readonly Selection[] = [
  {},
  { excludePatterns: ['node_modules', '*.log'] },
  { excludePatterns: ['**', '!a/b', '!**/x.log', '!node_modules/keep'] },
  { followPaths: ['a', 'node_modules/x', 'link', 'absent', 'absent/too', 'a/f/no'] },
  { followPaths: ['node_modules/*'], excludePatterns: ['**/y'] },
];

/** That it is the same list shows in its digest, in which all is that is told. */
async function expectSame(listed: Listed, selection: Selection): Promise<void> {
  const entries = await read(selection);
  expect(digestOfListed(listed)).toBe(digestOfListed(entries));
  expect(filesIn(listed)).toMatchObject(
    filesIn(entries).map(({ path, kind, size, modifiedAt, changedAt, identity }) => ({
      ...{ path, kind, size, modifiedAt, changedAt, identity },
    })),
  );
}

describe('a look at what nobody changes', () => {
  test.each(selections.map((selection) => [JSON.stringify(selection), selection] as const))(
    'finds what a snapshot finds: %s',
    async (_words, selection) => {
      putAll();
      await untilOld();
      const listed = await readPacked(selection);
      expect(isPacked(listed)).toBe(true);
      await expectSame(listed, selection);
    },
  );

  test('goes on from what was read ahead, by whatever guess', async () => {
    putAll();
    await untilOld();
    const ahead = once().ahead(root, ['a'], never);
    await pause(5);
    const listed = await ahead.entries(root, {}, { ...asking, mayPack: true });
    expect(isPacked(listed)).toBe(true);
    await expectSame(listed, {});
  });

  test('holds many thousands, and names of any length', async () => {
    for (let n = 0; n < 5_000; n += 1) put(`many/${n % 7}/${'n'.repeat(n % 200)}${n}`, '');
    await untilOld();
    await expectSame(await readPacked(), {});
  });

  test('tells of files of a gigabyte', async () => {
    put('small');
    await untilOld();
    expect(hugeOf(await readPacked())).toEqual([]);
  });
});

describe('a look at what changes', () => {
  test('gives way to a snapshot while a change is so young that another might not show', async () => {
    putAll();
    const listed = await readPacked();
    expect(isPacked(listed)).toBe(false);
    await expectSame(listed, {});
  });

  function linkElsewhere(): void {
    rmSync(join(root, 'link'));
    symlinkSync('x.log', join(root, 'link'));
  }

  test.each([
    ['written', () => put('a/f', 'anew')],
    ['added', () => put('d/new')],
    ['removed', () => rmSync(join(root, 'd/e'))],
    ['given other times', () => utimesSync(join(root, 'a/b/c'), 1, 1)],
    ['linked elsewhere', linkElsewhere],
  ])('gives way to a snapshot when something is %s before it is looked at', async (_how, change) => {
    putAll();
    await untilOld();
    // What is left out is not read ahead.
    const ahead = once().ahead(root, ['a'], never);
    await pause(5);
    change();
    const listed = await ahead.entries(root, {}, { ...asking, mayPack: true });
    expect(isPacked(listed)).toBe(false);
    await expectSame(listed, {});
  });

  test('is of the moment in which it was begun', async () => {
    putAll();
    await untilOld();
    const before = digestOfListed(await read());
    const ahead = once().ahead(root, [], never);
    await pause(5);
    put('a/f', 'anew');
    const listed = await ahead.entries(root, {}, { ...asking, mayPack: true });
    expect([isPacked(listed), digestOfListed(listed)]).toEqual([true, before]);
  });

  test('says what is wrong as a snapshot does', async () => {
    putAll();
    await untilOld();
    const wrong = { excludePatterns: ['[a'] };
    const words = await read(wrong).catch(String);
    expect(await readPacked(wrong).catch(String)).toBe(words);
    expect(words).toContain('[a');
  });

  test('ends when nobody wants it any more', async () => {
    putAll();
    await untilOld();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(once().entries(root, {}, { ...asking, mayPack: true, signal })).rejects.toThrow('enough');
  });
});
