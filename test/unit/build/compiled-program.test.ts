import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const execute = promisify(execFile);
const source = new URL('../../../main/shell/cli/compiled-program.ts', import.meta.url).href;
const entry = 'program-1.cjs';
/** Code of some size, which says in what it was run. */
const work = (name: string) =>
  `exports.${name} = () => { const said = []; ${'said.push(__filename.length);'.repeat(500)} return '${name}'; };`;

let folder: string;
let cacheFolder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-compiled-'));
  cacheFolder = join(folder, 'cache');
  await writeFile(
    join(folder, entry),
    `const [,, ...commands] = process.argv;
    if (commands.at(-1) === 'fail') process.exitCode = commands.pop().length;
    const said = commands.map((name) => require('./' + name + '-1.cjs')[name]());
    process.stdout.write(said.join() + ' ' + require('node:path').basename(__filename));`,
  );
  for (const name of ['one', 'two']) await writeFile(join(folder, `${name}-1.cjs`), work(name));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs the program in a Node of its own. */
async function run(
  commands: readonly string[],
  { flags = [], purpose = '' }: { readonly flags?: readonly string[]; readonly purpose?: string } = {},
): Promise<string> {
  const script = `
    const { runCompiled } = await import(${JSON.stringify(source)});
    runCompiled(${JSON.stringify({ folder, entry, purpose, cacheFolder })});`;
  const argv = [...flags, '--input-type=module', '-e', script, '--', 'program', ...commands];
  const { stdout, stderr } = await execute(process.execPath, argv, { env: { PATH: process.env.PATH } });
  expect(stderr).toBe('');
  return stdout;
}

const cacheFiles = async () => (await readdir(join(cacheFolder, 'compiled'))).toSorted();

async function cacheFile(): Promise<string> {
  const [name, ...others] = await cacheFiles();
  if (name === undefined) throw new Error('nothing was kept');
  expect(others).toEqual([]);
  return join(cacheFolder, 'compiled', name);
}

/** Writes made within one tick of the clock are told apart, too: each is a file of its own. */
const identity = async () => (await stat(await cacheFile(), { bigint: true })).ino;
const kept = async () => (await readFile(await cacheFile())).length;

test('what was compiled is kept, with the functions that ran, and used', async () => {
  expect(await run([])).toBe(' program-1.cjs');
  const empty = await kept();
  expect(await run(['one'])).toBe('one program-1.cjs');
  const [one, written] = [await kept(), await identity()];
  // 500 calls are more than 5 kB of code, of which the function's name alone is none.
  expect(one - empty).toBeGreaterThan(5_000);
  expect(await run(['one'])).toBe('one program-1.cjs');
  expect(await run([])).toBe(' program-1.cjs');
  expect(await identity()).toBe(written);
});

test('what is started for one thing is kept apart from the rest', async () => {
  await run(['one'], { purpose: 'deploy' });
  const one = await kept();
  await run(['two'], { purpose: 'git-tag' });
  const name = `${entry}-${process.version}-${process.arch}`;
  expect(await cacheFiles()).toEqual([`${name}-deploy`, `${name}-git-tag`]);
  for (const file of await cacheFiles())
    expect((await stat(join(cacheFolder, 'compiled', file))).size).toBeLessThan(one + 100);
});

test('what cannot be part of a file’s name is kept with what is started for nothing in particular', async () => {
  await run(['one'], { purpose: '' });
  const [file, written] = [await cacheFile(), await identity()];
  for (const purpose of ['../one', '..', 'a/b', 'A', 'x'.repeat(1_000)]) {
    await run(['one'], { purpose });
    expect([await cacheFile(), await identity()]).toEqual([file, written]);
  }
});

test('nothing is kept of what failed before it loaded anything', async () => {
  await writeFile(join(folder, entry), 'process.exitCode = 2;');
  await expect(run([], { purpose: 'deplyo' })).rejects.toThrow();
  await expect(cacheFiles()).rejects.toThrow('ENOENT');
});

test('what is loaded later is added', async () => {
  await run(['one']);
  const one = await kept();
  expect(await run(['two'])).toBe('two program-1.cjs');
  expect(await kept()).toBeGreaterThan(one + 5_000);
  const written = await identity();
  expect(await run(['one', 'two'])).toBe('one,two program-1.cjs');
  expect(await identity()).toBe(written);
});

test('after a day it is written anew, with what ran this time', async () => {
  await run(['one']);
  const [file, written] = [await cacheFile(), await identity()];
  await utimes(file, 0, 0);
  expect(await run(['one'])).toBe('one program-1.cjs');
  expect(await identity()).not.toBe(written);
});

test('what failed is kept until something succeeds', async () => {
  const fail = () => expect(run(['one', 'fail'])).rejects.toThrow();
  await fail();
  const failed = await identity();
  await fail();
  expect(await identity()).toBe(failed);
  await run(['one']);
  const succeeded = await identity();
  expect(succeeded).not.toBe(failed);
  await fail();
  await run(['one']);
  expect(await identity()).toBe(succeeded);
});

test('a damaged cache is written again', async () => {
  await run(['one']);
  const file = await cacheFile();
  const whole = await readFile(file);
  const flipped = Buffer.from(whole);
  flipped[whole.length - 1_000] = (flipped[whole.length - 1_000] ?? 0) ^ 0xff;
  for (const damaged of [flipped, whole.subarray(0, 5_000), whole.subarray(0, 2), Buffer.alloc(0)]) {
    await writeFile(file, damaged);
    expect(await run(['one'])).toBe('one program-1.cjs');
    expect(await kept()).toBeGreaterThan(5_000);
    expect((await readFile(file)).equals(damaged)).toBe(false);
  }
});

test('what a V8 with other settings left is not run', async () => {
  await run(['one'], { flags: ['--no-lazy'] });
  const written = await identity();
  expect(await run(['one'])).toBe('one program-1.cjs');
  expect(await identity()).not.toBe(written);
});

test('a program that cannot write its cache runs', async () => {
  // Not by its mode, which stops everybody but root.
  await writeFile(cacheFolder, '');
  expect(await run(['one'])).toBe('one program-1.cjs');
});

test('caches of versions that nobody starts are removed, and nobody else can read them', async () => {
  const compiled = join(cacheFolder, 'compiled');
  await mkdir(compiled, { recursive: true });
  await chmod(compiled, 0o700);
  await writeFile(join(compiled, 'old'), '');
  await utimes(join(compiled, 'old'), 0, 0);
  await run(['one']);
  expect((await stat(await cacheFile())).mode & 0o777).toBe(0o600);
});
