import type { ReactNode } from 'react';
import { useEffect, useId, useRef } from 'react';
import { arrowNav } from './arrow-nav.ts';
import { cx } from './cx.ts';
import { seconds } from './format.ts';
import { DownIcon, RightIcon, WarnIcon } from './icons.tsx';
import type { TimelineRow, TimelineStep } from './timeline-scale.ts';
import { foldSteps, inSections, tickSeconds, ticks } from './timeline-scale.ts';

const columns = {
  plain: 'grid-cols-[280px_minmax(0,1fr)_60px]',
  amounts: 'grid-cols-[280px_minmax(0,1fr)_148px_60px]',
  narrow: 'max-wide:grid-cols-[150px_minmax(0,1fr)_52px]',
} as const;

export type TimelineProps = {
  readonly steps: readonly TimelineStep[];
  readonly totalMs: number;
  /** The row that shows its detail, by its first step. */
  readonly open: string | undefined;
  readonly onOpen: (id: string | undefined) => void;
  readonly detail: (row: TimelineRow) => ReactNode;
};

/** The steps of a build as bars over one axis. Amounts, not states: only a failed step is red. */
export function Timeline(props: TimelineProps) {
  const total = Math.max(props.totalMs, 1);
  const hasAmounts = props.steps.some((step) => step.amount !== undefined || step.mark !== undefined);
  const look: RowLook = {
    grid: cx(
      'grid items-center px-5 max-wide:px-4',
      hasAmounts ? columns.amounts : columns.plain,
      columns.narrow,
    ),
    hasAmounts,
    total,
    lines: {
      backgroundImage: 'linear-gradient(90deg, var(--color-line) 1px, transparent 1px)',
      backgroundSize: `${((tickSeconds(total) * 1000) / total) * 100}% 100%`,
    },
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only moves the focus between the buttons inside
    <div onKeyDown={arrowNav}>
      <Axis look={look} />
      {inSections(props.steps).map(({ name, steps }) => (
        <Section key={name ?? ''} name={name} steps={steps}>
          <ul className="text-12">
            {foldSteps(steps).map((row) => (
              <Row key={row.id} row={row} look={look} {...props} />
            ))}
          </ul>
        </Section>
      ))}
    </div>
  );
}

type RowLook = {
  readonly grid: string;
  readonly hasAmounts: boolean;
  readonly total: number;
  readonly lines: { readonly backgroundImage: string; readonly backgroundSize: string };
};

function Axis({ look }: { readonly look: RowLook }) {
  const { grid, total, lines, hasAmounts } = look;
  return (
    <div aria-hidden="true" className={cx(grid, 'h-[18px] text-11 text-ink-3')}>
      <span />
      <div className="relative h-full overflow-hidden" style={lines}>
        {ticks(total).map((at, index, all) => (
          <i
            key={at}
            className="absolute px-1 leading-4 whitespace-nowrap not-italic"
            style={besideMark((at * 1000) / total)}
          >
            {at}
            {(index === 0 || index === all.length - 1) && ' s'}
          </i>
        ))}
      </div>
      {hasAmounts && <span className="max-wide:hidden" />}
    </div>
  );
}

/** Behind its mark; before it where there is no room behind. */
function besideMark(share: number): { readonly left: string } | { readonly right: string } {
  return share > 0.92 ? { right: `${(1 - share) * 100}%` } : { left: `${share * 100}%` };
}

/** The rows of one cell of the matrix under its name; without a matrix there is no head. */
function Section(props: {
  readonly name: string | undefined;
  readonly steps: readonly TimelineStep[];
  readonly children: ReactNode;
}) {
  const { name, steps, children } = props;
  const id = useId();
  if (name === undefined) return children;
  const took = Math.max(...steps.map((step) => step.to)) - Math.min(...steps.map((step) => step.from));
  return (
    <section aria-labelledby={id}>
      <h3 id={id} className="flex items-baseline gap-2 px-5 pt-2 pb-0.5 text-11 max-wide:px-4">
        <code className="text-11 font-semibold text-ink-2">{name}</code>
        <span className="text-ink-3">{seconds(took)}</span>
      </h3>
      {children}
    </section>
  );
}

function Row(props: { readonly row: TimelineRow; readonly look: RowLook } & TimelineProps) {
  const { row, look, open, onOpen, detail } = props;
  const isOpen = row.members.some((member) => member.id === open);
  const id = useId();
  const item = useRef<HTMLLIElement>(null);
  // Opened from elsewhere it may lie out of sight.
  useEffect(() => {
    if (isOpen) item.current?.scrollIntoView({ block: 'nearest' });
  }, [isOpen]);
  return (
    <li ref={item} className={cx(isOpen && 'bg-gutter')}>
      <button
        type="button"
        data-nav=""
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => onOpen(isOpen ? undefined : row.id)}
        className={cx(look.grid, 'group focus-inset h-5 w-full text-left transition-ground hover:bg-hover')}
      >
        <Name row={row} isOpen={isOpen} />
        <span aria-hidden="true" className="relative block h-full" style={look.lines}>
          {hasBar(row) && (
            <i
              className={cx('absolute top-[5px] h-2.5 rounded-[2px]', bars[row.kind])}
              style={place(row, look.total)}
            />
          )}
        </span>
        {look.hasAmounts && <Amount row={row} />}
        <Took row={row} />
      </button>
      {isOpen && (
        <div
          id={id}
          className="border-b border-line px-5 pt-1 pb-2.5 pl-[84px] text-12/4.5 text-ink-2 max-wide:px-4 max-wide:pl-8"
        >
          {detail(row)}
        </div>
      )}
    </li>
  );
}

function Name({ row, isOpen }: { readonly row: TimelineRow; readonly isOpen: boolean }) {
  const Chevron = isOpen ? DownIcon : RightIcon;
  const more = row.members.length - 1;
  return (
    <span
      title={row.name}
      className={cx(
        'relative flex min-w-0 pr-2',
        row.kind === 'critical' && 'font-medium',
        isQuiet(row) ? 'text-ink-3' : 'text-ink',
      )}
    >
      <Chevron
        size={12}
        aria-hidden="true"
        className={cx(
          'absolute top-0.5 -left-4 text-ink-3',
          !isOpen && 'opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100',
        )}
      />
      <span
        className={cx(
          'w-16 flex-none truncate text-ink-3 max-wide:mr-1.5 max-wide:w-auto',
          row.group === '' && 'max-wide:hidden',
        )}
      >
        {row.group}
      </span>
      {row.mark !== undefined && (
        <WarnIcon
          size={12}
          aria-hidden="true"
          className="relative top-0.5 mr-1 flex-none text-warn wide:hidden"
        />
      )}
      <span className="truncate">{row.name}</span>
      {more > 0 && <span className="flex-none">, and {more} more</span>}
    </span>
  );
}

function isQuiet({ kind }: TimelineStep): boolean {
  return kind === 'cached' || kind === 'waiting' || kind === 'not-run' || kind === 'cancelled';
}

/** What asks for a look goes first; what was moved or written is for whoever wonders. */
function Amount({ row }: { readonly row: TimelineRow }) {
  return (
    <span className="truncate pl-3 text-right text-11 text-ink-3 max-wide:hidden">
      {row.mark === undefined ? (
        row.amount
      ) : (
        <span className="font-medium text-warn">
          <WarnIcon size={12} aria-hidden="true" className="relative -top-px mr-1 inline" />
          {row.mark}
        </span>
      )}
    </span>
  );
}

/** A failed bar is red, so the word stands beside it; its time is on hover. */
function Took({ row }: { readonly row: TimelineRow }) {
  const took = seconds(row.to - row.from);
  const look = 'text-right whitespace-nowrap';
  switch (row.kind) {
    case 'cached':
    case 'waiting':
      return <span className={cx(look, 'text-ink-3')}>{row.kind}</span>;
    case 'not-run':
      return <span className={cx(look, 'text-ink-3')}>not run</span>;
    case 'cancelled':
      return (
        <span title={`after ${took}`} className={cx(look, 'text-ink-3')}>
          stopped
        </span>
      );
    case 'failed':
      return (
        <span title={`after ${took}`} className={cx(look, 'font-medium text-bad')}>
          failed
        </span>
      );
    case 'running':
      return (
        <span className={cx(look, 'text-accent')}>
          {row.share === undefined ? (
            took
          ) : (
            <>
              <span className="max-wide:hidden">{took}</span>
              <span className="wide:hidden">{Math.floor(row.share * 100)}%</span>
            </>
          )}
          <span className="sr-only">, running</span>
        </span>
      );
    case 'critical':
      return (
        <span className={cx(look, 'text-ink-2')}>
          {took}
          <span className="sr-only">, critical path</span>
        </span>
      );
    case 'ran':
      return <span className={cx(look, 'text-ink-2')}>{took}</span>;
  }
}

type BarKind = Exclude<TimelineStep['kind'], 'waiting' | 'not-run'>;

function hasBar(row: TimelineRow): row is TimelineRow & { readonly kind: BarKind } {
  return row.kind !== 'waiting' && row.kind !== 'not-run';
}

const bars: Record<BarKind, string> = {
  critical: 'bg-bar-1',
  ran: 'bg-bar-2',
  running: 'bg-accent',
  failed: 'bg-bad',
  cancelled: 'hatched',
  cached: 'inset-ring inset-ring-bar-2',
};

function place(step: TimelineStep, total: number): { readonly left: string; readonly width: string } {
  const share = (ms: number): number => (Math.min(Math.max(ms, 0), total) / total) * 100;
  const width = Math.max(0, share(step.to) - share(step.from));
  return { left: `${share(step.from)}%`, width: `max(3px, ${width}%)` };
}

/** What the three kinds of bar mean; stands at the right of the timeline's PaneHead. */
export function TimelineLegend() {
  return (
    <span className="flex gap-4">
      {(
        [
          ['critical path', bars.critical],
          ['ran', bars.ran],
          ['cached', bars.cached],
        ] as const
      ).map(([word, bar]) => (
        <span key={word} className="inline-flex items-center gap-1.5">
          <i className={cx('h-2 w-3.5 rounded-[1px]', bar)} />
          {word}
        </span>
      ))}
    </span>
  );
}
