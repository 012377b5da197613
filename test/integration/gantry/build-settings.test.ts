import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { baseImage } from '#test/engine/base-image.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { describeBuild } from './describe-build.ts';

const run = promisify(execFile);

describe('a matrix', () => {
  let world: GantryWorld;
  beforeAll(async () => {
    world = await createGantryWorld();
  });
  afterAll(() => world?.remove());

  test('is one release whose cells run in different environments', async () => {
    const { name, edit } = world.workspace;
    await edit('Dockerfile', (text) => text.replace('CMD [', 'ARG FLAVOUR\nENV FLAVOUR=$FLAVOUR\nCMD ['));
    await edit('gantry.yml', (text) =>
      text
        .replace('  args:', '  matrix: { FLAVOUR: [plain, spicy] }\n  args:')
        .replace(/^ {2}staging:$/m, '  staging:\n    cell: { FLAVOUR: spicy }'),
    );
    const { stdout } = await world.done('build', '--trust');
    expect(stdout).toContain('Test selftest (FLAVOUR=plain): succeeded');
    expect(stdout).toContain('Test selftest (FLAVOUR=spicy): succeeded');
    await world.done('deploy', 'dev', '--yes');
    await world.done('promote', 'staging', '--yes');
    expect([await flavourIn('dev'), await flavourIn('staging')]).toEqual(['plain', 'spicy']);
    const [dev, staging] = [await world.environment('dev'), await world.environment('staging')];
    expect(dev.release?.id).toBe(staging.release?.id);
    for (const { environment, place } of [
      { environment: 'dev', place: dev },
      { environment: 'staging', place: staging },
    ]) {
      expect(place.release?.imageId).toBe(await world.liveImage(environment));
      expect(place.drift).toBeUndefined();
    }
    const names = (await world.docker('images', '--format', '{{.Tag}} {{.ID}}', name)).split('\n');
    const tags = Object.fromEntries(names.map((line) => line.split(' ')));
    const id = dev.release?.id ?? '';
    expect(Object.keys(tags)).toEqual(
      expect.arrayContaining([id, `${id}-flavourplain`, `${id}-flavourspicy`]),
    );
    expect(tags[id]).toBe(tags[`${id}-flavourplain`]);
    expect(tags[id]).not.toBe(tags[`${id}-flavourspicy`]);
    expect(Object.keys(tags).filter((tag) => tag.startsWith('gantry-run-'))).toEqual([]);
  });

  async function flavourIn(environment: string): Promise<string> {
    const label = `label=com.docker.compose.project=${world.workspace.name}-${environment}`;
    const container = await world.docker('ps', '--quiet', '--filter', label);
    const variables = JSON.parse(
      await world.docker('inspect', '--format', '{{json .Config.Env}}', container),
    );
    return variables.find((variable: string) => variable.startsWith('FLAVOUR='))?.slice('FLAVOUR='.length);
  }

  test('with a cell that fails is no release, and leaves nothing', async () => {
    const before = (await world.leftovers()).toSorted();
    await world.workspace.edit('Dockerfile', (text) =>
      text.replace('ENV FLAVOUR=$FLAVOUR', 'ENV FLAVOUR=$FLAVOUR\nUSER root\nRUN test $FLAVOUR = plain'),
    );
    const { code, stdout } = await world.gantry('build');
    expect(code).toBe(1);
    expect(stdout).toMatch(/RUN test spicy = plain \(FLAVOUR=spicy\): failed|RUN test \$FLAVOUR = plain/);
    expect((await world.leftovers()).toSorted()).toEqual(before);
  });

  test('that changed leaves releases without the cell: the deploy says which', async () => {
    await world.workspace.edit('gantry.yml', (text) => text.replaceAll('spicy', 'sweet'));
    const { code, stderr } = await world.gantry('deploy', 'staging', '--yes');
    expect(code).not.toBe(0);
    expect(stderr).toContain('has no image for FLAVOUR=sweet, which staging runs');
  });
});

describe('times and the cache', () => {
  let world: GantryWorld;
  beforeAll(async () => {
    world = await createGantryWorld();
  });
  afterAll(() => world?.remove());

  /** Two clones of one commit, checked out and built at different times, without the help of a cache. */
  async function builtTwice(reproducible: boolean): Promise<readonly { id: string; created: string }[]> {
    const { folder } = world.workspace;
    await describeBuild(world, `build: { reproducible: ${reproducible} }`, [
      // Its own time and no other: what the step writes is the same each time.
      `COPY --from=${baseImage} /bin/sh /copied`,
    ]);
    await run('git', [...identity, 'commit', '--quiet', '--all', '--message', 'chore: another'], {
      cwd: folder,
    });
    const images = [];
    for (const clone of ['one', 'two']) {
      const at = `${folder}-${clone}-${reproducible}`;
      await run('git', ['clone', '--quiet', folder, at]);
      // Times in an image are whole seconds.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      await world.done('-C', at, 'build', '--trust', '--no-cache');
      const format = '{{.Id}} {{.Created}}';
      const [build] = JSON.parse((await world.done('-C', at, 'history', '--json')).stdout);
      const inspected = await world.docker(
        'inspect',
        '--format',
        format,
        `${world.workspace.name}:${build.release}`,
      );
      const [id = '', created = ''] = inspected.split(' ');
      images.push({ id, created });
    }
    return images;
  }
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@localhost', '-c', 'commit.gpgSign=false'];

  test('the same commit gives the same image from two clones at different times', async () => {
    const [one, two] = await builtTwice(true);
    expect(one?.id).toBe(two?.id);
    const { stdout } = await run('git', ['log', '-1', '--format=%ct'], { cwd: world.workspace.folder });
    expect(Date.parse(one?.created ?? '')).toBe(Number(stdout) * 1_000);
  });

  test('unless the times are to be those of the build', async () => {
    const [one, two] = await builtTwice(false);
    expect(one?.id).not.toBe(two?.id);
  });

  test('the step that broke the cache is named, and the files that changed', async () => {
    const files = ['src/a.ts', 'src/b.ts', 'src/c.ts', 'src/d.ts', 'src/e.ts', 'README.md'];
    const { folder } = world.workspace;
    const write = (text: string) => Promise.all(files.map((file) => writeFile(join(folder, file), text)));
    await write(`first ${Math.random()}`);
    const unique = `RUN echo ${world.workspace.name}`;
    await describeBuild(world, '', [unique, 'COPY src /src', 'COPY README.md /', 'RUN ls /src']);
    const first = await world.done('build', '--trust');
    expect(first.stdout).not.toContain('cache broken');
    const again = await world.done('build');
    expect(again.stdout).not.toContain('cache broken');
    await write(`second ${Math.random()}`);
    const { stdout } = await world.done('build');
    expect(stdout).toMatch(
      /^cache broken by \[3\/5\] COPY src \/src: src\/a\.ts, src\/b\.ts and 3 more changed$/m,
    );
    const { stdout: anew } = await world.done('build', '--no-cache');
    expect(anew).not.toContain('cache broken');
  });
});
