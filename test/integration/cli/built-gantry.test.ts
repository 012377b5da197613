import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { planSchema } from '#shared/domain/plan.ts';
import { builtGantry } from '#test/built-parts.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { type Ended, startBuilt, watch } from './built-gantry.ts';

let world: GantryWorld;
beforeAll(async () => {
  world = await createGantryWorld();
});
afterAll(() => world.remove());

const noEngine = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };

function gantry(...args: readonly string[]): Promise<Ended> {
  return startBuilt(world, args).ended;
}

async function codesOf(...commands: readonly (readonly string[])[]): Promise<(number | null)[]> {
  const codes: (number | null)[] = [];
  for (const command of commands) codes.push((await gantry(...command)).code);
  return codes;
}

describe('the program that package.json’s bin names', () => {
  it('is a program of its own and knows its version', async () => {
    expect((await readFile(builtGantry, 'utf8')).split('\n')[0]).toBe('#!/usr/bin/env node');
    const manifest = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'));
    const { code, stdout } = await gantry('--version');
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${manifest.version}\n` });
  });

  it('answers in any folder through the link that npm install -g makes', async () => {
    const bin = await mkdtemp(join(tmpdir(), 'gantry-bin-'));
    const linked = join(bin, 'gantry');
    await symlink(builtGantry, linked);
    const path = `${dirname(process.execPath)}:${process.env.PATH}`;
    const child = spawn(linked, ['status'], { cwd: bin, env: { ...world.env, PATH: path } });
    const { code, stderr } = await watch(child).ended;
    await rm(bin, { recursive: true });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`error: ${bin} has neither`),
    });
  });

  it('looks around before anything is built', async () => {
    const looks = [['doctor'], ['status'], ['history'], ['targets'], ['schema'], ['diff', 'dev', 'prod']];
    expect(await codesOf(...looks)).toEqual(looks.map(() => 0));
    const early = [['logs'], ['logs', '1'], ['cancel', '1'], ['deploy', 'dev', '--yes'], ['plan', 'prod']];
    expect(await codesOf(...early)).toEqual(early.map(() => 2));
  });

  it('prints one JSON document and nothing else, also when it fails', async () => {
    for (const args of [
      ['status'],
      ['doctor'],
      ['history'],
      ['targets'],
      ['schema'],
      ['logs', '1'],
      ['fly'],
    ]) {
      const { stdout } = await gantry(...args, '--json');
      expect(() => JSON.parse(stdout), args.join(' ')).not.toThrow();
    }
  });

  it('carries a release with the plan that was looked at, and only that', { timeout: 60_000 }, async () => {
    expect(await codesOf(['build', '--trust'])).toEqual([0]);
    const plan = planSchema.parse(JSON.parse((await gantry('plan', 'dev', '--json')).stdout));
    expect(await codesOf(['deploy', 'dev'])).toEqual([2]);
    const deployed = await gantry('deploy', 'dev', '--plan', plan.hash, '--json');
    expect(deployed.code, deployed.stdout).toBe(0);
    expect(await world.liveImage('dev')).toBe(plan.release.imageId);
    expect(await codesOf(['deploy', 'dev', '--plan', plan.hash])).toEqual([6]);
    expect(await codesOf(['plan', 'deploy', 'prod'], ['plan', 'promote', 'staging'])).toEqual([3, 0]);
  });

  it('streams a run’s events as JSON lines', async () => {
    const { code, stdout } = await gantry('promote', 'staging', '--yes', '--json', '--follow');
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ n }) => n)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(0).event.kind).toBe('run-requested');
    expect(events.at(-1).event).toMatchObject({ kind: 'run-ended', outcome: 'succeeded' });
  });

  it('ends well when its reader stops early', async () => {
    const { child, ended } = startBuilt(world, ['history', '--json']);
    child.stdout?.destroy();
    expect((await ended).code).toBe(0);
  });
});

describe('without an engine', () => {
  const offline = async (...args: readonly string[]) => startBuilt(world, args, noEngine).ended;

  it('starts nothing, and says so with 5', async () => {
    const before = (await world.history()).length;
    const build = await offline('build');
    expect(build.stderr).toMatch(/^error: .+\nhint: /);
    const deploy = await offline('deploy', 'dev', '--yes', '--json');
    expect([build.code, deploy.code]).toEqual([5, 5]);
    expect(JSON.parse(deploy.stdout)).toMatchObject({ error: { code: expect.any(String) }, exitCode: 5 });
    expect((await world.history()).length).toBe(before);
  });

  it('still reads the past', async () => {
    for (const args of [['status'], ['history'], ['logs', '1'], ['diff', 'dev', 'staging']]) {
      expect((await offline(...args)).code, args.join(' ')).toBe(0);
    }
    expect((await offline('doctor')).code).toBe(1);
  });
});

describe('on a terminal', () => {
  beforeEach(({ skip }) => {
    skip(process.platform !== 'linux', 'needs util-linux’s script; the BSD one takes other arguments');
  });

  function onTerminal(typed: string, ...args: readonly string[]): Promise<Ended> {
    const command = [process.execPath, builtGantry, '-C', world.workspace.folder, ...args]
      .map((word) => `'${word}'`)
      .join(' ');
    const child = spawn('script', ['-qefc', command, '/dev/null'], {
      env: { ...world.env, TERM: 'xterm', NO_COLOR: '' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const started = watch(child);
    void started.said('[y/N] ').then(
      () => child.stdin?.write(typed),
      () => undefined,
    );
    return started.ended;
  }

  it('asks, and a no changes nothing', async () => {
    const { code, stdout } = await onTerminal('n\r', 'deploy', 'dev');
    expect(stdout).toContain('Go ahead? [y/N] ');
    expect(stdout).toContain('Nothing was changed.');
    expect(code).toBe(130);
  });

  it('Ctrl-C at the question leaves', async () => {
    expect((await onTerminal('\u0003', 'deploy', 'dev')).code).toBe(130);
  });

  it('draws the run in colour and in place, and rings at its end', async () => {
    const { code, stdout } = await onTerminal('y\r', 'deploy', 'dev');
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('\u001b[32m✓\u001b[39m');
    // Up some lines, and everything below is cleared.
    expect(stdout).toContain('A\u001b[0J');
    expect(stdout).toContain('\u0007');
  });
});
