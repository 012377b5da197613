import { expect } from 'vitest';
import type { RunSummary } from '#shared/domain/run.ts';
import type { GantryWorld } from '#test/gantry-process.ts';
import { type Found, liveIn, strayThings } from './kill-world.ts';

/** Whatever happened: nothing is held, nothing is left, and the run's end says what docker says. */
export async function expectHonest(
  world: GantryWorld,
  environment: string,
  found: Found,
): Promise<RunSummary> {
  const place = found.board.environments.find(({ name }) => name === environment);
  expect(place).toBeDefined();
  expect([place?.lease, place?.currentRun, found.board.build]).toEqual([undefined, undefined, undefined]);
  expect(found.history.filter(({ state }) => state === 'running')).toEqual([]);
  expect(await strayThings(world)).toEqual([]);
  const [run] = found.history;
  if (run === undefined) throw new Error('the history is empty');
  expect(run).toMatchObject({ recovered: true });
  const live = await liveIn(world, environment);
  if (run.state === 'succeeded') {
    const release = found.releases.find(({ id }) => id === run.release);
    expect(live).toEqual([
      {
        imageId: release?.images[0].image.identity.imageId,
        envSnapshot: run.envSnapshot,
        release: run.release,
        health: 'healthy',
      },
    ]);
    expect(place?.state).toMatchObject({ release: run.release, envSnapshot: run.envSnapshot });
  } else {
    expect(run.state).toBe('interrupted');
    expect(place?.failedRun?.id).toBe(run.id);
  }
  return run;
}
