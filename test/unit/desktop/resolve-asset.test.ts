import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveAsset } from '#main/shell/resolve-asset.ts';

const root = join('/', 'app', 'renderer');

describe('resolveAsset', () => {
  test.each([
    ['/', 'index.html', 'text/html; charset=utf-8'],
    ['/index.html', 'index.html', 'text/html; charset=utf-8'],
    ['/assets/index-1a2b.js', 'assets/index-1a2b.js', 'text/javascript; charset=utf-8'],
    ['/assets//a%20b.CSS', 'assets/a b.CSS', 'text/css; charset=utf-8'],
    ['/%252e%252e/x.png', '%2e%2e/x.png', 'image/png'],
  ])('%s is %s', (pathname, name, contentType) => {
    expect(resolveAsset(pathname, root)).toEqual({ kind: 'file', path: join(root, name), contentType });
  });

  test.each([
    '/../../etc/passwd.txt',
    '/assets/../../secret.json',
    '/%2e%2e/secret.json',
    '/..%2fsecret.json',
    '/..%5csecret.json',
    '/assets/./index.html',
    '/C:/Windows/win.txt',
    '/a%00.html',
    '/%E0%A4%A',
    'index.html',
    '',
    '/gantry.db',
    '/assets/',
    '/.env',
  ])('%s is refused', (pathname) => {
    expect(resolveAsset(pathname, root)).toEqual({ kind: 'refused' });
  });

  test('no path leads out of the folder', () => {
    const segment = fc.constantFrom('..', '.', '', '%2e%2e', '%2f', '%5c', '..%2f', 'a', 'C:', '%00', '~');
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 8 }), (segments) => {
        const asset = resolveAsset(`/${segments.join('/')}/x.html`, root);
        return asset.kind === 'refused' || asset.path.startsWith(`${root}/`);
      }),
    );
  });
});
