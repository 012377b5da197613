import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { runSummarySchema } from '#shared/domain/run.ts';
import { builtGantry } from '#test/built-parts.ts';
import { whyNotProvisionable } from '#test/engine/machine.ts';
import { endChild, type Finished, run } from '#test/engine/process.ts';
import { createGantryWorld, type GantryWorld, untilEnded, untilPrinted } from '#test/gantry-process.ts';
import { liveIn, strayThings } from './kill-world.ts';

let world: GantryWorld;
const ledger = () => join(world.workspace.home, 'ledger.db');

beforeAll(async () => {
  world = await createGantryWorld();
  await world.done('build', '--trust');
});
afterAll(() => world?.remove());

function expectOneError({ stderr }: Finished): void {
  expect(stderr.match(/^error: /gm)).toHaveLength(1);
  expect(stderr).toMatch(/^hint: +\S/m);
}

/** Every file of GANTRY_HOME by name and content; of the write-ahead log's index nobody keeps anything. */
function contents(): Record<string, string> {
  const { home } = world.workspace;
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.endsWith('-shm'),
  );
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  const hash = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
  return Object.fromEntries(paths.map((path) => [path, hash(path)]));
}

/** Each command that reads, writes or changes something is refused the same way, and the files stay as they are. */
async function expectRefused(
  code: number,
  message: RegExp,
  gantry: (...args: readonly string[]) => Promise<Finished> = world.gantry,
): Promise<void> {
  const before = contents();
  for (const command of [['status'], ['history'], ['build'], ['deploy', 'dev', '--yes']]) {
    const refused = await gantry(...command);
    expect([command[0], refused.code]).toEqual([command[0], code]);
    expectOneError(refused);
    expect(refused.stderr).toMatch(message);
  }
  expect(contents()).toEqual(before);
}

describe('a ledger that cannot be used', () => {
  test('from a newer Gantry', async () => {
    const was = readFileSync(ledger());
    const db = new Database(ledger());
    db.pragma('user_version = 7');
    db.close();
    await expectRefused(2, /version 7.*\n*.*Update Gantry/s);
    writeWhole(was);
    expect(await world.history()).toHaveLength(1);
  });

  test('cut off', async () => {
    const was = readFileSync(ledger());
    truncateSync(ledger(), 4096);
    await expectRefused(1, /cannot be read.*backup/s);
    writeWhole(was);
    expect(await world.history()).toHaveLength(1);
  });

  test('that another user may only read', async ({ skip }) => {
    skip(process.getuid?.() !== 0, 'only root can become another user');
    const { home, folder } = world.workspace;
    await chmod(dirname(home), 0o755);
    await chown(folder, 65534, 65534);
    const asNobody = (...args: readonly string[]) =>
      run(
        'setpriv',
        [
          '--reuid=65534',
          '--regid=65534',
          '--clear-groups',
          process.execPath,
          builtGantry,
          '-C',
          folder,
          ...args,
        ],
        { env: { ...world.env, HOME: folder } },
      );
    try {
      await expectRefused(2, /cannot be written.*GANTRY_HOME/s, asNobody);
    } finally {
      await chown(folder, 0, 0);
    }
  });

  function writeWhole(bytes: Buffer): void {
    for (const suffix of ['-wal', '-shm']) rmSync(`${ledger()}${suffix}`, { force: true });
    const file = openSync(ledger(), 'w');
    writeSync(file, bytes);
    closeSync(file);
  }
});

/** The world as it is seen with a small disk of its own in the place of GANTRY_HOME. */
type SmallDisk = {
  gantry(...args: readonly string[]): Promise<Finished>;
  start(...args: readonly string[]): ChildProcess;
  fill(): void;
  free(): void;
};

/** In a mount namespace that ends with its last process: the disk goes with it, whatever happens to this test. */
async function onSmallDisk(work: (disk: SmallDisk) => Promise<void>): Promise<void> {
  const { home, folder } = world.workspace;
  const mount =
    'cp -a "$1" "$1.seed" && mount -t tmpfs -o size=4m none "$1" && cp -a "$1.seed/." "$1" && echo ready && exec sleep 300';
  const holder = spawn('unshare', ['--mount', 'sh', '-c', mount, 'sh', home], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const filler = join('/proc', String(holder.pid), 'root', home, 'filler');
  const argv = (args: readonly string[]) => [
    `--target=${holder.pid}`,
    '--mount',
    process.execPath,
    builtGantry,
    '-C',
    folder,
    ...args,
  ];
  try {
    await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')]);
    await work({
      gantry: (...args) => run('nsenter', argv(args), { env: world.env }),
      start: (...args) => spawn('nsenter', argv(args), { env: world.env, stdio: ['ignore', 'pipe', 'pipe'] }),
      fill: () => fillWith(filler),
      free: () => rmSync(filler, { force: true }),
    });
  } finally {
    await endChild(holder, 1_000, 'SIGKILL');
    rmSync(`${home}.seed`, { recursive: true, force: true });
  }
}

function fillWith(file: string): void {
  const handle = openSync(file, 'a');
  try {
    for (const size of [65_536, 4_096, 512, 1]) {
      const chunk = Buffer.alloc(size);
      try {
        for (;;) if (writeSync(handle, chunk) < size) break;
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      }
    }
  } finally {
    closeSync(handle);
  }
}

describe('a disk that is full', () => {
  const obstacle = whyNotProvisionable();
  const history = async (disk: SmallDisk) => {
    const { stdout } = await disk.gantry('history', '--json');
    return z.array(runSummarySchema).parse(JSON.parse(stdout));
  };

  test('before anything began: nothing is started, and what was there is there again', async ({ skip }) => {
    skip(obstacle !== undefined, `a small disk cannot be mounted: ${obstacle}`);
    await onSmallDisk(async (disk) => {
      const before = await history(disk);
      disk.fill();
      for (const command of [['build'], ['deploy', 'dev', '--yes']]) {
        const refused = await disk.gantry(...command);
        expect([command[0], refused.code]).toEqual([command[0], 2]);
        expectOneError(refused);
        expect(refused.stderr).toMatch(/cannot be written.*Free space/s);
      }
      disk.free();
      expect(await history(disk)).toEqual(before);
      expect((await disk.gantry('build')).code).toBe(0);
      expect(await strayThings(world)).toEqual([]);
    });
  });

  test('in the middle of a run: it stops, and is closed as soon as there is room', async ({ skip }) => {
    skip(obstacle !== undefined, `a small disk cannot be mounted: ${obstacle}`);
    await world.workspace.edit('gantry.yml', (text) =>
      text.replace('health: { http: /healthz', 'health: { http: /nowhere'),
    );
    await onSmallDisk(async (disk) => {
      const child = disk.start('deploy', 'dev', '--yes', '--trust');
      await untilPrinted(child, 'Wait until healthy: started');
      disk.fill();
      const ended = untilEnded(child);
      // Long enough for several attempts to write its end.
      expect(await Promise.race([ended, sleep(3_500, 'it waits')])).toBe('it waits');
      disk.free();
      expect(await ended).toBe(1);
      const [deploy] = await history(disk);
      expect(deploy).toMatchObject({ kind: 'deploy', state: 'errored', recovered: false });
      expect(deploy?.summary).toMatch(/^The ledger could not be written, so the run stopped: /);
      await world.workspace.edit('gantry.yml', (text) => text.replace('/nowhere', '/healthz'));
      expect((await disk.gantry('deploy', 'dev', '--yes', '--trust')).code).toBe(0);
      expect(await liveIn(world, 'dev')).toMatchObject([{ release: deploy?.release, health: 'healthy' }]);
    });
  });
});
