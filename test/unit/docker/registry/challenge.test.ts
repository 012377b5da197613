import { describe, expect, test } from 'vitest';
import { covers, mergeScopes, readChallenge } from '#main/docker/registry/challenge.ts';

describe('a challenge', () => {
  test.each([
    [
      'as Docker Hub has it',
      [
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"',
      ],
      {
        kind: 'bearer',
        realm: 'https://auth.docker.io/token',
        service: 'registry.docker.io',
        scopes: ['repository:a/b:pull'],
      },
    ],
    [
      'with commas and several scopes inside its quotes',
      ['Bearer realm="https://r.io/t",scope="repository:a:pull,push repository:b:pull"'],
      { kind: 'bearer', realm: 'https://r.io/t', scopes: ['repository:a:pull,push', 'repository:b:pull'] },
    ],
    [
      'with spaces, no quotes, and another case',
      ['bearer Realm = https://r.io/t , SERVICE=x'],
      { kind: 'bearer', realm: 'https://r.io/t', service: 'x', scopes: [] },
    ],
    [
      'with an escaped quote',
      ['Bearer realm="https://r.io/t",service="a\\"b"'],
      { kind: 'bearer', realm: 'https://r.io/t', service: 'a"b', scopes: [] },
    ],
    ['for a password', ['Basic realm="Registry, the"'], { kind: 'basic' }],
    ['that is bare', ['Basic'], { kind: 'basic' }],
    [
      'among others in one header',
      ['Basic realm="x", Negotiate, Bearer realm="https://r.io/t"'],
      { kind: 'bearer', realm: 'https://r.io/t', scopes: [] },
    ],
    [
      'among others in several headers',
      ['Basic realm="x"', 'Bearer realm="https://r.io/t"'],
      { kind: 'bearer', realm: 'https://r.io/t', scopes: [] },
    ],
    [
      'that is a bearer without a place falls back',
      ['Bearer service="x"', 'Basic realm="x"'],
      { kind: 'basic' },
    ],
    ['that is unknown', ['Negotiate', 'Digest realm="x", nonce="y"'], undefined],
    ['that is nothing', [''], undefined],
    ['that is missing', [], undefined],
  ])('%s', (_case, headers, challenge) => {
    expect(readChallenge(headers)).toEqual(challenge);
  });

  test('a very long header is read in no time', () => {
    const began = performance.now();
    readChallenge([`Bearer ${'a,'.repeat(20_000)} realm="`, `Bearer realm=${'"\\'.repeat(20_000)}`]);
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe('scopes', () => {
  test('of one resource become one, in one order', () => {
    const scopes = ['repository:b:pull', 'repository:a:push,pull', 'repository:b:push', 'registry:catalog:*'];
    const merged = ['registry:catalog:*', 'repository:a:pull,push', 'repository:b:pull,push'];
    expect(mergeScopes(scopes)).toEqual(merged);
    expect(mergeScopes([...scopes].reverse())).toEqual(merged);
  });

  test.each([
    [['repository:a:pull,push'], ['repository:a:pull'], true],
    [['repository:a:pull,push', 'repository:b:pull'], ['repository:b:pull'], true],
    [['repository:a:pull'], ['repository:a:pull,push'], false],
    [['repository:a:pull'], ['repository:b:pull'], false],
    [['repository:a:pull'], [], true],
    [[], ['repository:a:pull'], false],
  ])('%j serves %j: %s', (granted, needed, does) => {
    expect(covers(granted, needed)).toBe(does);
  });
});
