import { useMemo } from 'react';
import type { Commit } from '#shared/domain/release.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { useRelease } from './use-release.ts';

/** What is said about the release of a run. */
export type BuiltFacts = {
  readonly commit?: Commit | undefined;
  readonly uncommittedFiles: number;
  /** Of the first image, where there are several. */
  readonly imageId: string;
  readonly size: number;
  readonly images: number;
};

/** From the run's own plan; a build has none, so its release is asked for once it was recorded. */
export function useReleaseFacts(run: RunSummary, plan: RunView['plan']): BuiltFacts | undefined {
  const release = useRelease(run.workspaceId, plan === undefined ? run.release : undefined);
  return useMemo(() => {
    if (plan !== undefined) return { ...plan.release, images: 1 };
    if (release === undefined) return undefined;
    const { source, images } = release;
    const { identity, size } = images[0].image;
    return { ...source, imageId: identity.imageId, size, images: images.length };
  }, [plan, release]);
}
