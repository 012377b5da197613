import type { ReactNode } from 'react';
import { useMemo } from 'react';
import { brokenCache, buildTotals } from '#shared/domain/build-facts.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { count, grouped } from '../../ui/format.ts';
import { Popover } from '../../ui/popover.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Value } from '../../ui/value.tsx';
import type { BrokenWords } from './build-words.ts';
import { brokenWords, sentFacts } from './build-words.ts';

/** What matters of a build at a glance, below its step: what broke the cache, what was sent, what asks for a look. */
export function BuildStepFacts(props: {
  readonly view: RunView;
  /** Opens a build step in the timeline. */
  readonly onOpen: (vertex: string) => void;
}) {
  const { view, onOpen } = props;
  const sent = useMemo(() => sentFacts(view.sent), [view.sent]);
  const broken = useMemo(() => brokenCache(view), [view]);
  const { warnings, clipped } = useMemo(() => buildTotals(view), [view]);
  const warned = view.vertices.find((vertex) => (vertex.warnings?.length ?? 0) > 0);
  const [firstClipped] = clipped;
  if (sent === undefined && broken === undefined && warned === undefined && firstClipped === undefined)
    return null;
  return (
    <div className="grid grid-cols-1 gap-1 pt-0.5 pr-5 pb-2.5 pl-[46px] text-ink-2 max-wide:pr-4 max-wide:pl-[42px]">
      {broken !== undefined && <Broken words={brokenWords(broken)} onOpen={() => onOpen(broken.step.id)} />}
      {view.noCache === true && <p>Built without the cache, as asked</p>}
      {sent !== undefined && (
        <p>
          {sent.names.length === 0 ? (
            sent.text
          ) : (
            <FileNames label="Files sent" names={sent.names} more={sent.more}>
              {sent.text}
            </FileNames>
          )}
        </p>
      )}
      {warned !== undefined && (
        <Look onOpen={() => onOpen(warned.id)}>{count(warnings.length, 'warning')}</Look>
      )}
      {firstClipped !== undefined && (
        <Look onOpen={() => onOpen(firstClipped.id)}>
          {clipped.length === 1
            ? 'Output of a step was clipped'
            : `Output of ${clipped.length} steps was clipped`}
        </Look>
      )}
    </div>
  );
}

/** The first step that had to run again, and the files because of which. */
function Broken({ words, onOpen }: { readonly words: BrokenWords; readonly onOpen: () => void }) {
  const { where, stage, why, names, more } = words;
  const name = stage === '' ? where : `${stage} ${where}`;
  return (
    <section aria-label="What broke the cache">
      <p className="flex min-w-0 gap-1">
        <span className="flex-none">Cache broke at</span>
        <Value onClick={onOpen} title={name} className="min-w-0 truncate">
          {name}
        </Value>
      </p>
      <p className="[overflow-wrap:anywhere]">
        {names.length + more > 1 ? (
          <FileNames label="Files that changed" names={names} more={more}>
            {why}
          </FileNames>
        ) : (
          why
        )}
      </p>
    </section>
  );
}

function Look({ children, onOpen }: { readonly children: ReactNode; readonly onOpen: () => void }) {
  return (
    <p>
      <StatusWord state="note" size={12}>
        <Value onClick={onOpen}>{children}</Value>
      </StatusWord>
    </p>
  );
}

/** An underlined sentence that opens the names it counts. */
function FileNames(props: {
  readonly label: string;
  readonly names: readonly string[];
  readonly more: number;
  readonly children: ReactNode;
}) {
  const { label, names, more, children } = props;
  return (
    <Popover
      label={label}
      trigger={
        <button type="button" className="underlined max-w-full rounded-tag text-left">
          {children}
        </button>
      }
    >
      <ul className="font-mono text-12/4.5">
        {names.map((name) => (
          <li key={name} className="[overflow-wrap:anywhere]">
            {name}
          </li>
        ))}
      </ul>
      {more > 0 && <p className="mt-1 text-ink-3">and {grouped(more)} more</p>}
    </Popover>
  );
}
