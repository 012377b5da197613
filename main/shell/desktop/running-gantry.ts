import type { GantryRouter } from '../gantry-router.ts';

/** What the shell needs of the core. */
export type RunningGantry = {
  readonly router: GantryRouter;
  activeRuns(): readonly number[];
  dispose(): Promise<void>;
};
