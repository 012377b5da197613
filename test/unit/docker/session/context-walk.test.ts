import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { filesOnDisk } from '#main/docker/session/context-entry.ts';
import { type Selection, walkContext, withLinks } from '#main/docker/session/context-walk.ts';
import { shown } from '#main/docker/session/path-text.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gantry-walk-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (path.endsWith('/')) mkdirSync(join(root, path), { recursive: true });
    else writeFileSync(join(root, path), path);
  }
}

const walk = (selection: Selection = {}) =>
  withLinks([...walkContext(filesOnDisk(root), selection)].flatMap((entry) => entry ?? []));
const walked = (selection: Selection = {}) => walk(selection).map(({ path }) => shown(path));

describe('a walk', () => {
  test('goes depth first, by the bytes of the names', () => {
    put('b/c', 'b.txt', 'a/x', 'B', '\u{ffff}', '\u{10000}', 'b/a/z', 'empty/');
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x66, 0xff])]), '');
    expect(walked()).toEqual([
      ...['B', 'a', 'a/x', 'b', 'b/a', 'b/a/z', 'b/c', 'b.txt', 'empty', 'f\\xff', '\u{ffff}', '\u{10000}'],
    ]);
  });

  test('keeps names that a line or a list could not', () => {
    put('a b', 'a,b', 'a\nb', '-rf', '$x');
    expect(walked()).toEqual(['$x', '-rf', 'a\nb', 'a b', 'a,b']);
  });

  test('tells modes as Go does, links, pipes and sockets', async () => {
    put('run', 'd/x');
    chmodSync(join(root, 'run'), 0o4750);
    chmodSync(join(root, 'd'), 0o1777);
    symlinkSync('d/x', join(root, 'l'));
    linkSync(join(root, 'd/x'), join(root, 'z'));
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'p')]);
    const server = createServer().listen(join(root, 's'));
    await once(server, 'listening');
    chmodSync(join(root, 's'), 0o640);
    const found = walk().map(({ path, mode, link, size }) => [path, mode, link, Number(size)]);
    server.close();
    expect(found).toEqual([
      ['d', 2 ** 31 + 2 ** 20 + 0o777, undefined, 0],
      ['d/x', 0o644, undefined, 3],
      ['l', 2 ** 27 + 0o777, 'd/x', 3],
      ['p', 2 ** 25 + 0o644, undefined, 0],
      ['run', 2 ** 23 + 0o750, undefined, 3],
      ['s', 0o640, undefined, 0],
      ['z', 0o644, 'd/x', 3],
    ]);
  });

  test('a hard link whose first name is ignored stands for itself', () => {
    put('a', 'c');
    linkSync(join(root, 'a'), join(root, 'b'));
    linkSync(join(root, 'a'), join(root, 'd'));
    const found = walk({ excludePatterns: ['a'] }).map(({ path, link }) => [path, link]);
    expect(found).toEqual([
      ['b', undefined],
      ['c', undefined],
      ['d', 'b'],
    ]);
  });

  test('leaves out what is ignored, and tells the folders above an exception', () => {
    put('keep/x', 'out/deep/in', 'out/deep/other', 'out/z', 'a.log');
    const excludePatterns = ['out', '*.log', '!out/deep/in'];
    expect(walked({ excludePatterns })).toEqual(['keep', 'keep/x', 'out', 'out/deep', 'out/deep/in']);
    expect(walked({ excludePatterns: ['**'] })).toEqual([]);
  });
});

describe('what the engine follows', () => {
  test('a path with what is below it and the folders above it', () => {
    put('a/b/c', 'a/b/d/e', 'a/x', 'ab');
    expect(walked({ followPaths: ['a/b'] })).toEqual(['a', 'a/b', 'a/b/c', 'a/b/d', 'a/b/d/e']);
    expect(walked({ followPaths: ['/a/x', 'missing'] })).toEqual(['a', 'a/x']);
    expect(walked({ followPaths: ['.'] })).toHaveLength(7);
    expect(walked({ followPaths: ['a/b'], excludePatterns: ['**/d'] })).toEqual(['a', 'a/b', 'a/b/c']);
    expect(walked({ followPaths: ['a*'] })).toHaveLength(7);
  });

  test('links and what they lead to, out of the context nowhere', () => {
    put('real/x', 'other/y', 'etc/z');
    symlinkSync('real', join(root, 'link'));
    symlinkSync('../other', join(root, 'real/up'));
    symlinkSync('../../../../etc', join(root, 'out'));
    symlinkSync('/etc/z', join(root, 'abs'));
    expect(walked({ followPaths: ['link/x'] })).toEqual(['link', 'real', 'real/x']);
    expect(walked({ followPaths: ['link/up'] })).toEqual(['link', 'other', 'other/y', 'real', 'real/up']);
    expect(walked({ followPaths: ['out'] })).toEqual(['etc', 'etc/z', 'out']);
    expect(walked({ followPaths: ['a*'] })).toEqual(['abs', 'etc', 'etc/z']);
  });

  test('a loop of links ends', () => {
    put('d/x');
    symlinkSync('b', join(root, 'a'));
    symlinkSync('a', join(root, 'b'));
    symlinkSync('.', join(root, 'd/self'));
    expect(walked({ followPaths: ['a'] })).toEqual(['a', 'b']);
    expect(walked({ followPaths: ['d/self/x'] })).toEqual(['d', 'd/self', 'd/x']);
  });
});

describe('what cannot be read', () => {
  /** As somebody whom modes keep out. */
  function asNobody<T>(work: () => T): T {
    chmodSync(root, 0o755);
    if (process.geteuid?.() !== 0) return work();
    process.seteuid?.(65534);
    try {
      return work();
    } finally {
      process.seteuid?.(0);
    }
  }

  test('a folder is named, and may stay closed when it is ignored', () => {
    put('open', 'closed/in');
    chmodSync(join(root, 'closed'), 0);
    expect(() => asNobody(() => walked())).toThrow('closed in the build context cannot be read');
    expect(asNobody(() => walked({ excludePatterns: ['closed'] }))).toEqual(['open']);
    expect(asNobody(() => walked({ excludePatterns: ['closed', '!*/none'] }))).toEqual(['open']);
    chmodSync(join(root, 'closed'), 0o755);
  });
});
