import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { describeBuild } from './describe-build.ts';

describe('tests that report', () => {
  let world: GantryWorld;
  beforeAll(async () => {
    world = await createGantryWorld();
    await writeFile(join(world.workspace.folder, 'good.xml'), report(''));
    await mkdir(join(world.workspace.folder, 'out'));
    await writeFile(join(world.workspace.folder, 'bad.xml'), report('<failure message="1 is not 2"/>'));
  });
  afterAll(() => world?.remove());

  const report = (failure: string) =>
    `<testsuites><testsuite name="s"><testcase classname="dates" name="parse">${failure}</testcase><testcase name="add"/><testcase name="later"><skipped/></testcase></testsuite></testsuites>`;
  const onHost = (script: string) =>
    describeBuild(world, `tests: [{ name: unit, junit: out/j.xml, run: [sh, -c, '${script}'] }]`, []);

  test('are counted, on the host and in the image', async () => {
    await describeBuild(
      world,
      `tests:
  - { name: unit, junit: out/j.xml, run: [sh, -c, 'cp good.xml out/j.xml'] }
  - { name: inside, where: image, junit: /tmp/j.xml, run: [cp, /good.xml, /tmp/j.xml] }`,
      ['COPY good.xml /'],
    );
    const { stdout } = await world.done('build', '--trust');
    expect(stdout).toContain('- Test unit: succeeded');
    expect(stdout).toMatch(/^Test unit: 3 tests, 1 skipped$/m);
    expect(stdout).toMatch(/^Test inside: 3 tests, 1 skipped$/m);
    expect(stdout).toContain(', 4 tests passed');
    const { build } = JSON.parse((await world.done('build', '--json')).stdout);
    expect(build.tests).toEqual([
      { step: 'test-1', counts: { total: 3, failed: 0, skipped: 1 }, failures: [] },
      { step: 'test-2', counts: { total: 3, failed: 0, skipped: 1 }, failures: [] },
    ]);
  });

  test('a failure fails the build although the command passed, and is named', async () => {
    await onHost('cp bad.xml out/j.xml');
    const { code, stdout } = await world.gantry('build', '--trust');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Test unit: 3 tests, 1 failed, 1 skipped: dates\.parse$/m);
    expect(stdout).toContain('failed: dates.parse - 1 is not 2');
  });

  const bomb = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>`;

  test.each<[string, string, string]>([
    ['an old one', 'true', 'out/j.xml is the one from before this test'],
    ['none', 'rm -f out/j.xml', 'out/j.xml was not written'],
    ['half of one', 'head -c 60 good.xml > out/j.xml', 'out/j.xml is no JUnit XML'],
    ['50 MB', 'head -c 50000000 /dev/zero > out/j.xml', 'out/j.xml is larger than 16 MiB'],
    [
      'another encoding',
      'printf "<testsuite name=\\"\\377\\"/>" > out/j.xml',
      'out/j.xml is no JUnit XML: it is not in the encoding',
    ],
    ['an entity bomb', 'cp bomb.xml out/j.xml', 'undefined entity'],
  ])('%s instead of a report fails the build with one clear sentence', async (_name, script, said) => {
    await writeFile(join(world.workspace.folder, 'bomb.xml'), bomb);
    await writeFile(join(world.workspace.folder, 'out', 'j.xml'), report(''));
    await onHost(script);
    const { code, stdout } = await world.gantry('build', '--trust');
    expect(code).toBe(1);
    expect(stdout).toContain(said);
    expect(stdout).toContain('take `junit` out of gantry.yml');
  });
});
