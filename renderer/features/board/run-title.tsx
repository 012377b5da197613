import type { RunSummary } from '#shared/domain/run.ts';
import { ArrowIcon } from '../../ui/icons.tsx';

/** "Promote dev -> staging", "Deploy to dev", "Roll back staging", "Build", "Push to a registry". */
export function RunTitle({ run }: { readonly run: RunSummary }) {
  const rest = 'font-normal text-ink-2';
  return (
    <span className="flex min-w-0 items-center gap-1.5 truncate font-medium text-ink">
      {run.kind === 'build' && 'Build'}
      {run.kind === 'adopt' && (
        <>
          Adopt <span className={rest}>an image</span>
        </>
      )}
      {run.kind === 'push' && (
        <>
          Push <span className={rest}>to a registry</span>
        </>
      )}
      {run.kind === 'tag' && (
        <>
          Name <span className={rest}>on this engine</span>
        </>
      )}
      {run.kind === 'prune' && 'Remove old images'}
      {run.kind === 'deploy' && (
        <>
          Deploy <span className={rest}>to {run.environment}</span>
        </>
      )}
      {run.kind === 'rollback' && (
        <>
          Roll back <span className={rest}>{run.environment}</span>
        </>
      )}
      {run.kind === 'promote' && (
        <>
          Promote <span className={rest}>{run.from}</span>
          <ArrowIcon size={12} aria-label="to" className="flex-none text-ink-3" />
          <span className={rest}>{run.environment}</span>
        </>
      )}
    </span>
  );
}
