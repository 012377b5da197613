import { describe, expect, test } from 'vitest';
import { apiHost, isLoopback, nameOf, parseName, parseRepository } from '#main/docker/registry/names.ts';

const digest = `sha256:${'ab'.repeat(32)}`;

describe('a name', () => {
  test.each([
    ['redis', 'docker.io/library/redis', undefined],
    ['redis:7', 'docker.io/library/redis', '7'],
    ['acme/shop', 'docker.io/acme/shop', undefined],
    ['docker.io/redis', 'docker.io/library/redis', undefined],
    ['index.docker.io/acme/shop:1', 'docker.io/acme/shop', '1'],
    ['registry-1.docker.io/redis', 'docker.io/library/redis', undefined],
    ['ghcr.io/acme/shop:v1.2_3-x', 'ghcr.io/acme/shop', 'v1.2_3-x'],
    ['localhost/shop', 'localhost/shop', undefined],
    ['localhost:5000/shop', 'localhost:5000/shop', undefined],
    ['localhost:5000/team/shop:1', 'localhost:5000/team/shop', '1'],
    ['127.0.0.1:5000/a__b/c-d--e.f:1', '127.0.0.1:5000/a__b/c-d--e.f', '1'],
    ['[::1]:5000/shop:1', '[::1]:5000/shop', '1'],
    ['Registry/shop', 'Registry/shop', undefined],
    ['registry:5000/shop', 'registry:5000/shop', undefined],
  ])('%s is %s at %s', (text, repository, tag) => {
    expect(nameOf(parseName(text).repository)).toBe(repository);
    expect(parseName(text).tag).toBe(tag);
    const pinned = parseName(`${text}@${digest}`);
    expect([nameOf(pinned.repository), pinned.tag, pinned.digest]).toEqual([repository, tag, digest]);
  });

  test.each([
    ['', 'no repository'],
    ['Shop', 'no repository'],
    ['ghcr.io/Acme/shop', 'no repository'],
    ['ghcr.io/acme//shop', 'no repository'],
    ['ghcr.io/acme/shop/', 'no repository'],
    ['ghcr.io/acme/../shop', 'no repository'],
    ['-x.io/shop', 'no host'],
    ['a.io:port/shop', 'no host'],
    ['user@host.io/shop', 'no digest'],
    ['shop:', 'no tag'],
    ['shop:-1', 'no tag'],
    [`shop:${'x'.repeat(129)}`, 'no tag'],
    ['shop@sha256:abc', 'no digest'],
    [`shop@${digest.toUpperCase()}`, 'no digest'],
    [`ghcr.io/${'x'.repeat(256)}`, 'no repository'],
    ['http://ghcr.io/shop', 'no host'],
  ])('%s is none: %s', (text, what) => {
    expect(() => parseName(text)).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => parseName(text)).toThrow(what);
  });

  test('a repository has neither tag nor digest', () => {
    expect(parseRepository('localhost:5000/shop')).toEqual({ host: 'localhost:5000', path: 'shop' });
    expect(() => parseRepository('shop:1')).toThrow('no repository');
  });
});

test('Docker Hub answers elsewhere than its images are named', () => {
  expect(apiHost(parseName('redis').repository.host)).toBe('registry-1.docker.io');
  expect(apiHost('ghcr.io')).toBe('ghcr.io');
});

test.each([
  ['localhost', true],
  ['localhost:5000', true],
  ['127.0.0.1:5000', true],
  ['127.1.2.3', true],
  ['[::1]:5000', true],
  ['registry.localhost:5000', true],
  ['localhost.example.com', false],
  ['127.0.0.1.example.com', false],
  ['10.0.0.1:5000', false],
  ['registry:5000', false],
])('%s is this machine: %s', (host, is) => {
  expect(isLoopback(host)).toBe(is);
});
