import type { ImageFacts } from '#shared/domain/image.ts';
import type { Release, Source, TestResult } from '#shared/domain/release.ts';
import type { BuildBegun, BuildSpec } from '../ports.ts';

/** One image of the build, before it is a release's. */
export type BuiltImage = {
  /** Absent without a matrix. */
  readonly cell?: string;
  /** Carries the image until it has proved itself. */
  readonly tag: string;
  readonly image: ImageFacts;
};

/** What can be asked for before git has answered, and is. */
export type BegunBuild = { readonly spec: BuildSpec; readonly begun: BuildBegun };

/** What the steps of one build hand on to each other. */
export type Progress = {
  /** Begun while git is asked. */
  begun?: Promise<BegunBuild>;
  source?: Source;
  version?: string;
  images?: readonly [BuiltImage, ...BuiltImage[]];
  tests: TestResult[];
  release?: Release;
  /** Settles when the names are gone that carried the images; absent as long as they are needed. */
  isUntagged?: Promise<void>;
};

/** Steps run in order, so what an earlier one made is there. */
export function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the ${what} is not known yet`);
  return value;
}
