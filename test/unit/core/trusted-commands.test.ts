import { describe, expect, test } from 'vitest';
import { commandsOf, commandsText, trustHash } from '#main/core/trusted-commands.ts';
import type { WorkspaceConfig } from '#shared/domain/workspace-config.ts';
import { sampleConfig } from './samples.ts';

const hashOf = (file: object) => trustHash(sampleConfig(file));

describe('what a person trusts', () => {
  test('is everything that runs here or leads out of the build', () => {
    const config: WorkspaceConfig = sampleConfig({
      build: {
        secrets: { npm: { file: '~/.npmrc' }, token: { env: 'TOKEN' }, key: { secret: 'secret://env/KEY' } },
        ssh: { default: 'agent', deploy: '/run/agent' },
        network: 'host',
        cacheFrom: ['shop:cache', 'type=local,src=../cache'],
        cacheTo: ['type=inline', 'type=local,dest=../cache'],
        attestations: { sbom: { generator: 'acme/scanner:1' } },
      },
      tests: [
        { name: 'unit', run: ['npm', 'test'], env: { NODE_OPTIONS: '--import ./x.js' } },
        { name: 'smoke', where: 'image', run: ['/selftest'], env: { A: '1' } },
      ],
      environments: { dev: { health: { command: { run: ['./smoke.sh', '-v'], env: { A: '1' } } } } },
    });
    expect(commandsOf(config)).toEqual([
      'build . with Dockerfile',
      'give the build the secret npm from the file ~/.npmrc',
      'give the build the secret token from the variable TOKEN',
      'give the build the secret key from secret://env/KEY',
      'let the build sign with your SSH agent (default)',
      'let the build sign with the SSH agent at /run/agent (deploy)',
      'let the build use the network of the engine’s machine',
      'read the build cache type=local,src=../cache',
      'write the build cache type=local,dest=../cache',
      'let acme/scanner:1 scan what was built',
      'npm test  (test unit, host, NODE_OPTIONS=--import ./x.js)',
      '/selftest  (test smoke, image)',
      './smoke.sh -v  (health of dev, host, A=1)',
      'deploy to dev by compose (timeout 600000)',
    ]);
  });

  test('is shown without defaults, and with durations as they are written', () => {
    const defaults = { kind: 'compose', strategy: 'recreate', timeout: 600_000 };
    const shown = (kind: string, settings: object) => {
      const sample = sampleConfig();
      const target = { kind, config: { kind, ...settings } };
      const environments = sample.environments.map((one) => ({ ...one, target }));
      const usual = (asked: string) => (asked === 'compose' ? defaults : undefined);
      return commandsText({ ...sample, environments }, usual).at(-1);
    };
    expect(shown('compose', defaults)).toBe('deploy to dev by compose');
    expect(
      shown('compose', { ...defaults, strategy: 'rolling', timeout: 90_000, drain: { wait: 5_000 } }),
    ).toBe('deploy to dev by compose (strategy rolling, timeout 90s, drain {"wait":"5s"})');
    expect(shown('webhook', { timeout: 30_000, body: { timeout: 30_000 } })).toBe(
      'deploy to dev by webhook (timeout 30s, body {"timeout":30000})',
    );
  });

  test('is asked for again with every word of a program that deploys, or tells what is live', () => {
    const sample = sampleConfig();
    const hashes = [
      { run: ['deploy', '{{image}}'] },
      { run: ['deploy', '{{digest}}'] },
      { run: ['deploy', '{{digest}}'], env: { PATH: '/tmp' } },
      { run: ['deploy', '{{digest}}'], observe: { run: ['live'] } },
    ].map((config) =>
      trustHash({
        ...sample,
        environments: sample.environments.map((one) => ({ ...one, target: { kind: 'command', config } })),
      }),
    );
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test.each<[string, object]>([
    ['a secret', { build: { secrets: { npm: { file: '~/.npmrc' } } } }],
    ['an agent', { build: { ssh: { default: 'agent' } } }],
    ['the host’s network', { build: { network: 'host' } }],
    ['a variable of a test on the host', { tests: [{ name: 'a', run: ['x'], env: { PATH: '/tmp' } }] }],
  ])('is asked for again with %s', (_name, file) => {
    const before = 'tests' in file ? { tests: [{ name: 'a', run: ['x'] }] } : {};
    expect(hashOf(file)).not.toBe(hashOf(before));
  });

  test.each<[string, object]>([
    ['an argument', { args: { BASE: 'node:24' } }],
    ['a matrix', { matrix: { BASE: ['node:22', 'node:24'] } }],
    ['a stage', { target: 'runtime' }],
    ['a cache in a registry', { cacheTo: ['type=registry,ref=shop:cache'] }],
    ['a named context', { contexts: { lib: 'libs/a' } }],
  ])('stays as it is with %s, which stays inside the build', (_name, build) => {
    expect(hashOf({ build })).toBe(hashOf({}));
  });
});
