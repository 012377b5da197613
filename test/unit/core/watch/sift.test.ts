import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ports } from '#main/core/context.ts';
import { createMeaning } from '#main/core/watch/paths.ts';
import { sift } from '#main/core/watch/sift.ts';
import { sentOf } from '#main/docker/sent-paths.ts';
import { createGit } from '#main/git/git.ts';
import { env, makeRepository } from '#test/integration/git/repositories.ts';
import { sampleConfig, sampleEnvironment, workspaceId } from '#test/unit/core/samples.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'gantry-sift-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

const ports = { git: createGit({ env }), engine: { sentOf } } as unknown as Ports;
const dev = sampleEnvironment(undefined, { envFile: '.env.dev' });

describe('what a path means', () => {
  const meaningIn = (file: object, environment: typeof dev | undefined = dev) =>
    createMeaning(sampleConfig(file), environment);

  test.each([
    ['gantry.yml', 'always'],
    ['Dockerfile', 'always'],
    ['Dockerfile.dockerignore', 'always'],
    ['.dockerignore', 'always'],
    ['.env.dev', 'always'],
    ['compose.yml', 'always'],
    ['docker-compose.override.yaml', 'always'],
    ['.env.prod', 'if-built'],
    ['sub/compose.yml', 'if-built'],
    ['src/a.ts', 'if-built'],
    ['.gitignore', 'if-built'],
    ['.git/HEAD', 'never'],
    ['lib/.git/index', 'never'],
    ['.gantry/cache', 'never'],
  ])('%s: %s', (path, meaning) => {
    expect(meaningIn({})(path)).toBe(meaning);
  });

  test('of files that only a deploy reads is none where nothing is deployed', () => {
    const meaning = createMeaning(sampleConfig(), undefined);
    expect([meaning('.env.dev'), meaning('compose.yml')]).toEqual(['if-built', 'if-built']);
  });

  test('comes from what gantry.yml names', () => {
    const named = {
      ...dev,
      target: { kind: 'compose', config: { kind: 'compose', file: ['./deploy/web.yml'] } },
    };
    const meaning = meaningIn(
      {
        build: { context: 'app', dockerfile: 'docker/Web.Dockerfile' },
        tests: [{ name: 'unit', where: 'host', run: ['x'], junit: './out/report.xml' }],
      },
      named,
    );
    expect(meaning('app/docker/Web.Dockerfile')).toBe('always');
    expect(meaning('app/.dockerignore')).toBe('always');
    expect(meaning('deploy/web.yml')).toBe('always');
    expect(meaning('out/report.xml')).toBe('never');
    // A test on the host may read anything.
    expect(meaning('docs/a.md')).toBe('if-not-ignored');
  });

  test('does not change with a test in the image', () => {
    const tests = [{ name: 'unit', where: 'image', run: ['x'] }];
    expect(meaningIn({ tests })('docs/a.md')).toBe('if-built');
  });
});

describe('of what changed', () => {
  const changed = [
    ...['src/a.ts', 'src/a.log', 'docs/a.md', '.env.dev', '.git/index', 'other/b.ts', 'lib/c.ts'],
  ];
  const sifted = (file: object, paths: readonly string[] = changed) =>
    sift(
      ports,
      { id: workspaceId, folder, config: sampleConfig(file), unbuildable: [] },
      dev,
      paths.map((path) => join(folder, path)),
    );

  beforeEach(async () => {
    writeFileSync(join(folder, '.gitignore'), '*.log\n.env.*\n');
    writeFileSync(join(folder, '.dockerignore'), 'docs\n*.md\n');
  });

  test('what git ignores and what no image is made of is left out', async () => {
    await makeRepository(folder);
    expect(await sifted({})).toEqual(['src/a.ts', '.env.dev', 'other/b.ts', 'lib/c.ts']);
  });

  test('with tests on the host only what git ignores is', async () => {
    await makeRepository(folder);
    const tests = [{ name: 'unit', where: 'host', run: ['x'] }];
    expect(await sifted({ tests })).toEqual(['src/a.ts', 'docs/a.md', '.env.dev', 'other/b.ts', 'lib/c.ts']);
  });

  test('outside of a repository the ignore file of the build decides', async () => {
    expect(await sifted({})).toEqual(['src/a.ts', 'src/a.log', '.env.dev', 'other/b.ts', 'lib/c.ts']);
  });

  test('what lies in no context of the build is left out', async () => {
    await makeRepository(folder);
    const build = { context: 'src', contexts: { lib: './lib', base: 'docker-image://alpine' } };
    expect(await sifted({ build })).toEqual(['src/a.ts', '.env.dev', 'lib/c.ts']);
  });

  test('what is elsewhere or the folder itself is left out, and nothing is told twice', async () => {
    await makeRepository(folder);
    const workspace = { id: workspaceId, folder, config: sampleConfig(), unbuildable: [] };
    const paths = ['/elsewhere/a', folder, `${folder}-2/a`, join(folder, 'a'), join(folder, 'a')];
    expect(await sift(ports, workspace, dev, paths)).toEqual(['a']);
  });
});
