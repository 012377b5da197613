import { Dialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { IconButton } from './button.tsx';
import { cx } from './cx.ts';
import { DialogShell } from './dialog-shell.tsx';
import { CloseIcon } from './icons.tsx';
import { PaneHead } from './sheet.tsx';

/**
 * The plan dialog: head 74, quadrants and the decision pane, foot 52. Below 1180 it stacks and the body scrolls.
 * Focus starts at the first element with data-start="blocker", else at data-start="confirm".
 */
export function DialogFrame(props: {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: ReactNode;
  /** Under the title: from which release to which. */
  readonly subtitle?: ReactNode;
  /** At the right of the head: the frozen digest and what it means. Two lines of 12 px. */
  readonly aside?: ReactNode;
  /** Up to four QuadrantPane. */
  readonly children: ReactNode;
  /** The pane at the right: warnings, gates, steps, confirmation. */
  readonly decision?: ReactNode;
  readonly foot: ReactNode;
  readonly focusKey?: string | undefined;
}) {
  return (
    <DialogShell
      open={props.open}
      onClose={props.onClose}
      focusKey={props.focusKey}
      className="w-full max-w-[1328px]"
    >
      <header className="flex min-h-[74px] flex-none items-start gap-6 border-b border-edge pt-4 pr-3 pb-[13px] pl-5 max-wide:gap-3 max-wide:pl-4">
        <div className="min-w-0">
          <Dialog.Title className="text-18 font-semibold tracking-[-.005em]">{props.title}</Dialog.Title>
          {props.subtitle !== undefined && (
            <div className="flex flex-wrap items-center gap-x-2 text-12/5 whitespace-nowrap">
              {props.subtitle}
            </div>
          )}
        </div>
        <div className="ml-auto min-w-0 text-right text-12">{props.aside}</div>
        <IconButton label="Close" icon={CloseIcon} onClick={props.onClose} />
      </header>
      <div
        className={cx(
          // A field that is typed into comes up with room to its foot, where the browser brings it into view.
          'scrollbar-quiet grid min-h-0 flex-1 scroll-pb-6 overflow-auto max-wide:block',
          props.decision === undefined
            ? 'grid-cols-2'
            : 'grid-cols-[minmax(0,1fr)_minmax(0,1fr)_328px] grid-rows-[auto_1fr]',
        )}
      >
        {props.children}
        {props.decision !== undefined && (
          <aside
            aria-label="Decision"
            className="col-start-3 row-span-2 row-start-1 flex min-w-0 flex-col bg-gutter px-5 pb-4 text-12/4.5 max-wide:px-4"
          >
            {props.decision}
          </aside>
        )}
      </div>
      {props.foot}
    </DialogShell>
  );
}

/** One quadrant of the plan: title, count and a short fact, then its content. Full-bleed content uses -mx-5. */
export function QuadrantPane(props: {
  readonly title: ReactNode;
  readonly count?: ReactNode;
  readonly end?: ReactNode;
  readonly children: ReactNode;
  /** Which quarter; 1 and 2 above, 3 and 4 below. 'wide' takes the whole upper or lower half. */
  readonly place: 1 | 2 | 3 | 4 | 'upper' | 'lower';
}) {
  return (
    <section
      aria-label={typeof props.title === 'string' ? props.title : undefined}
      className={cx(
        'min-w-0 border-r border-line px-5 pb-4 text-12/4.5 max-wide:border-r-0 max-wide:border-b max-wide:px-4',
        places[props.place],
      )}
    >
      <PaneHead title={props.title} count={props.count} end={props.end} />
      {props.children}
    </section>
  );
}

const places: Record<1 | 2 | 3 | 4 | 'upper' | 'lower', string> = {
  1: 'col-start-1 row-start-1',
  2: 'col-start-2 row-start-1',
  3: 'col-start-1 row-start-2 border-t max-wide:border-t-0',
  4: 'col-start-2 row-start-2 border-t max-wide:border-t-0',
  upper: 'col-span-2 col-start-1 row-start-1',
  lower: 'col-span-2 col-start-1 row-start-2 border-t max-wide:border-t-0',
};

/** The foot of a plan: where it stands at the left, its buttons at the right, the primary one last. */
export function DialogFoot(props: {
  /** A StatusWord. */
  readonly state?: ReactNode;
  readonly text?: ReactNode;
  /** "Plan 3d90b7e1"; not in a narrow window. */
  readonly reference?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string | undefined;
}) {
  return (
    <footer
      className={cx(
        'flex h-[52px] flex-none items-center gap-2 border-t border-edge px-5 text-12 max-wide:px-4',
        props.className,
      )}
    >
      <div role="status" className="flex min-w-0 flex-1 items-center gap-2">
        {props.state}
        {props.text !== undefined && <span className="truncate text-ink-2">{props.text}</span>}
      </div>
      {props.reference !== undefined && (
        <span className="mr-2 text-11 whitespace-nowrap text-ink-3 max-wide:hidden [&_code]:text-11">
          {props.reference}
        </span>
      )}
      {props.children}
    </footer>
  );
}

/** A question or a short form. Its foot holds at most three buttons. */
export function SmallDialog(props: {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: ReactNode;
  readonly children: ReactNode;
  readonly foot: ReactNode;
  readonly width?: number | undefined;
  readonly focusKey?: string | undefined;
}) {
  return (
    <DialogShell open={props.open} onClose={props.onClose} focusKey={props.focusKey} className="max-w-full">
      <div className="flex min-h-0 max-w-full flex-col" style={{ width: props.width ?? 480 }}>
        <header className="flex flex-none items-center gap-2 pt-3 pr-3 pl-5">
          <Dialog.Title className="min-w-0 flex-1 truncate text-15 font-semibold">{props.title}</Dialog.Title>
          <IconButton label="Close" icon={CloseIcon} onClick={props.onClose} />
        </header>
        <div className="scrollbar-quiet grid min-h-0 flex-1 gap-3 overflow-auto px-5 pt-1 pb-4 text-12/4.5 text-ink-2">
          {props.children}
        </div>
        {props.foot}
      </div>
    </DialogShell>
  );
}
