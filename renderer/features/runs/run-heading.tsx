import type { RunSummary } from '#shared/domain/run.ts';

type Titled = Pick<RunSummary, 'kind' | 'environment' | 'release'>;

/** "Promote r-77ab10 to staging": a run as the sentence at the head of its view. */
export function RunHeading({ run }: { readonly run: Titled }) {
  const release =
    run.release === undefined ? null : <code className="text-[17px] font-semibold">{run.release}</code>;
  switch (run.kind) {
    case 'build':
      return <>Build {release}</>;
    case 'adopt':
      return <>Adopt {release ?? 'an image'}</>;
    case 'push':
      return <>Push {release}</>;
    case 'tag':
      return <>Name {release}</>;
    case 'prune':
      return <>Remove old images</>;
    case 'deploy':
      return (
        <>
          Deploy {release} to {run.environment}
        </>
      );
    case 'promote':
      return (
        <>
          Promote {release} to {run.environment}
        </>
      );
    case 'rollback':
      return (
        <>
          Roll back {run.environment} {release === null ? null : <>to {release}</>}
        </>
      );
  }
}
