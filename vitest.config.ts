import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

type Test = NonNullable<TestProjectInlineConfiguration['test']>;

/** One project for each folder of test/ that Vitest runs; e2e is Playwright's. */
function project(name: string, test: Test = {}): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: { ...test, name, include: [`test/${name}/**/*.test.{ts,tsx}`] },
  };
}

/** Real engines and real processes: slow at times, and one engine for all. */
const onAnEngine: Test = {
  globalSetup: 'test/engine/global-setup.ts',
  testTimeout: 60_000,
  hookTimeout: 120_000,
};

/** One more than a small machine has cores: most of what they do has pauses. By itself Vitest leaves one of two to nobody. */
const workers = Math.max(3, Math.min(4, availableParallelism()));

export default defineConfig({
  test: {
    exclude: [...configDefaults.exclude],
    passWithNoTests: true,
    maxWorkers: workers,
    // A missing golden file is a failure; `npm run golden:update` writes it.
    update: 'none',
    projects: [
      // Most take less than loading what they test: a worker loads it once for all of its files.
      project('unit', {
        ...{ isolate: false, restoreMocks: true, unstubEnvs: true, unstubGlobals: true },
        // A few read all of this repository, or thousands of generated cases: 2 s, and 5 s on a slow machine.
        testTimeout: 20_000,
      }),
      project('golden'),
      project('contract', { testTimeout: 30_000 }),
      project('integration', onAnEngine),
      // They wait for what they kill to be found dead. Each has its own processes, ledger and names on the engine.
      project('fault', { ...onAnEngine, maxWorkers: 2 }),
    ],
  },
});
