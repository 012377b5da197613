import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import type { CSSProperties, KeyboardEvent, MouseEvent, ReactNode } from 'react';
import { useCallback, useEffect, useRef } from 'react';
import type { RunId } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { cx } from '../../ui/cx.ts';
import { clock, dayName, shortDigests } from '../../ui/format.ts';
import { ReleaseId } from '../../ui/identity.tsx';
import { DayHead, selectedRow } from '../../ui/sheet.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Elapsed, useClock } from '../../ui/time.tsx';
import { Marked } from '../../ui/virtual-log.tsx';
import { RunTitle } from '../board/index.ts';
import { runStatus } from '../runs/index.ts';
import type { HistoryRow } from './history-rows.ts';
import { heightOf, linesOf, neighbour } from './history-rows.ts';

/** Rows from the end of the list at which the next page is asked for. */
const NEAR_END = 20;

/** Runs by day, however many; arrow keys choose, Enter opens. */
export function HistoryList(props: {
  readonly rows: readonly HistoryRow[];
  readonly selected: RunId | undefined;
  readonly needle: string;
  /** False where there is no pane for it: then a click opens the run. */
  readonly hasPreview: () => boolean;
  readonly onSelect: (id: RunId) => void;
  readonly onNearEnd: () => void;
  readonly end: ReactNode;
}) {
  const { rows, selected, needle, hasPreview, onSelect, onNearEnd, end } = props;
  const router = useRouter();
  const scroller = useRef<HTMLDivElement>(null);
  const stuck = useRef(0);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => {
      const row = rows[index];
      return row === undefined ? 0 : heightOf(row);
    },
    getItemKey: (index) => keyOf(rows[index]),
    overscan: 12,
    rangeExtractor: useCallback(
      (range: Parameters<typeof defaultRangeExtractor>[0]) => {
        stuck.current = lastDay(rows, range.startIndex);
        return [...new Set([stuck.current, ...defaultRangeExtractor(range)])].sort((a, b) => a - b);
      },
      [rows],
    ),
  });
  const items = list.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: nearing the end asks once for each length of the list
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - NEAR_END) onNearEnd();
  }, [last, rows.length]);

  // One row is in the tab order; the arrows reach the others.
  const shown = items.flatMap((item) => {
    const row = rows[item.index];
    return row?.kind === 'run' ? [row.run.id] : [];
  });
  const tabStop = shown.find((id) => id === selected) ?? shown[0];

  const runs = rows.flatMap((row) => (row.kind === 'run' ? [row.run] : []));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === 'Enter' && selected !== undefined) {
      event.preventDefault();
      router.go({ view: { kind: 'run', runId: selected } });
      return;
    }
    const next = neighbour(runs, selected, event.key);
    if (next === undefined) return;
    event.preventDefault();
    onSelect(next.id);
    list.scrollToIndex(
      rows.findIndex((row) => row.kind === 'run' && row.run.id === next.id),
      { align: 'auto' },
    );
    // The row may only exist after the scroll was drawn.
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-run="${next.id}"]`)?.focus({ preventScroll: true }),
    );
  };

  const onClick = (event: MouseEvent, id: RunId): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !hasPreview()) return;
    event.preventDefault();
    onSelect(id);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only moves the focus between the links inside
    <div
      ref={scroller}
      onKeyDown={onKeyDown}
      className="scrollbar-quiet min-h-0 flex-1 overflow-auto [overflow-anchor:none] [scroll-padding-top:28px]"
    >
      <ul aria-label="Runs" className="relative" style={{ height: list.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const isStuck = item.index === stuck.current;
          return (
            <li
              key={item.key}
              className={cx('inset-x-0 top-0', isStuck ? 'sticky z-10' : 'absolute')}
              style={isStuck ? stuckStyle : { transform: `translateY(${item.start}px)`, height: item.size }}
            >
              {row.kind === 'day' ? (
                <Day at={row.at} />
              ) : (
                <RunRow
                  run={row.run}
                  isSelected={row.run.id === selected}
                  isTabStop={row.run.id === tabStop}
                  needle={needle}
                  href={router.href({ kind: 'run', runId: row.run.id })}
                  onClick={(event) => onClick(event, row.run.id)}
                />
              )}
            </li>
          );
        })}
      </ul>
      {end}
    </div>
  );
}

const stuckStyle: CSSProperties = { height: 28 };

function keyOf(row: HistoryRow | undefined): string {
  if (row === undefined) return 'none';
  return row.kind === 'day' ? `day ${row.at}` : `run ${row.run.id}`;
}

/** The head of the day that the first row in view belongs to. */
function lastDay(rows: readonly HistoryRow[], from: number): number {
  for (let index = Math.min(from, rows.length - 1); index > 0; index -= 1) {
    if (rows[index]?.kind === 'day') return index;
  }
  return 0;
}

function Day({ at }: { readonly at: number }) {
  // A string, because the clock tells only of a value that changed.
  const text = useClock((now) => {
    const { name, date } = dayName(at, now);
    return `${name}\n${date}`;
  });
  const [name = '', date = ''] = text.split('\n');
  return <DayHead name={name} date={date} />;
}

function RunRow(props: {
  readonly run: RunSummary;
  readonly isSelected: boolean;
  readonly isTabStop: boolean;
  readonly needle: string;
  readonly href: string;
  readonly onClick: (event: MouseEvent) => void;
}) {
  const { run, isSelected, isTabStop, needle, href, onClick } = props;
  return (
    <a
      href={href}
      data-run={run.id}
      tabIndex={isTabStop ? 0 : -1}
      aria-current={isSelected || undefined}
      onClick={onClick}
      className={cx(
        'focus-inset grid h-full grid-cols-[108px_minmax(0,1fr)_104px_52px_44px] content-start items-center gap-x-4 border-b border-line px-5 pt-[9px] transition-ground hover:bg-hover max-wide:grid-cols-[92px_minmax(0,1fr)_64px_48px_44px] max-wide:gap-x-3 max-wide:px-4',
        isSelected && selectedRow,
      )}
    >
      <StatusWord state={runStatus(run)} />
      <span className="flex h-5 min-w-0 items-center gap-3 text-13">
        <RunTitle run={run} />
        {run.release !== undefined && (
          <span className="text-12">
            <ReleaseId id={run.release} version={run.version} />
          </span>
        )}
      </span>
      <span className="truncate text-ink-2">{run.by.name}</span>
      <Elapsed from={run.startedAt} to={run.endedAt} className="text-right" />
      <span className="text-right text-ink-3">{clock(run.startedAt, 'minutes')}</span>
      <span className="col-start-2 -col-end-1 mt-1">
        {linesOf(run).map((line) => (
          <span key={line.kind} className="block h-5 truncate text-ink-2" title={line.text}>
            {line.kind === 'note' && <span className="mr-2 text-ink-3">note</span>}
            <Marked text={shortDigests(line.text)} needle={needle} />
          </span>
        ))}
      </span>
    </a>
  );
}
