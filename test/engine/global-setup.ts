import { buildIfOld } from '#test/built-parts.ts';
import { describeEngine, engineVariable } from './for-tests.ts';
import { startEngine } from './start.ts';

/**
 * Global setup of Vitest and Playwright alike: builds the command line where it is old, and starts one engine for all of a
 * run's tests, unless the process that started this one already has (`npm test` does). Answers how to stop it.
 */
export async function setup(): Promise<() => Promise<void>> {
  await buildIfOld('cli');
  if (process.env[engineVariable] !== undefined) return async () => {};
  const engine = await startEngine({ say: (line) => process.stderr.write(`engine: ${line}\n`) });
  process.env[engineVariable] = describeEngine(engine);
  return async () => {
    delete process.env[engineVariable];
    await engine.stop();
  };
}
