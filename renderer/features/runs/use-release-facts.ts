import { useMemo } from 'react';
import type { Commit } from '#shared/domain/release.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { useRelease } from './use-release.ts';

/** What is said about the release of a run. */
export type BuiltFacts = {
  readonly commit?: Commit | undefined;
  readonly uncommittedFiles: number;
  /** One, or one for each cell of the build's matrix. */
  readonly images: readonly {
    readonly cell?: string | undefined;
    readonly imageId: string;
    readonly size: number;
  }[];
};

/** From the run's own plan; a build has none, so its release is asked for once it was recorded. */
export function useReleaseFacts(run: RunSummary, plan: RunView['plan']): BuiltFacts | undefined {
  const release = useRelease(run.workspaceId, plan === undefined ? run.release : undefined);
  return useMemo(() => {
    if (plan !== undefined) return { ...plan.release, images: [plan.release] };
    if (release === undefined) return undefined;
    const images = release.images.map(({ cell, image }) => ({
      cell,
      imageId: image.identity.imageId,
      size: image.size,
    }));
    return { ...release.source, images };
  }, [plan, release]);
}
