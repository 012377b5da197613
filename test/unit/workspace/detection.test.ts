import { describe, expect, it } from 'vitest';
import { buildsIn } from '#main/workspace/detect-build.ts';
import { detect } from '#main/workspace/detection.ts';

function environmentsOf(...fileNames: string[]): string[] {
  return Object.entries(detect(fileNames, 'x').environments).map(
    ([name, environment]) => `${name}=${environment.envFile ?? ''}`,
  );
}

describe('environments', () => {
  it.each([
    [
      'in the order in which a release travels',
      ['.env.prod', '.env.staging', '.env.dev'],
      ['dev', 'staging', 'prod'],
    ],
    [
      'with tests before staging and unknown ones in the middle',
      [
        '.env.production',
        '.env.stage',
        '.env.qa',
        '.env.test',
        '.env.zeta',
        '.env.eu',
        '.env.development',
        '.env.preview',
      ],
      ['development', 'test', 'qa', 'preview', 'eu', 'zeta', 'stage', 'production'],
    ],
  ])('%s', (_name, files, names) => {
    expect(environmentsOf(...files)).toEqual(names.map((name) => `${name}=.env.${name}`));
  });

  it('leave out templates, local files and names that cannot be one', () => {
    expect(
      environmentsOf(
        '.env',
        '.env.example',
        '.env.sample',
        '.env.local',
        '.env.dev.local',
        '.env.1',
        '.env.dev~',
        '.env.dev',
      ),
    ).toEqual(['dev=.env.dev']);
  });

  it('have lower case names with dashes, whatever their files are called', () => {
    expect(environmentsOf('.env.EU_West')).toEqual(['eu-west=.env.EU_West']);
  });

  it('are one called dev where there are no env files, or only .env', () => {
    expect(environmentsOf('Dockerfile')).toEqual(['dev=.env.dev']);
    expect(environmentsOf('.env')).toEqual(['dev=.env']);
  });
});

describe('compose files', () => {
  const targetOf = (...fileNames: string[]) =>
    detect([...fileNames, '.env.prod'], 'x').environments.prod?.target;

  it.each([
    ['none', [], { kind: 'compose' }],
    ['the one that Compose finds by itself', ['compose.yaml'], { kind: 'compose' }],
    [
      'one for the environment, over the common one',
      ['compose.yml', 'compose.prod.yml'],
      { kind: 'compose', file: ['compose.yml', 'compose.prod.yml'] },
    ],
    [
      'one for the environment alone',
      ['docker-compose.prod.yaml'],
      { kind: 'compose', file: 'docker-compose.prod.yaml' },
    ],
    ['one for another environment', ['compose.yml', 'compose.dev.yml'], { kind: 'compose' }],
  ])('%s', (_name, files, target) => {
    expect(targetOf(...files)).toEqual(target);
  });
});

describe('builds in a compose file', () => {
  it.each([
    ['services: { web: { build: . } }', [{ context: '.' }]],
    ['services: { web: { build: ./app/ } }', [{ context: 'app' }]],
    [
      'services: { db: { image: x }, web: { build: { context: app, dockerfile: D, target: t, args: { A: 1 } } } }',
      [{ context: 'app', dockerfile: 'D', target: 't' }],
    ],
    ['services: { a: { build: a }, b: { build: b } }', [{ context: 'a' }, { context: 'b' }]],
    [
      'services: { a: { build: .. }, b: { build: /b }, c: { build: $C }, d: { build: "https://x/y.git" } }',
      [],
    ],
    ['services: { a: { build: 1 }, b: 2 }', []],
    ['services: [', []],
    ['', []],
  ])('%s', (text, builds) => {
    expect(buildsIn(text)).toEqual(builds);
  });
});
