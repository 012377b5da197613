import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FolderChange, FolderWatcher } from '#main/core/ports.ts';
import type { WatchNeeds } from '#main/core/watch/loop.ts';
import { createWatches, type Watches } from '#main/core/watch/watches.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { environmentNameSchema } from '#shared/domain/ids.ts';
import type { WatchState } from '#shared/domain/watch.ts';
import { makeRepository } from '#test/integration/git/repositories.ts';
import { type BuildWorld, createBuildWorld } from '#test/unit/core/build-world.ts';
import { sampleImageId } from '#test/unit/core/samples.ts';

// Real git and a real ledger, on machines that may be busy.
vi.setConfig({ testTimeout: 20_000 });

const ada = { name: 'ada', shell: 'cli' } as const;
const dev = environmentNameSchema.parse('dev');
const confirmed = 'environments: { dev: { confirm: click } }';

let world: BuildWorld;
let watches: Watches;
let states: WatchState[];
let watched: { tell: (change: FolderChange) => void; isOpen: boolean }[];
let deploys: string[];
let startUnseen: () => Promise<never> | Promise<undefined>;
let gate: PromiseWithResolvers<void> | undefined;

beforeEach(async () => {
  world = createBuildWorld();
  states = [];
  watched = [];
  deploys = [];
  gate = undefined;
  startUnseen = () => Promise.resolve(undefined);
  const folders: FolderWatcher = {
    async watch(_folder, tell) {
      const mine = { tell, isOpen: true };
      watched.push(mine);
      return {
        settled: () => Promise.resolve(),
        close: async () => {
          mine.isOpen = false;
        },
      };
    },
  };
  const needs: WatchNeeds = {
    ports: { ...world.ports, folders },
    starter: {
      build: world.starter.build,
      startUnseen: ({ release }) => {
        deploys.push(release ?? '');
        return startUnseen();
      },
    },
    cancel: world.cancel,
  };
  watches = createWatches(needs, (_id, state) => states.push(state));
  let images = 0;
  world.engine.outputs = async function* ({ signal }) {
    images += 1;
    const door = gate?.promise;
    if (door !== undefined) {
      await new Promise<void>((resolve, reject) => {
        void door.then(resolve);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    }
    yield { kind: 'image', imageId: sampleImageId(String(images)) };
  };
  world.config(`watch: { debounce: 20ms }\n${confirmed}`);
  world.write('.gitignore', '.env.*\n*.log\n');
  world.write('.dockerignore', 'docs\n');
  world.write('.env.dev', 'A=1\n');
  makeRepository(world.folder);
  await world.trust();
});
afterEach(async () => {
  gate?.resolve();
  await watches.dispose();
  await world.idle();
  world.remove();
});

const state = () => watches.get(world.workspaceId);
const watching = (environment: typeof dev | null = null) =>
  watches.start(world.workspaceId, environment, ada);
const write = (...names: readonly string[]) => {
  for (const name of names) world.write(name, `${name} ${world.asked.builds.length} ${Math.random()}\n`);
  tell(...names);
};
const tell = (...names: readonly string[]) =>
  watched.at(-1)?.tell({ kind: 'paths', paths: names.map((name) => `${world.folder}/${name}`) });
const rests = (builds: number) =>
  expect
    .poll(() => [world.asked.builds.length, state().kind === 'on' && phase()], { timeout: 15_000 })
    .toEqual([builds, 'waiting']);
const phase = () => {
  const now = state();
  return now.kind === 'on' ? now.phase : 'off';
};
/** Long enough for a round that should not be. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 250));

describe('the loop', () => {
  test('builds at once, and again after each change', async () => {
    expect(await watching()).toMatchObject({ kind: 'on', changed: [] });
    await rests(1);
    expect(state()).toMatchObject({ phase: 'waiting', runId: 1, done: expect.stringMatching(/^r-/) });
    write('src/a.ts', 'src/b.ts');
    await rests(2);
    expect(state()).toMatchObject({ runId: 2, changed: ['src/a.ts', 'src/b.ts'] });
    expect(states.map((told) => (told.kind === 'on' ? told.phase : told.kind))).toEqual([
      ...['settling', 'building', 'building', 'waiting'],
      ...['settling', 'building', 'building', 'waiting'],
    ]);
    const { note } = world.ports.ledger.runs.get(world.view(2 as never).id) ?? {};
    expect(note).toBe('watch: src/a.ts and 1 more');
    expect(deploys).toEqual([]);
  });

  test('names the first of very many changes, and counts the others', async () => {
    await watching();
    await rests(1);
    write(...Array.from({ length: 30 }, (_, index) => `src/${index}.ts`));
    await rests(2);
    const { changed, changedMore } = { changed: [], changedMore: 0, ...state() };
    expect([changed.length, changedMore]).toEqual([20, 10]);
  });

  test('leaves alone what is in no image, what git ignores and what did not change', async () => {
    await watching(dev);
    await rests(1);
    write('debug.log', 'docs/a.md', '.git/index', '.gantry/x');
    tell('Dockerfile');
    watched[0]?.tell({ kind: 'doubt', why: 'overflow' });
    watched[0]?.tell({ kind: 'paths', paths: ['/elsewhere/a'] });
    await aWhile();
    await rests(1);
  });

  test('sees the env file of its environment, although git ignores it, and no other’s', async () => {
    await watching(dev);
    await rests(1);
    write('.env.prod');
    await aWhile();
    await rests(1);
    write('.env.dev');
    await rests(2);
  });

  test('with tests on the host takes everything for what they read, but their report', async () => {
    world.config(`watch: { debounce: 20ms }
tests: [{ name: unit, where: host, run: ["true"], junit: report.xml }]\n${confirmed}`);
    await world.trust();
    await watching();
    await expect.poll(phase, { timeout: 15_000 }).toBe('waiting');
    const before = world.asked.builds.length;
    write('report.xml');
    await aWhile();
    await rests(before);
    write('docs/a.md');
    await rests(before + 1);
  });

  test('in doubt looks whether anything is different', async () => {
    await watching();
    await rests(1);
    world.write('src/a.ts', 'new');
    watched[0]?.tell({ kind: 'doubt', why: 'overflow' });
    await rests(2);
    expect(state()).toMatchObject({ changed: [] });
  });

  test('gives up a build that a change made stale, and deploys only the next', async () => {
    gate = Promise.withResolvers();
    await watching(dev);
    await expect.poll(() => world.asked.builds.length, { timeout: 15_000 }).toBe(1);
    write('src/a.ts');
    await expect.poll(() => world.asked.builds.length, { timeout: 15_000 }).toBe(2);
    expect(world.view(1 as never).state).toBe('cancelled');
    gate.resolve();
    await rests(2);
    expect(deploys).toEqual([world.view(2 as never).release]);
  });

  test('goes on when a build fails, and says why', async () => {
    const { outputs } = world.engine;
    world.engine.outputs = () => {
      throw new GantryError('engine-refused', 'RUN make failed.', 'Look.');
    };
    await watching(dev);
    await rests(1);
    expect(state()).toMatchObject({ trouble: 'RUN make failed.' });
    expect(deploys).toEqual([]);
    world.engine.outputs = outputs;
    write('src/a.ts');
    await rests(2);
    expect(state()).not.toHaveProperty('trouble');
    expect(deploys).toHaveLength(1);
  });

  test('says why it did not deploy, or that it need not, and goes on', async () => {
    startUnseen = () => Promise.reject(new GantryError('environment-held', 'dev is on hold.', 'Lift it.'));
    await watching(dev);
    await rests(1);
    expect(state()).toMatchObject({ trouble: 'dev is on hold.' });
    startUnseen = () => Promise.resolve(undefined);
    write('src/a.ts');
    await rests(2);
    expect(state()).toMatchObject({ done: expect.stringMatching(/^dev runs r-\w+ already$/) });
  });

  test('does not run commands that nobody trusted', async () => {
    await watching();
    await rests(1);
    world.config(`watch: { debounce: 20ms }
tests: [{ name: unit, where: host, run: [touch, /tmp/never] }]\n${confirmed}`);
    tell('gantry.yml');
    await expect
      .poll(() => state(), { timeout: 15_000 })
      .toMatchObject({ trouble: expect.stringContaining('not trusted') });
    await rests(1);
    await world.trust();
    tell('gantry.yml');
    await expect.poll(() => state(), { timeout: 15_000 }).not.toHaveProperty('trouble');
  });

  test('names what is wrong with gantry.yml', async () => {
    await watching();
    await rests(1);
    world.config(`watchh: 1\n${confirmed}`);
    tell('gantry.yml');
    await expect
      .poll(() => state(), { timeout: 15_000 })
      .toMatchObject({ trouble: 'gantry.yml: Unknown key "watchh". Did you mean "watch"?' });
  });
});

describe('stopping', () => {
  test('cancels its run and listens no more', async () => {
    gate = Promise.withResolvers();
    await watching();
    await expect.poll(() => world.asked.builds.length, { timeout: 15_000 }).toBe(1);
    expect(await watches.stop(world.workspaceId)).toEqual({ kind: 'off' });
    await world.idle();
    expect(world.view(1 as never).state).toBe('cancelled');
    expect(watched.map(({ isOpen }) => isOpen)).toEqual([false]);
    expect([state(), states.at(-1)]).toEqual([{ kind: 'off' }, { kind: 'off' }]);
    write('src/a.ts');
    await aWhile();
    expect(world.asked.builds).toHaveLength(1);
  });

  test('nothing is no error', async () => {
    expect(await watches.stop(world.workspaceId)).toEqual({ kind: 'off' });
  });
});

describe('starting', () => {
  test('again changes nothing; with another environment the first ends', async () => {
    const one = await watching();
    expect(await watching()).toMatchObject({ since: one.kind === 'on' && one.since });
    expect(watched).toHaveLength(1);
    expect(await watching(dev)).toMatchObject({ environment: 'dev' });
    expect(watched.map(({ isOpen }) => isOpen)).toEqual([false, true]);
  });

  test('goes to the environment that gantry.yml names, else to the first', async () => {
    world.config(
      'watch: { environment: play }\nenvironments: { dev: { confirm: click }, play: { confirm: click }, prod: {} }',
    );
    await world.trust();
    expect(await watches.start(world.workspaceId, undefined, ada)).toMatchObject({ environment: 'play' });
    world.config('environments: { dev: { confirm: click }, prod: {} }');
    await world.trust();
    expect(await watches.start(world.workspaceId, undefined, ada)).toMatchObject({ environment: 'dev' });
  });

  test('is refused where each deploy wants a name typed, where nothing is trusted, and at the end', async () => {
    world.config('environments: { dev: {} }');
    await world.trust();
    await expect(watching(dev)).rejects.toMatchObject({ code: 'confirmation-required' });
    expect((await watching()).kind).toBe('on');
    world.config('build: { args: { A: "1" } }\ntests: [{ name: a, where: host, run: [x] }]');
    await expect(watching()).rejects.toMatchObject({ code: 'workspace-untrusted' });
    await watches.dispose();
    expect(state()).toEqual({ kind: 'off' });
    await expect(watching()).rejects.toMatchObject({ code: expect.any(String) });
  });
});
