import type { CSSProperties, MouseEvent, ReactNode } from 'react';
import { arrowNav } from './arrow-nav.ts';
import { cx } from './cx.ts';

/** The one bordered ground facts stand on. Never put a Sheet in a Sheet. */
export function Sheet(props: {
  readonly children: ReactNode;
  readonly className?: string | undefined;
  readonly label?: string | undefined;
}) {
  return (
    <section
      aria-label={props.label}
      className={cx('overflow-hidden rounded-sheet border border-edge bg-sheet', props.className)}
    >
      {props.children}
    </section>
  );
}

/** The name of a section of a page, with its controls on the same line. */
export function SectionHead(props: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly end?: ReactNode;
  readonly className?: string | undefined;
}) {
  return (
    <div className={cx('mt-4 mb-2 flex h-7 items-center gap-3', props.className)}>
      <h2 className="text-15 font-semibold">{props.title}</h2>
      {props.children}
      <span className="flex-1" />
      {props.end}
    </div>
  );
}

/** The name of a pane: title, how many, and a short fact at the right. */
export function PaneHead(props: {
  readonly title: ReactNode;
  readonly count?: ReactNode;
  readonly end?: ReactNode;
  readonly level?: 2 | 3 | undefined;
  readonly className?: string | undefined;
}) {
  const Heading = props.level === 3 ? 'h3' : 'h2';
  return (
    <div className={cx('flex h-10 items-baseline gap-2 pt-3 text-13 whitespace-nowrap', props.className)}>
      <Heading className="font-semibold">{props.title}</Heading>
      {props.count !== undefined && <span className="text-ink-3">{props.count}</span>}
      {props.end !== undefined && <span className="ml-auto truncate text-12 text-ink-3">{props.end}</span>}
    </div>
  );
}

export type CellTone = 'plain' | 'accent' | 'warn' | 'bad';

const cellTones: Record<CellTone, string> = {
  plain: 'border-line',
  accent: 'border-line-accent bg-tint-accent shadow-[0_1px_0_var(--color-line-accent)]',
  warn: 'border-line-warn bg-tint-warn shadow-[0_1px_0_var(--color-line-warn)]',
  bad: 'border-line-bad bg-tint-bad shadow-[0_1px_0_var(--color-line-bad)]',
};

/** One fact of a sheet. A tinted ground means that it needs a person or that it is moving. */
export function Cell(props: {
  readonly children?: ReactNode;
  readonly tone?: CellTone | undefined;
  readonly className?: string | undefined;
}) {
  return (
    <div
      className={cx(
        'min-w-0 border-t px-4 py-[11px] text-12/4.5 text-ink-2 max-wide:px-3',
        cellTones[props.tone ?? 'plain'],
        props.className,
      )}
    >
      {props.children}
    </div>
  );
}

/** Label and value in two columns; also the facts in a head, where `inline` puts the label above. */
export function FactList(props: {
  readonly facts: readonly {
    readonly label: string;
    readonly value: ReactNode;
    readonly wideOnly?: boolean;
  }[];
  readonly layout?: 'rows' | 'inline' | undefined;
  readonly className?: string | undefined;
}) {
  if (props.layout === 'inline') {
    return (
      <dl className={cx('flex', props.className)}>
        {props.facts.map((fact) => (
          <div
            key={fact.label}
            className={cx('border-l border-line px-5 whitespace-nowrap', fact.wideOnly && 'max-wide:hidden')}
          >
            <dt className="text-11 text-ink-3">{fact.label}</dt>
            <dd className="flex items-center gap-[5px] text-12/5 text-ink-2">{fact.value}</dd>
          </div>
        ))}
      </dl>
    );
  }
  return (
    <dl className={cx('py-2 text-12/4.5', props.className)}>
      {props.facts.map((fact) => (
        <div key={fact.label} className="grid grid-cols-[84px_minmax(0,1fr)] px-5 py-1">
          <dt className="text-ink-3">{fact.label}</dt>
          <dd className="min-w-0 text-ink">{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A sheet of 32 px rows that share their columns. `columns` is a grid-template-columns value. */
export function RowSheet(props: {
  readonly label: string;
  readonly columns: string;
  readonly narrowColumns?: string | undefined;
  readonly children: ReactNode;
  readonly className?: string | undefined;
}) {
  const columns = {
    '--columns': props.columns,
    '--narrow-columns': props.narrowColumns ?? props.columns,
    // React takes custom properties; its CSSProperties type does not know them.
  } as CSSProperties;
  return (
    <ul
      aria-label={props.label}
      onKeyDown={arrowNav}
      style={columns}
      className={cx(
        'grid grid-cols-(--columns) overflow-hidden rounded-sheet border border-edge bg-sheet text-12 max-wide:grid-cols-(--narrow-columns)',
        props.className,
      )}
    >
      {props.children}
    </ul>
  );
}

/** One row of a RowSheet: a link over the whole row. Arrow keys move between rows. */
export function SheetRow(props: {
  readonly href: string;
  readonly children: ReactNode;
  readonly current?: boolean | undefined;
  readonly onClick?: ((event: MouseEvent<HTMLAnchorElement>) => void) | undefined;
}) {
  return (
    <li className="contents first:[&>a]:border-t-0">
      <a
        href={props.href}
        onClick={props.onClick}
        aria-current={props.current || undefined}
        data-nav=""
        className={cx(
          'focus-inset col-span-full grid h-8 grid-cols-subgrid items-center gap-x-4 border-t border-line px-4 transition-ground hover:bg-hover max-wide:gap-x-3 max-wide:px-3',
          props.current && selectedRow,
        )}
      >
        {props.children}
      </a>
    </li>
  );
}

/** The look of a selected row, for rows that are not SheetRows. */
export const selectedRow = 'bg-tint-accent shadow-[inset_2px_0_0_var(--color-accent)]';

/** The head of a day in a list of runs. */
export function DayHead({ name, date }: { readonly name: string; readonly date: string }) {
  return (
    <p className="flex h-7 items-baseline gap-2 border-b border-line bg-gutter px-5 pt-1.5 text-11 text-ink-3 max-wide:px-4">
      <b className="font-semibold text-ink-2">{name}</b>
      {date}
    </p>
  );
}
