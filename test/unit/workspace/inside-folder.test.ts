import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectReport, folderInside } from '#main/workspace/inside-folder.ts';

let root: string;
let folder: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'gantry-inside-')));
  folder = join(root, 'workspace');
  mkdirSync(join(folder, 'libs', 'a'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('a folder inside the workspace', () => {
  test('is answered as it truly is', async () => {
    symlinkSync(join(folder, 'libs'), join(folder, 'link'));
    expect(await folderInside(folder, 'link/a', 'build.context')).toBe(join(folder, 'libs', 'a'));
    expect(await folderInside(folder, '.', 'build.context')).toBe(folder);
    expect(await folderInside(folder, join(folder, 'libs'), 'build.context')).toBe(join(folder, 'libs'));
  });

  test.each([
    ['../other', 'outside the workspace'],
    ['out', 'outside the workspace'],
    ['/', 'outside the workspace'],
    ['gone', 'does not exist'],
    ['loop', 'does not exist'],
    ['file', 'is no folder'],
  ])('%s is refused: %s', async (path, why) => {
    mkdirSync(join(root, 'other'));
    symlinkSync(join(root, 'other'), join(folder, 'out'));
    symlinkSync('loop', join(folder, 'loop'));
    writeFileSync(join(folder, 'file'), '');
    await expect(folderInside(folder, path, 'build.contexts.lib')).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining(`build.contexts.lib names ${path}, which`),
    });
    await expect(folderInside(folder, path, 'x')).rejects.toThrow(why);
  });
});

describe('a test’s report', () => {
  const path = 'junit.xml';
  const file = () => join(folder, path);

  test('that the test writes is read', async () => {
    const read = await expectReport(folder, path);
    writeFileSync(file(), '<x/>');
    expect(String(await read())).toBe('<x/>');
  });

  test('that lay there before is not the test’s, whatever its time says', async () => {
    writeFileSync(file(), '<x/>');
    utimesSync(file(), 4e9, 4e9);
    const read = await expectReport(folder, path);
    expect(await read()).toMatchObject({ why: expect.stringContaining('from before this test') });
  });

  test('that is written over, or put in its place with an old time, is the test’s', async () => {
    writeFileSync(file(), '<x/>');
    const over = await expectReport(folder, path);
    writeFileSync(file(), '<y/>');
    expect(String(await over())).toBe('<y/>');
    const replaced = await expectReport(folder, path);
    writeFileSync(`${file()}.new`, '<z/>');
    utimesSync(`${file()}.new`, 0, 0);
    renameSync(`${file()}.new`, file());
    expect(String(await replaced())).toBe('<z/>');
  });

  test.each<[string, () => void, string]>([
    ['is missing', () => undefined, 'was not written'],
    ['is a folder', () => mkdirSync(file()), 'is no file'],
    ['is a pipe', () => execFileSync('sh', ['-c', 'mkfifo "$0"', file()]), 'is no file'],
    ['lies elsewhere', () => symlinkSync('/etc/passwd', file()), 'lies outside the workspace folder'],
    [
      'is 50 MB',
      () => {
        writeFileSync(file(), '');
        truncateSync(file(), 50e6);
      },
      'is larger than 16 MiB',
    ],
  ])('that %s is a clear note', async (_name, make, why) => {
    const read = await expectReport(folder, path);
    make();
    expect(await read()).toEqual({ kind: 'unreadable', why });
  });
});
