import { useVirtualizer } from '@tanstack/react-virtual';
import type { CSSProperties, KeyboardEvent, ReactNode } from 'react';
import { useEffect, useLayoutEffect, useRef } from 'react';
import { cx } from './cx.ts';
import type { Instant } from './format.ts';
import { clock, grouped, highlight } from './format.ts';
import type { ScrollState } from './log-follow.ts';
import { followAfter } from './log-follow.ts';

export type LogLine = {
  /** The number shown; from 1. */
  readonly n: number;
  readonly at: Instant;
  /** The step or service that said it. */
  readonly source: string;
  /** On hover, where `source` is short for it. */
  readonly sourceTitle?: string | undefined;
  readonly text: string;
  /** `error` gets the ground and the word; `dim` is what surrounds it (a stack, a notice). */
  readonly level?: 'error' | 'dim' | undefined;
};

const LINE_PX = 19;

/** A log of any length: only the lines in view exist. Lines are pulled, so the caller may load them in pieces. */
export function VirtualLog(props: {
  readonly label: string;
  readonly count: number;
  /** undefined: not loaded yet; `onNeed` has asked for it. */
  readonly getLine: (index: number) => LogLine | undefined;
  /** The lines in view and a few around, half open; called when they change. */
  readonly onNeed?: ((from: number, to: number) => void) | undefined;
  readonly needle?: string | undefined;
  /** Index of the current hit's line: scrolled into view and marked in the accent. */
  readonly current?: number | undefined;
  readonly wrap?: boolean | undefined;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  /** Characters that the longest source needs; the column is as wide for all. */
  readonly sourceChars?: number | undefined;
  /** Where to begin when it does not follow: the line that was at the top before. */
  readonly startAt?: number | undefined;
  /** The first line in view, whenever it changes; a stable function. */
  readonly onTop?: ((index: number) => void) | undefined;
  readonly foot?: ReactNode;
  readonly className?: string | undefined;
}) {
  const { startAt, onTop } = props;
  const { count, follow, onFollow, needle = '', current, wrap = false, onNeed } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const seen = useRef<ScrollState>({ top: 0, height: 0, view: 0 });
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    overscan: 20,
    paddingStart: 6,
    paddingEnd: 6,
  });
  const items = rows.getVirtualItems();
  const from = items[0]?.index ?? 0;
  const to = (items.at(-1)?.index ?? -1) + 1;

  useEffect(() => {
    if (to > from) onNeed?.(from, to);
  }, [from, to, onNeed]);

  const top = rows.range?.startIndex;
  useEffect(() => {
    if (top !== undefined) onTop?.(top);
  }, [top, onTop]);

  // Once, as soon as the line is there: later the person decides.
  const isPlaced = useRef(startAt === undefined);
  useLayoutEffect(() => {
    if (isPlaced.current || startAt === undefined || count <= startAt) return;
    isPlaced.current = true;
    if (!follow) rows.scrollToIndex(startAt, { align: 'start' });
  }, [count, startAt, follow, rows]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: wrapping changes every height
  useLayoutEffect(() => rows.measure(), [wrap]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line or a new height moves the end
  useLayoutEffect(() => {
    const element = scroller.current;
    if (follow && element) element.scrollTop = element.scrollHeight;
  }, [follow, count, wrap, rows.getTotalSize()]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only another hit scrolls
  useEffect(() => {
    if (current === undefined) return;
    onFollow(false);
    rows.scrollToIndex(current, { align: 'center' });
  }, [current]);

  const onScroll = (): void => {
    const element = scroller.current;
    if (!element) return;
    const now = { top: element.scrollTop, height: element.scrollHeight, view: element.clientHeight };
    const next = followAfter(follow, seen.current, now);
    seen.current = now;
    if (next !== follow) onFollow(next);
  };

  // The browser's own Home and End glide there, and measuring wrapped rows on the way would stop them half-way.
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Home' && event.key !== 'End') return;
    event.preventDefault();
    onFollow(event.key === 'End');
    if (event.key === 'Home') rows.scrollToOffset(0);
  };

  return (
    <div className={cx('flex min-h-0 min-w-0 flex-1 flex-col bg-gutter', props.className)}>
      {/* A region and not role="log": a screen reader must not be read thousands of lines. */}
      <section
        ref={scroller}
        aria-label={props.label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
        tabIndex={0}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        className="scrollbar-quiet focus-inset min-h-0 flex-1 overflow-auto font-mono text-12/[19px] [overflow-anchor:none]"
      >
        <ol className="relative" style={sizes(rows.getTotalSize(), count, props.sourceChars ?? 6)}>
          {items.map((item) => (
            <li
              key={item.key}
              ref={wrap ? rows.measureElement : undefined}
              data-index={item.index}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <Line
                line={props.getLine(item.index)}
                needle={needle}
                current={item.index === current}
                wrap={wrap}
              />
            </li>
          ))}
        </ol>
      </section>
      {props.foot !== undefined && (
        <div className="flex-none border-t border-line px-5 py-[5px] text-11 text-ink-3">{props.foot}</div>
      )}
    </div>
  );
}

/** The number and source columns take what their longest needs; all rows share them. */
function sizes(height: number, count: number, sourceChars: number): CSSProperties {
  // React takes custom properties; its CSSProperties type does not know them.
  return {
    height,
    '--n': `max(64px, calc(${grouped(count).length}ch + 20px))`,
    '--s': `calc(${sourceChars}ch + 17px)`,
  } as CSSProperties;
}

function Line(props: {
  readonly line: LogLine | undefined;
  readonly needle: string;
  readonly current: boolean;
  readonly wrap: boolean;
}) {
  const { line, needle, current, wrap } = props;
  if (!line) return <div className="h-[19px]" />;
  return (
    <div
      className={cx(
        'grid grid-cols-[var(--n)_76px_var(--s)_46px_minmax(0,1fr)] pr-5 hover:bg-hover max-wide:grid-cols-[var(--n)_0_min(var(--s),92px)_46px_minmax(0,1fr)]',
        line.level === 'error' && 'bg-tint-bad',
      )}
    >
      <span className="pr-4 text-right text-ink-3 select-none">{grouped(line.n)}</span>
      <time className="text-ink-3 select-none max-wide:invisible">{clock(line.at)}</time>
      <span title={line.sourceTitle ?? line.source} className="truncate pr-2 text-ink-3 select-none">
        {line.source}
      </span>
      <b className="font-medium text-bad">{line.level === 'error' && 'error'}</b>
      <code
        title={wrap ? undefined : line.text}
        className={cx(
          wrap ? 'break-all whitespace-pre-wrap' : 'truncate whitespace-pre',
          line.level === 'error' ? 'text-ink' : line.level === 'dim' ? 'text-ink-3' : 'text-ink-2',
        )}
      >
        {needle === ''
          ? line.text
          : highlight(line.text, needle).map((piece, index) =>
              piece.hit ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
                <mark key={index} className={current ? 'bg-accent text-sheet' : undefined}>
                  {piece.text}
                </mark>
              ) : (
                piece.text
              ),
            )}
      </code>
    </div>
  );
}

/** A text with the needle marked: for hits in a list. */
export function Marked({ text, needle }: { readonly text: string; readonly needle: string }) {
  return highlight(text, needle).map((piece, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
    piece.hit ? <mark key={index}>{piece.text}</mark> : piece.text,
  );
}
