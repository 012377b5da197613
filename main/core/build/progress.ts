import type { ImageFacts } from '#shared/domain/image.ts';
import type { Release, Source, TestResult } from '#shared/domain/release.ts';

/** What the steps of one build hand on to each other. */
export type Progress = {
  source?: Source;
  version?: string;
  image?: ImageFacts;
  tests: TestResult[];
  release?: Release;
};

/** Steps run in order, so what an earlier one made is there. */
export function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the ${what} is not known yet`);
  return value;
}
