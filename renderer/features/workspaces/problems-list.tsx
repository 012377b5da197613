import type { Problem } from '#shared/domain/errors.ts';
import { StatusWord } from '../../ui/status-word.tsx';

/** Everything that is wrong, at once: where, what, and what would be right. */
export function ProblemsList({ problems }: { readonly problems: readonly Problem[] }) {
  return (
    <ul className="divide-y divide-line">
      {problems.map((problem) => (
        <li
          key={`${problem.file}:${problem.line}:${problem.column}:${problem.path}:${problem.what}`}
          className="grid grid-cols-[200px_minmax(0,1fr)] gap-x-4 px-4 py-2 text-12/4.5 max-wide:grid-cols-1"
        >
          <code className="truncate text-ink-2" title={placeOf(problem)}>
            {placeOf(problem)}
          </code>
          <div className="min-w-0">
            <p className="break-words text-ink">
              <StatusWord state="closed" iconOnly className="mr-1.5 align-[-2px]">
                Problem
              </StatusWord>
              <What problem={problem} />
            </p>
            <p className="break-words text-ink-2">{problem.hint}</p>
          </div>
        </li>
      ))}
    </ul>
  );
}

/** The path stands once: most sentences begin with it. */
function What({ problem: { path, what } }: { readonly problem: Problem }) {
  if (path === undefined) return what;
  const isNamed = what.includes(path);
  if (isNamed && !what.startsWith(path)) return what;
  return (
    <>
      <code>{path}</code>
      {isNamed ? what.slice(path.length) : ` ${what}`}
    </>
  );
}

function placeOf({ file, line, column }: Problem): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}
