import type { ReactNode } from 'react';
import type { CommitDiff } from '#shared/domain/plan.ts';
import { Aside } from '../../ui/decision.tsx';
import { CommitIcon } from '../../ui/icons.tsx';
import { CommitSha } from '../../ui/identity.tsx';
import { RelativeTime } from '../../ui/time.tsx';
import { commitsDirection, commitsHead } from './diff-words.ts';

/** "3 authors, 14 files, +412 −96": what stands at the right of the part's title. */
export function CommitsEnd({ diff }: { readonly diff: CommitDiff }): ReactNode {
  const { end } = commitsHead(diff);
  if (end === undefined || diff.kind === 'unknown') return null;
  return (
    <>
      {end},{' '}
      <span className="font-mono">
        +{diff.insertions} {'\u2212'}
        {diff.deletions}
      </span>
    </>
  );
}

/** The commits that one side has and the other has not. `left` and `right` are the sides' names. */
export function CommitsPart(props: {
  readonly diff: CommitDiff;
  readonly left: string;
  readonly right: string;
}) {
  const { diff, left, right } = props;
  if (diff.kind === 'unknown') return <p className="text-ink-2">{diff.why}</p>;
  if (diff.direction === 'same') return <p className="text-ink-2">Both were built from the same commit.</p>;
  const direction = commitsDirection(diff, left, right);
  return (
    <>
      {diff.commits.length === 0 && <p className="text-ink-2">No commits of its own.</p>}
      <ul>
        {diff.commits.map((commit) => (
          <li key={commit.sha} className="flex h-7 items-center gap-2.5">
            <CommitSha sha={commit.sha} className="text-ink-3" />
            <span className="truncate text-ink" title={commit.subject}>
              {commit.subject}
            </span>
            <span title={commit.author} className="ml-auto w-13 flex-none truncate text-ink-2">
              {commit.author}
            </span>
            <RelativeTime at={commit.at} as="span" className="w-11 flex-none text-right text-ink-3" />
          </li>
        ))}
      </ul>
      {direction !== undefined && <Aside icon={CommitIcon}>{direction}</Aside>}
    </>
  );
}
