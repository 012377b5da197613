import type { ReactNode } from 'react';
import { useState } from 'react';
import type { CommitDiff } from '#shared/domain/plan.ts';
import { Aside } from '../../ui/decision.tsx';
import { count } from '../../ui/format.ts';
import { CommitIcon } from '../../ui/icons.tsx';
import { CommitSha } from '../../ui/identity.tsx';
import { RelativeTime } from '../../ui/time.tsx';
import { Value } from '../../ui/value.tsx';
import { commitsDirection, commitsHead, sentence } from './diff-words.ts';

/** As many as stand beside the other parts without pushing them out of sight. */
const SHOWN = 12;

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
  const [isOpen, setOpen] = useState(false);
  if (diff.kind === 'unknown') return <p className="text-ink-2">{sentence(diff.why)}</p>;
  if (diff.direction === 'same') return <p className="text-ink-2">Both were built from the same commit.</p>;
  const direction = commitsDirection(diff, left, right);
  const shown = isOpen ? diff.commits : diff.commits.slice(0, SHOWN);
  const more = diff.commits.length - shown.length;
  return (
    <>
      {diff.commits.length === 0 && <p className="text-ink-2">No commits of its own.</p>}
      <ul>
        {shown.map((commit) => (
          <li key={commit.sha} className="flex h-7 items-center gap-2.5">
            <CommitSha sha={commit.sha} className="text-ink-3" />
            <span className="truncate text-ink" title={commit.subject}>
              {commit.subject}
            </span>
            <span title={commit.author} className="ml-auto w-24 flex-none truncate text-ink-2">
              {commit.author}
            </span>
            <RelativeTime at={commit.at} as="span" className="w-11 flex-none text-right text-ink-3" />
          </li>
        ))}
      </ul>
      {more > 0 && (
        <Value muted className="mt-1.5" onClick={() => setOpen(true)}>
          {count(more, 'more commit', 'more commits')}
        </Value>
      )}
      {direction !== undefined && <Aside icon={CommitIcon}>{direction}</Aside>}
    </>
  );
}
