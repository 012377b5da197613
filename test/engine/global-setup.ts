import { describeEngine, engineVariable } from './for-tests.ts';
import { startEngine } from './start.ts';

/**
 * Global setup of Vitest and Playwright alike: starts one engine for all of a run's tests, unless the process that
 * started this one already has (`npm test` does), and answers how to stop it.
 */
export async function setup(): Promise<() => Promise<void>> {
  if (process.env[engineVariable] !== undefined) return async () => {};
  const engine = await startEngine({ say: (line) => process.stderr.write(`engine: ${line}\n`) });
  process.env[engineVariable] = describeEngine(engine);
  return async () => {
    delete process.env[engineVariable];
    await engine.stop();
  };
}
