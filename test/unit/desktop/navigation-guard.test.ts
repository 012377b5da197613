import { describe, expect, test } from 'vitest';
import { homeOf, originOf } from '#main/shell/desktop/home.ts';
import { decideNavigation, decideNewWindow, isOwnRequest } from '#main/shell/desktop/navigation-guard.ts';

const home = homeOf({ isPackaged: true, devUrl: undefined });

describe('homeOf', () => {
  test('a packaged app lives in its own scheme, whatever the environment says', () => {
    expect(homeOf({ isPackaged: true, devUrl: 'http://127.0.0.1:5173/' })).toEqual({
      origin: 'app://gantry',
      url: 'app://gantry/index.html',
      isDev: false,
    });
  });
  test('while developing, a server on loopback is the home', () => {
    expect(homeOf({ isPackaged: false, devUrl: 'http://127.0.0.1:5173/' })).toEqual({
      origin: 'http://127.0.0.1:5173',
      url: 'http://127.0.0.1:5173/',
      isDev: true,
    });
  });
  test.each(['http://evil.example:5173/', 'http://127.0.0.1.evil.example/', 'file:///etc', 'nonsense'])(
    '%s is no development server',
    (devUrl) => expect(homeOf({ isPackaged: false, devUrl }).isDev).toBe(false),
  );
});

test('originOf knows the own scheme, which Node does not', () => {
  expect(new URL('app://gantry/x').origin).toBe('null');
  expect(originOf('app://gantry/x')).toBe('app://gantry');
  expect(originOf('app://other/x')).toBe('app://other');
  expect(originOf('not a url')).toBeUndefined();
});

describe('decideNavigation', () => {
  test.each([
    ['our page', 'app://gantry/index.html', 'allow'],
    ['our page at a place in it', 'app://gantry/index.html#/runs/7', 'allow'],
    ['another host of our scheme', 'app://evil/index.html', 'refuse'],
    ['a file', 'file:///etc/passwd', 'refuse'],
    ['a data URL', 'data:text/html,<script>1</script>', 'refuse'],
    ['a script URL', 'javascript:alert(1)', 'refuse'],
    ['an unknown site', 'https://example.com/', 'refuse'],
    ['nonsense', 'http://', 'refuse'],
    ['a listed site', 'https://docs.docker.com/engine/install/', 'external'],
  ])('%s', (_, url, kind) => {
    expect(decideNavigation(url, home.origin).kind).toBe(kind);
  });

  test('a frame inside the page goes nowhere, not even to our page', () => {
    expect(decideNavigation(home.url, home.origin, { isMainFrame: false })).toEqual({ kind: 'refuse' });
  });
});

describe('decideNewWindow', () => {
  test('is never allowed, not even for our own page', () => {
    expect(decideNewWindow(home.url)).toEqual({ kind: 'refuse' });
  });
  test.each([
    ['https://github.com/o/r/commit/1', 'external'],
    ['https://github.com.evil.example/', 'refuse'],
    ['https://evil.example/github.com', 'refuse'],
    ['https://github.com@evil.example/', 'refuse'],
    ['https://person:secret@github.com/', 'refuse'],
    ['https://github.com:8443/', 'refuse'],
    ['http://github.com/', 'refuse'],
    ['http://127.0.0.1:18081/healthz', 'external'],
    ['http://localhost:18081/', 'external'],
    ['http://10.0.0.1:18081/', 'refuse'],
    ['smb://server/share', 'refuse'],
    ['vscode://file/etc/passwd', 'refuse'],
  ])('%s: %s', (url, kind) => {
    expect(decideNewWindow(url).kind).toBe(kind);
  });
});

describe('isOwnRequest', () => {
  const dev = homeOf({ isPackaged: false, devUrl: 'http://127.0.0.1:5173/' });
  test.each([
    ['app://gantry/assets/index.js', home, true],
    ['blob:app://gantry/0d9f', home, true],
    ['blob:https://example.com/0d9f', home, false],
    ['https://example.com/pixel.png', home, false],
    ['http://127.0.0.1:18081/', home, false],
    ['file:///etc/passwd', home, false],
    ['devtools://devtools/bundled/x.js', home, false],
    ['http://127.0.0.1:5173/main.tsx', dev, true],
    ['ws://127.0.0.1:5173/', dev, true],
    ['devtools://devtools/bundled/x.js', dev, true],
    ['ws://127.0.0.1:5174/', dev, false],
  ])('%s', (url, place, isOwn) => {
    expect(isOwnRequest(url, place)).toBe(isOwn);
  });
});
