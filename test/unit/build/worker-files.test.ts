import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type OutputChunk, rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { saved, startFakeEngine } from '#test/unit/docker/contents/fake-engine.ts';
import { after, base, before, left, right } from '#test/unit/docker/contents/sample-images.ts';
import { type Bundle, cliBundle, desktopBundles, workerBundle } from '../../../build/bundles.ts';
import { workerSources } from '../../../build/worker-files.ts';

const root = resolve(import.meta.dirname, '../../..');
const execute = promisify(execFile);

/** The comparison of images, bundled as the CLI is, and the thread beside it. */
let folder: string;
let program: readonly OutputChunk[];

async function write({ input, output }: Bundle): Promise<readonly OutputChunk[]> {
  const bundle = await rolldown(input);
  try {
    return (await bundle.write({ ...output, dir: folder })).output.filter((file) => file.type === 'chunk');
  } finally {
    await bundle.close();
  }
}

const named = (output: Bundle['output']) => ({ ...output, entryFileNames: '[name].cjs' });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-bundle-'));
  const { input, output } = cliBundle(root);
  const contents = join(root, 'main/docker/contents/image-contents.ts');
  program = await write({ input: { ...input, input: { contents } }, output: named(output) });
  await write(workerBundle(root, folder));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the program loads the thread’s part only when it is asked', () => {
  const entry = program.find(({ isEntry }) => isEntry);
  expect(entry?.dynamicImports).toHaveLength(1);
  expect(entry?.code).not.toContain('node:worker_threads');
  const modules = program.flatMap(({ moduleIds }) => moduleIds);
  expect(modules.filter((id) => /\/(tar-reader|read-images|layer-bytes)\.ts$/.test(id))).toEqual([]);
});

test('bundled, the thread is found and compares', async () => {
  const engine = await startFakeEngine(join(folder, 's'), (answer) => answer.end(saved(base, before, after)));
  const options = {
    env: { DOCKER_HOST: `unix://${join(folder, 's')}` },
    homeFolder: '/nonexistent',
    cacheFolder: join(folder, 'cache'),
  };
  const script = `
    const { createImageContents } = await import(${JSON.stringify(pathToFileURL(join(folder, 'contents.cjs')).href)});
    const contents = createImageContents(${JSON.stringify(options)});
    const diff = await contents.compare(${JSON.stringify(left)}, ${JSON.stringify(right)});
    console.log(JSON.stringify(diff.files.changed));`;
  try {
    const env = { PATH: process.env.PATH };
    const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', script], {
      env,
      cwd: folder,
    });
    expect(JSON.parse(stdout)).toEqual({ files: 2, before: 9, after: 10 });
    expect((await readdir(join(folder, 'cache', 'layers'))).length).toBe(3);
  } finally {
    engine.stop();
  }
});

test('every thread of the sources is bundled, for the CLI and for the desktop', async () => {
  const named = /new URL\('\.\/([\w-]+)\.ts', import\.meta\.url\)/g;
  const sources = await readdir(join(root, 'main'), { recursive: true });
  const texts = await Promise.all(
    sources.filter((path) => path.endsWith('.ts')).map((path) => readFile(join(root, 'main', path), 'utf8')),
  );
  const threads = texts.flatMap((text) => [...text.matchAll(named)].map(([, name]) => name));
  expect(threads.toSorted()).toEqual(Object.keys(workerSources(root)).toSorted());
  const desktop = desktopBundles(root).flatMap(({ input }) => Object.keys(Object(input.input)));
  expect(desktop).toEqual(expect.arrayContaining(threads));
});

test('bundled, the thread that watches folders is found', async () => {
  const { input, output } = cliBundle(root);
  const watch = join(root, 'main/host/watch-folder.ts');
  await write({ input: { ...input, input: { watch } }, output: { ...named(output), cleanDir: false } });
  const script = `
    const { createFolderWatcher } = await import(${JSON.stringify(pathToFileURL(join(folder, 'watch.cjs')).href)});
    const { mkdirSync } = await import('node:fs');
    const watch = await createFolderWatcher().watch('.', (change) => console.log(JSON.stringify(change)));
    mkdirSync('new');
    await watch.settled();`;
  const place = await mkdtemp(join(tmpdir(), 'gantry-watched-'));
  try {
    const argv = ['--input-type=module', '--eval', script];
    const { stdout } = await execute(process.execPath, argv, { cwd: place, env: { PATH: process.env.PATH } });
    expect(stdout).toContain('new');
  } finally {
    await rm(place, { recursive: true, force: true });
  }
});
