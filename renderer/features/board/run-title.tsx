import type { RunSummary } from '#shared/domain/run.ts';
import { ArrowIcon } from '../../ui/icons.tsx';

/** "Promote dev -> staging", "Deploy to dev", "Roll back staging", "Build", "Adopt". */
export function RunTitle({ run }: { readonly run: RunSummary }) {
  const rest = 'font-normal text-ink-2';
  return (
    <span className="flex min-w-0 items-center gap-1.5 truncate font-medium text-ink">
      {run.kind === 'build' && 'Build'}
      {run.kind === 'adopt' && 'Adopt'}
      {run.kind === 'push' && 'Push'}
      {run.kind === 'tag' && 'Name'}
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
