import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import type { ImageContents } from '#main/core/ports.ts';
import type { createImageContents } from '#main/docker/contents/image-contents.ts';
import { createEngine } from '#main/docker/engine.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import type { ImageContentsDiff } from '#shared/domain/image-contents.ts';
import { baseImage } from '#test/engine/base-image.ts';
import { run } from '#test/engine/process.ts';
import { cliBundle, workerBundle } from '../../build/bundles.ts';
import { type Figure, type Measured, measureInTurns } from './harness.ts';

/** The issue's. */
const firstWithinMs = 1_000;
const againWithinMs = 50;
/** What the person's interface may be held up by. */
const loopWithinMs = 20;

export type CompareRows = {
  readonly measured: readonly Measured[];
  readonly figures: readonly Figure[];
  /** What the comparison said, for whoever doubts that it did something. */
  readonly diff: ImageContentsDiff;
};

type Options = {
  readonly rounds?: number;
  /** MB of the layer that differs, and of what both have below it. */
  readonly megabytes?: { readonly changed: number; readonly shared: number };
  /** Stands before what the rows are called, such as the engine's image store. */
  readonly label?: string;
  /** The host of a registry to which both are pushed. */
  readonly registry?: string;
};

type Reached = { readonly dockerBin: string; readonly env: Readonly<Record<string, string>> };

/** How long it takes to compare two images of 160 MB with one changed layer, on an engine that is reached by this. */
export async function compareRows(engine: Reached, options: Options = {}): Promise<CompareRows> {
  const { rounds = 5, megabytes = { changed: 10, shared: 150 }, label, registry } = options;
  const env = { ...process.env, ...engine.env };
  const folder = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
  const image = `gantry-bench-${randomBytes(4).toString('hex')}`;
  const name = registry === undefined ? image : `${registry}/${image}`;
  const docker = (...argv: readonly string[]) => run(engine.dockerBin, argv, { env: definedOnly(env) });
  try {
    await writeContext(folder, megabytes);
    const [left, right] = [
      await build({ docker, env, folder, name, app: 'one', isPushed: registry !== undefined }),
      await build({ docker, env, folder, name, app: 'two', isPushed: registry !== undefined }),
    ];
    return await measure({
      env,
      folder,
      left,
      right,
      rounds,
      prefix: label === undefined ? '' : `${label}: `,
      save: () => throwAway(engine.dockerBin, ['save', `${name}:one`, `${name}:two`], env),
    });
  } finally {
    await docker('rmi', `${name}:one`, `${name}:two`);
    await rm(folder, { recursive: true, force: true });
  }
}

type Env = Readonly<Record<string, string | undefined>>;

function definedOnly(env: Env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

const smallFile = 20_000;
const megabyte = 1_000_000;

/** A third of what both have is one large file, the rest is many small ones, as in an image of a program and its packages. */
async function writeContext(
  folder: string,
  { changed, shared }: NonNullable<Options['megabytes']>,
): Promise<void> {
  const dockerfile = `FROM ${baseImage}\nCOPY large.bin /\nCOPY packages /packages\nARG APP\nCOPY \${APP} /app\n`;
  await writeFile(join(folder, 'Dockerfile'), dockerfile);
  await writeFile(join(folder, 'large.bin'), randomBytes((shared * megabyte) / 3));
  await fill(join(folder, 'packages'), (shared * megabyte * 2) / 3);
  await fill(join(folder, 'one'), changed * megabyte);
  await fill(join(folder, 'two'), changed * megabyte);
}

async function fill(folder: string, bytes: number): Promise<void> {
  await mkdir(folder);
  for (let at = 0; at < bytes / smallFile; at += 1)
    await writeFile(join(folder, `file${at}`), randomBytes(smallFile));
}

type Build = {
  readonly docker: (...argv: readonly string[]) => ReturnType<typeof run>;
  readonly env: Env;
  readonly folder: string;
  readonly name: string;
  readonly app: string;
  readonly isPushed: boolean;
};

async function build({ docker, env, folder, name, app, isPushed }: Build): Promise<ImageFacts> {
  const ref = `${name}:${app}`;
  const built = await docker('build', '--quiet', '--build-arg', `APP=${app}`, '--tag', ref, folder);
  if (built.code !== 0) throw new Error(`the image for the bench was not built: ${built.stderr}`);
  if (isPushed) {
    const pushed = await docker('push', '--quiet', ref);
    if (pushed.code !== 0) throw new Error(`the image for the bench was not pushed: ${pushed.stderr}`);
  }
  const facts = await createEngine({ env, homeFolder: '/nonexistent' }).image(ref);
  if (facts === undefined) throw new Error(`${ref} was built and is not there`);
  return facts;
}

type Plan = {
  readonly env: Env;
  readonly folder: string;
  readonly left: ImageFacts;
  readonly right: ImageFacts;
  readonly rounds: number;
  readonly prefix: string;
  /** What a comparison cannot be faster than where the engine gives images only whole. */
  readonly save: () => Promise<undefined>;
};

async function throwAway(command: string, argv: readonly string[], env: Env): Promise<undefined> {
  const child = spawn(command, argv, { env: definedOnly(env), stdio: 'ignore' });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${argv[0]} ended with ${code}`);
  return undefined;
}

/** Bundled as the program is: reading the types out of its sources would be half of a thread's start. */
async function bundleContents(
  folder: string,
): Promise<{ readonly createImageContents: typeof createImageContents }> {
  const root = resolve(import.meta.dirname, '../..');
  const { input, output } = cliBundle(root);
  const contents = join(root, 'main/docker/contents/image-contents.ts');
  const bundles = [
    {
      input: { ...input, input: { contents } },
      output: { ...output, dir: folder, entryFileNames: '[name].cjs' },
    },
    workerBundle(root, folder),
  ];
  for (const each of bundles) {
    const bundle = await rolldown(each.input);
    await bundle.write(each.output);
    await bundle.close();
  }
  return import(pathToFileURL(join(folder, 'contents.cjs')).href);
}

async function measure({ env, folder, left, right, rounds, prefix, save }: Plan): Promise<CompareRows> {
  const { createImageContents } = await bundleContents(join(folder, 'bundle'));
  let caches = 0;
  const open = (cache: number): ImageContents =>
    createImageContents({ env, homeFolder: '/nonexistent', cacheFolder: join(folder, `cache${cache}`) });
  const delays: Delay[] = [];
  let diff: ImageContentsDiff | undefined;
  /** As a process that was just started: its thread is not there yet. */
  const compare = (from: ImageFacts, to: ImageFacts, cache: () => number) => async () => {
    const contents = open(cache());
    diff = await watched(delays, () => contents.compare(from, to));
    return async () => contents.dispose();
  };
  const fresh = () => {
    caches += 1;
    return caches;
  };
  const same = () => caches;
  const first = { name: `${prefix}compare for the first time`, run: compare(left, right, fresh) };
  const again = { name: `${prefix}compare again`, run: compare(left, right, same) };
  const known = { name: `${prefix}compare other images of known layers`, run: compare(right, left, same) };
  const whole = { name: `${prefix}docker save of both`, run: save };
  const measured = await measureInTurns([first, again, known, whole], rounds);
  const [firstTimes, againTimes] = measured;
  if (firstTimes === undefined || againTimes === undefined || diff === undefined)
    throw new Error('nothing measured');
  return {
    measured,
    diff,
    figures: [
      timeOf(`${prefix}two images, the first time`, firstTimes, firstWithinMs),
      timeOf(`${prefix}the same two again`, againTimes, againWithinMs),
      {
        what: `${prefix}delay of the calling thread, 99 of 100`,
        value: Math.max(...delays.map(({ p99 }) => p99)),
        unit: 'ms',
        atMost: loopWithinMs,
        from: `the worst of ${delays.length} comparisons; no delay was above ${Math.max(...delays.map(({ most }) => most)).toFixed(1)} ms`,
      },
    ],
  };
}

/** Of this thread's event loop, in ms. */
type Delay = { readonly p99: number; readonly most: number };

async function watched<T>(delays: Delay[], work: () => Promise<T>): Promise<T> {
  // One for each: it would count the time between two as a delay.
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  try {
    return await work();
  } finally {
    delay.disable();
    if (delay.count > 0) delays.push({ p99: delay.percentile(99) / 1e6, most: delay.max / 1e6 });
  }
}

function timeOf(what: string, { median, times }: Measured, atMost: number): Figure {
  return { what, value: median, unit: 'ms', atMost, from: `the median of ${times.length}` };
}
