import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readApk, readDpkg, readSystem, tellingOf } from '#main/docker/contents/package-databases.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../../../fixtures/package-databases/${name}`, import.meta.url), 'utf8');

test('dpkg: what is installed, and not what left only its configuration behind', () => {
  expect(readDpkg(fixture('dpkg-status'))).toEqual([
    { manager: 'dpkg', name: 'adduser', version: '3.134' },
    { manager: 'dpkg', name: 'libc6', version: '2.36-9+deb12u10' },
    { manager: 'dpkg', name: 'tzdata', version: '2025b-0+deb12u2' },
    { manager: 'dpkg', name: 'half', version: '1:2.0~rc1-1' },
  ]);
});

test('dpkg of a distroless image: one stanza in a file, without a status', () => {
  expect(readDpkg(fixture('dpkg-status.d-base'))).toEqual([
    { manager: 'dpkg', name: 'base-files', version: '12.4+deb12u11' },
  ]);
});

test('apk', () => {
  expect(readApk(fixture('apk-installed'))).toEqual([
    { manager: 'apk', name: 'alpine-baselayout', version: '3.6.8-r1' },
    { manager: 'apk', name: 'musl', version: '1.2.5-r9' },
    { manager: 'apk', name: '.app', version: '20250101.000000' },
  ]);
});

test.each([
  ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian"\n', 'Debian GNU/Linux 12 (bookworm)'],
  ["ID=x\nPRETTY_NAME='Alpine Linux v3.22'", 'Alpine Linux v3.22'],
  ['PRETTY_NAME=Plain\r\n', 'Plain'],
  ['PRETTY_NAME="a \\"quoted\\" \\$name"', 'a "quoted" $name'],
  ['PRETTY_NAME=', undefined],
  ['NAME=none', undefined],
])('os-release %j', (text, name) => {
  expect(readSystem(text)).toBe(name);
});

describe('a file that tells of packages', () => {
  const told = (path: string, text = '') => tellingOf(path)?.read(text).packages;

  test.each([
    ['var/lib/dpkg/status', true],
    ['var/lib/dpkg/status.d/base', true],
    ['var/lib/dpkg/status.d/base.md5sums', false],
    ['var/lib/dpkg/status.d/a/b', false],
    ['var/lib/dpkg/status-old', false],
    ['backup/var/lib/dpkg/status', false],
    ['lib/apk/db/installed', true],
    ['usr/lib/apk/db/installed', true],
    ['etc/os-release', true],
    ['usr/lib/os-release', true],
    ['app/node_modules/express/package.json', true],
    ['app/node_modules/express/lib/package.json', false],
    ['app/package.json', false],
    ['app/node_modules/package.json', false],
    ['app/node_modules/.cache/package.json', false],
    ['constructor', false],
    ['usr/lib/python3/dist-packages/foo/METADATA', false],
  ])('%s: %s', (path, isOne) => {
    expect(tellingOf(path) !== undefined).toBe(isOne);
  });

  test('npm: under the name it is imported by', () => {
    const manifest = '{"name": "other", "version": "4.18.2"}';
    const name = (path: string) => told(path, manifest);
    expect(name('app/node_modules/express/package.json')).toEqual([
      { manager: 'npm', name: 'express', version: '4.18.2' },
    ]);
    expect(name('node_modules/@scope/pkg/package.json')).toMatchObject([{ name: '@scope/pkg' }]);
    expect(name('a/node_modules/b/node_modules/c/package.json')).toMatchObject([{ name: 'c' }]);
  });

  test.each(['', 'null', '[]', '"x"', '{"version": 1}', '{"version": ""}', '{', '{"__proto__": null}'])(
    'npm: %s is no package',
    (text) => {
      expect(told('node_modules/a/package.json', text)).toEqual([]);
    },
  );

  test.each([
    ['usr/lib/python3/dist-packages/requests-2.31.0.dist-info/METADATA', 'requests', '2.31.0'],
    [
      'usr/local/lib/python3.11/site-packages/Typing_Extensions-4.12.2.dist-info/METADATA',
      'typing-extensions',
      '4.12.2',
    ],
    ['v/lib/site-packages/foo-1.0-py3.11.egg-info/PKG-INFO', 'foo', '1.0'],
    ['v/site-packages/zope.interface-5.4.0.egg-info/PKG-INFO', 'zope-interface', '5.4.0'],
    ['v/site-packages/a-1.0+local.1.dist-info/METADATA', 'a', '1.0+local.1'],
  ])('pip: %s', (path, name, version) => {
    expect(told(path)).toEqual([{ manager: 'pip', name, version }]);
  });
});

test('hostile databases take no time', () => {
  const began = performance.now();
  readDpkg(
    `Package: a${' '.repeat(2_000_000)}b\nVersion:${'\t'.repeat(2_000_000)}x\n${'\n '.repeat(500_000)}`,
  );
  readApk(`P:${' '.repeat(2_000_000)}x\nV:1\n${'\n'.repeat(1_000_000)}`);
  readSystem(`PRETTY_NAME="${'\\'.repeat(60_000)}`);
  tellingOf(`${'a-'.repeat(2_000)}/site-packages/${'b-1'.repeat(1_000)}.dist-info/METADATA`);
  tellingOf(`${'node_modules/'.repeat(300)}package.json`);
  expect(performance.now() - began).toBeLessThan(1_000);
});
