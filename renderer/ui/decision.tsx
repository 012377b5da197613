import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import type { Icon } from './icons.tsx';
import { StatusWord } from './status-word.tsx';
import type { Status } from './status-words.ts';
import { statusLooks } from './status-words.ts';

/** One warning or gate of a plan: icon, what, its state as a word, and why underneath. */
export function DecisionItem(props: {
  readonly state: Extract<Status, 'open' | 'closed-for-now' | 'closed' | 'blocks' | 'note' | 'drift'>;
  readonly title: ReactNode;
  readonly detail?: ReactNode;
  /** Another word than the state's own: "Note" beside a drift. */
  readonly word?: string | undefined;
}) {
  const look = statusLooks[props.state];
  const quiet = look.tone === 'ok';
  return (
    <li className="grid grid-cols-[22px_minmax(0,1fr)_auto] items-center pt-[3px] pb-1">
      {/* The word stands at the right; the icon alone would be read twice. */}
      <span aria-hidden="true" className="flex">
        <StatusWord state={props.state} iconOnly />
      </span>
      <b className="font-medium leading-4 text-ink">{props.title}</b>
      <span
        className={cx(
          'pl-2 leading-4 whitespace-nowrap',
          quiet ? 'text-ink-2' : look.tone === 'bad' ? 'font-medium text-bad' : 'font-medium text-warn',
        )}
      >
        {props.word ?? look.word}
      </span>
      {props.detail !== undefined && (
        <p className="col-start-2 col-end-4 leading-4 text-ink-3">{props.detail}</p>
      )}
    </li>
  );
}

/** What will happen, in order. `end` is the time it took last time. */
export function PlanSteps(props: {
  readonly steps: readonly { readonly id: string; readonly title: ReactNode; readonly end?: ReactNode }[];
}) {
  return (
    <ol>
      {props.steps.map((step, index) => (
        <li key={step.id} className="flex h-[22px] items-center gap-2.5 whitespace-nowrap">
          <span className="w-3.5 flex-none text-right text-ink-3">{index + 1}</span>
          <span className="truncate">{step.title}</span>
          {step.end !== undefined && <span className="ml-auto font-mono">{step.end}</span>}
        </li>
      ))}
    </ol>
  );
}

/** A sentence that stands beside what it explains. */
export function Aside({ icon: IconPart, children }: { readonly icon: Icon; readonly children: ReactNode }) {
  return (
    <p className="mt-2 flex gap-2 text-ink-2">
      <IconPart size={14} aria-hidden="true" className="mt-0.5 flex-none text-ink-3" />
      <span className="min-w-0">{children}</span>
    </p>
  );
}

/** Moves what follows to the bottom of the decision pane: the confirmation. */
export function Bottom({ children }: { readonly children: ReactNode }) {
  return <div className="mt-auto pt-4">{children}</div>;
}
