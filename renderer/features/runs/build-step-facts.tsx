import type { ReactNode } from 'react';
import { useMemo } from 'react';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { count, grouped } from '../../ui/format.ts';
import { Popover } from '../../ui/popover.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Value } from '../../ui/value.tsx';
import { looksAsked, sentFacts } from './build-words.ts';

/** What matters of a build at a glance, in place below its step: what was sent, and what asks for a look. */
export function BuildStepFacts(props: {
  readonly view: RunView;
  /** Opens a build step in the timeline. */
  readonly onOpen: (vertex: string) => void;
}) {
  const { view, onOpen } = props;
  const sent = useMemo(() => sentFacts(view.sent), [view.sent]);
  const { warnings, warned, clipped } = useMemo(() => looksAsked(view.vertices), [view.vertices]);
  const [firstWarned] = warned;
  const [firstClipped] = clipped;
  if (sent === undefined && firstWarned === undefined && firstClipped === undefined) return null;
  return (
    <div className="grid gap-0.5 pr-5 pb-2 pl-[46px] text-ink-2 max-wide:pr-4 max-wide:pl-[42px]">
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
      {firstWarned !== undefined && (
        <Look onOpen={() => onOpen(firstWarned.id)}>{count(warnings, 'warning')}</Look>
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
export function FileNames(props: {
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
