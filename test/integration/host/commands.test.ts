import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandOptions, OutputLine } from '#main/core/ports.ts';
import { createCommands } from '#main/host/commands.ts';
import { createProcessTable } from '#main/host/process-table.ts';
import type { ProcessIdentity } from '#shared/domain/processes.ts';

const processes = createProcessTable();
const commands = createCommands({ processes, graceMs: 400 });
const never = new AbortController().signal;
const PATH = process.env.PATH ?? '';
let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'gantry-commands-'));
});
afterAll(() => rm(cwd, { recursive: true }));

const shell = (script: string, more: Partial<CommandOptions> = {}) =>
  commands.run({ argv: ['sh', '-c', script], cwd, env: { PATH }, signal: never, ...more });

function isGone(pid: number): boolean {
  const identity = processes.identify(pid);
  return identity === undefined || !processes.isAlive(identity);
}

describe.skipIf(process.platform === 'win32')('commands', () => {
  test('exit code and both streams', async () => {
    expect(await shell('echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  test('lines come as they are written', async () => {
    const seen: { line: OutputLine; at: number }[] = [];
    const onLine = (line: OutputLine) => seen.push({ line, at: performance.now() });
    await shell('echo one; sleep 0.3; printf "zwei €\\nrest" >&2', { onLine });
    expect(seen.map(({ line }) => line)).toEqual([
      { stream: 'out', text: 'one' },
      { stream: 'err', text: 'zwei €' },
      { stream: 'err', text: 'rest' },
    ]);
    expect((seen[1]?.at ?? 0) - (seen[0]?.at ?? 0)).toBeGreaterThan(200);
  });

  test('a character cut by the pipe stays whole', async () => {
    const seen: string[] = [];
    await shell("printf '\\342'; sleep 0.1; printf '\\202\\254\\n'", {
      onLine: ({ text }) => seen.push(text),
    });
    expect(seen).toEqual(['€']);
  });

  test('standard input is given, or empty', async () => {
    expect((await shell('cat', { stdin: 'secret' })).stdout).toBe('secret');
    expect((await shell('cat')).stdout).toBe('');
    // It does not matter that nothing reads it.
    expect((await shell('exit 0', { stdin: 'x'.repeat(1_000_000) })).exitCode).toBe(0);
  });

  test('nothing of our environment is inherited', async () => {
    process.env.GANTRY_TEST_INHERITED = 'yes';
    const { stdout } = await shell('env', { env: { PATH, ONLY: 'this' } });
    delete process.env.GANTRY_TEST_INHERITED;
    expect(stdout).toContain('ONLY=this');
    expect(stdout).not.toContain('GANTRY_TEST_INHERITED');
  });

  test('a program that is not there', async () => {
    const run = commands.run({ argv: ['gantry-no-such-program'], cwd, env: { PATH }, signal: never });
    await expect(run).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a folder that is not there is not taken for a missing program', async () => {
    await expect(shell('true', { cwd: join(cwd, 'gone') })).rejects.toMatchObject({
      code: 'workspace-missing',
    });
  });

  test('a signal that ends it leaves no exit code', async () => {
    expect((await shell('kill -9 $$')).exitCode).toBeNull();
  });

  test('the process is named as soon as it runs', async () => {
    const seen: ProcessIdentity[] = [];
    const onSpawn = (identity: ProcessIdentity) => seen.push(identity);
    const { stdout } = await shell('echo $$', { onSpawn });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.pid).toBe(Number(stdout));
  });

  test('an abort before the start runs nothing', async () => {
    const signal = AbortSignal.abort(new Error('not today'));
    await expect(shell('touch ran', { signal })).rejects.toThrow('not today');
    expect((await shell('ls')).stdout).toBe('');
  });

  test('an abort ends the program and what it started', async () => {
    const abort = new AbortController();
    const pids: number[] = [];
    const run = shell('sleep 60 & echo $!; echo $$; wait', {
      signal: abort.signal,
      onLine: ({ text }) => {
        pids.push(Number(text));
        if (pids.length === 2) abort.abort(new Error('cancelled by a person'));
      },
    });
    await expect(run).rejects.toThrow('cancelled by a person');
    expect(pids).toHaveLength(2);
    await expect.poll(() => pids.every(isGone)).toBe(true);
  });

  test('what ignores SIGTERM is killed after the grace', async () => {
    const abort = new AbortController();
    const pids: number[] = [];
    const began = performance.now();
    const run = shell('trap "" TERM; echo $$; while :; do sleep 0.05; done', {
      signal: abort.signal,
      onLine: ({ text }) => {
        pids.push(Number(text));
        abort.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(performance.now() - began).toBeGreaterThan(400);
    expect(pids.every(isGone)).toBe(true);
  });

  test('what tidies up on SIGTERM has the time to', async () => {
    const abort = new AbortController();
    const lines: string[] = [];
    const run = shell('trap "sleep 0.1; echo tidy; exit" TERM; echo ready; while :; do sleep 0.02; done', {
      signal: abort.signal,
      onLine: ({ text }) => {
        lines.push(text);
        if (text === 'ready') abort.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(lines.at(0)).toBe('ready');
    expect(lines.at(-1)).toBe('tidy');
  });

  test('something left in the background neither hangs the run nor stays', async () => {
    const began = performance.now();
    const { stdout } = await shell('sleep 60 & echo $!');
    expect(performance.now() - began).toBeLessThan(5_000);
    await expect.poll(() => isGone(Number(stdout))).toBe(true);
  });

  test('a listener that throws fails the run and leaves nothing running', async () => {
    const pids: number[] = [];
    const run = shell('echo $$; sleep 60', {
      onLine: ({ text }) => {
        pids.push(Number(text));
        throw new Error('listener broke');
      },
    });
    await expect(run).rejects.toThrow('listener broke');
    expect(pids.every(isGone)).toBe(true);
  });
});

describe.skipIf(process.platform === 'win32')('the process table', () => {
  test('tells itself, and nobody for a pid that is free', async () => {
    const self = processes.self();
    expect(self.pid).toBe(process.pid);
    expect(processes.isAlive(self)).toBe(true);
    const { stdout } = await shell('echo $$');
    await expect.poll(() => processes.identify(Number(stdout))).toBeUndefined();
  });

  test('a later process with the same pid, or the same after a boot, is another', () => {
    const self = processes.self();
    expect(processes.isAlive({ ...self, startTime: `${self.startTime}1` })).toBe(false);
    expect(processes.isAlive({ ...self, bootId: 'another boot' })).toBe(false);
  });

  test('ends a process, at once or by force', async () => {
    const run = shell('trap "" TERM; echo ready; while :; do sleep 0.05; done', {
      onSpawn: (identity) => spawned.resolve(identity),
      onLine: () => ready.resolve(),
    });
    const spawned = Promise.withResolvers<ProcessIdentity>();
    const ready = Promise.withResolvers<void>();
    const identity = await spawned.promise;
    await ready.promise;
    await processes.end(identity, 300);
    expect(processes.isAlive(identity)).toBe(false);
    expect((await run).exitCode).toBeNull();
  });

  test('never touches a process that only has the same pid', async () => {
    const abort = new AbortController();
    const spawned = Promise.withResolvers<ProcessIdentity>();
    const run = shell('sleep 60', { signal: abort.signal, onSpawn: spawned.resolve });
    const identity = await spawned.promise;
    await processes.end({ ...identity, startTime: '1' }, 100);
    await delay(100);
    expect(processes.isAlive(identity)).toBe(true);
    abort.abort(new Error('done'));
    await expect(run).rejects.toThrow('done');
  });

  test('reads a program name with brackets and spaces', async () => {
    const odd = join(cwd, 'a) R (b');
    const { exitCode } = await shell(`cp "$(command -v sleep)" "${odd}"`);
    expect(exitCode).toBe(0);
    const abort = new AbortController();
    const spawned = Promise.withResolvers<ProcessIdentity>();
    const run = commands.run({
      argv: [odd, '60'],
      cwd,
      env: { PATH },
      signal: abort.signal,
      onSpawn: spawned.resolve,
    });
    expect((await spawned.promise).startTime).toMatch(/^\d+$/);
    abort.abort(new Error('done'));
    await expect(run).rejects.toThrow('done');
  });
});

describe.skipIf(process.platform !== 'linux')('the process table by way of ps, as on macOS', () => {
  test('agrees with /proc on who is there', async () => {
    const { psProcesses } = await import('#main/host/processes-ps.ts');
    const seen = psProcesses().look(process.pid);
    expect(seen?.startTime).toMatch(/^\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}$/);
    expect(psProcesses().look(process.pid)).toEqual(seen);
    expect(psProcesses().look(2 ** 22 + 1)).toBeUndefined();
  });
});
