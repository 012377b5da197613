import type { Io, Wish } from '#main/core/ports.ts';

/** What the suite itself gives to every target. */
export type GivenBySuite =
  | 'signal'
  | 'env'
  | 'secret'
  | 'googleToken'
  | 'googleIdentity'
  | 'hostVariables'
  | 'probe'
  | 'clock'
  | 'http'
  | 'imageIds';

/** A place that a target deploys to, in memory: what every target's fake must offer to the contract's suite. */
export type TargetWorld = {
  /** What the target may reach there; the suite adds the rest. */
  readonly io: Omit<Io, GivenBySuite> & Partial<Pick<Io, 'secret' | 'googleIdentity' | 'http' | 'probe'>>;
  /** A target's settings as written in gantry.yml. */
  readonly config: Readonly<Record<string, unknown>>;
  /** With these settings nobody can be asked what runs. */
  readonly isBlind?: true;
  /** Two that the place can get hold of. */
  readonly releases: readonly Pick<Wish['release'], 'ref' | 'imageId' | 'remote'>[];
  /** How often something there became different. */
  changes(): number;
  /** How often it was asked to act, whether that made anything different or not. */
  asked(): number;
  /** Whether that release, whole and nothing else, is what truly runs there; never asked of the target. */
  runs(index: number): boolean;
  /** What it signs in with, if anything. */
  readonly secrets?: readonly string[];
  /** From now on nothing there answers. */
  goAway(): void;
  /** From now on it answers, and says no to whatever would change it. */
  refuse(): void;
  /**
   * From now on it takes what it is asked to do, and does it only when what this answers is called, unless it was told to
   * stop meanwhile. Absent where everything is done before the answer.
   */
  linger?(): () => void;
  /** What it is asked to do next it does, and its answer never comes. */
  loseAnswer(): void;
};
