import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import type { RunId } from '#shared/domain/ids.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { waitsFor } from '../../stores/build-queue.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useDraft } from '../../stores/stores.tsx';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { SegmentedControl } from '../../ui/chips.tsx';
import { count, grouped } from '../../ui/format.ts';
import { useHotkeys } from '../../ui/hotkeys.ts';
import { LogBar } from '../../ui/log-bar.tsx';
import { EmptyNotice, ErrorNotice } from '../../ui/notice.tsx';
import { VirtualLog } from '../../ui/virtual-log.tsx';
import type { LogState } from './log-reader.ts';
import type { LinesFrom } from './log-view.ts';
import { chooseLines, findHits, firstOf, isError, nextHit, placeOf, widestSource } from './log-view.ts';
import { useRunLog } from './use-run-log.ts';

/** What the address keeps of the log. */
export type LogQuery = {
  readonly lines: LinesFrom;
  readonly needle: string;
  readonly wrap: boolean;
};

/** Lines somebody asked to see: of a step, of one source in it, or the first that reports an error. */
export type ShownLines = {
  readonly step: string;
  readonly source?: string;
  readonly errors: boolean;
};

const TOP_KEPT_AFTER_MS = 300;

/** The run's log: which lines, search, wrap, follow; pulled while the run goes on. */
export function RunLog(props: {
  readonly view: RunView;
  readonly step: string | undefined;
  /** Of the build's matrix: only its lines, and those of no cell. */
  readonly cell: string | undefined;
  /** Changes when somebody asks to see these lines. */
  readonly shown: ShownLines | undefined;
  readonly query: LogQuery;
  readonly onQuery: (changes: Partial<LogQuery>) => void;
}) {
  const { view, step, cell, shown, query, onQuery } = props;
  const log = useRunLog(view.id);
  const [top, setTop] = useKeptTop(view.id);
  const [follow, setFollow] = useState(top === undefined);
  const needle = useDeferredValue(query.needle);
  const lines = useMemo(
    () => chooseLines(log.lines, query.lines, step, cell).slice(),
    [log, query.lines, step, cell],
  );
  const hits = useMemo(() => findHits(lines, needle), [lines, needle]);
  const errors = useMemo(() => log.lines.filter(isError).length, [log]);
  const sourceChars = useMemo(() => widestSource(lines), [lines]);
  const [at, setAt] = useState<number>();
  const [jump, setJump] = useState<number>();
  const search = useRef<HTMLInputElement>(null);
  useHotkeys({ '/': () => search.current?.focus() });

  // biome-ignore lint/correctness/useExhaustiveDependencies: another needle or filter begins a new search
  useEffect(() => setAt(undefined), [query.needle, query.lines]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each request to show is answered once
  useEffect(() => {
    if (shown === undefined) return;
    const index = firstOf(lines, shown);
    if (index !== undefined) setJump(index);
  }, [shown]);

  const go = (by: 1 | -1): void => {
    const next = nextHit(hits.length, at, by);
    setAt(next);
    setJump(next === undefined ? undefined : hits[next]);
  };
  // By its number and not by its place: under another filter the same line stands elsewhere.
  const onTop = useCallback((index: number) => setTop(lines[index]?.n), [setTop, lines]);
  const startAt = top === undefined ? undefined : placeOf(lines, top);
  const keepFollow = useCallback(
    (next: boolean) => {
      setFollow(next);
      if (next) setTop(undefined);
    },
    [setTop],
  );

  return (
    <section aria-label="Log" className="flex min-h-0 flex-1 flex-col">
      <LogBar
        needle={query.needle}
        onNeedle={(next) => onQuery({ needle: next })}
        hits={needle === query.needle ? { at: (at ?? hits.length - 1) + 1, of: hits.length } : undefined}
        onPrevious={() => go(-1)}
        onNext={() => go(1)}
        wrap={query.wrap}
        onWrap={(wrap) => onQuery({ wrap })}
        follow={follow}
        onFollow={keepFollow}
        searchRef={search}
      >
        <SegmentedControl
          label="Lines from"
          value={query.lines}
          onChange={(next) => onQuery({ lines: next })}
          items={[
            { id: 'all', label: 'All steps' },
            { id: 'step', label: 'This step', wideOnly: query.lines !== 'step' },
            { id: 'errors', label: 'Errors', count: errors },
          ]}
        />
      </LogBar>
      {lines.length === 0 && (log.isKnown || log.trouble !== undefined) ? (
        <NoLines log={log} query={query} view={view} onAll={() => onQuery({ lines: 'all' })} />
      ) : (
        <VirtualLog
          label="Log"
          count={lines.length}
          getLine={(index) => lines[index]?.shown}
          sourceChars={sourceChars}
          needle={needle}
          current={jump}
          wrap={query.wrap}
          follow={follow}
          onFollow={keepFollow}
          startAt={startAt}
          onTop={follow ? undefined : onTop}
          foot={<Foot log={log} view={view} shown={lines.length} />}
        />
      )}
    </section>
  );
}

/** Where the log was left, by its first line in view; kept a moment after the scrolling ends. */
function useKeptTop(runId: RunId): readonly [number | undefined, (line: number | undefined) => void] {
  const [text, keep] = useDraft(`log-top:${runId}`);
  const [initial] = useState(text === '' ? undefined : Number(text));
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(keep);
  useEffect(() => {
    latest.current = keep;
  });
  const set = useCallback((line: number | undefined) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(
      () => latest.current(line === undefined ? '' : String(line)),
      TOP_KEPT_AFTER_MS,
    );
  }, []);
  return [initial, set];
}

function NoLines(props: {
  readonly log: LogState;
  readonly view: RunView;
  readonly query: LogQuery;
  readonly onAll: () => void;
}) {
  const { log, view, query, onAll } = props;
  if (log.trouble !== undefined) {
    return (
      <ErrorNotice
        className="flex-1 content-start bg-gutter px-5"
        what={log.trouble.message}
        consequence={log.trouble.hint}
        code={log.trouble.code}
      />
    );
  }
  const waitsOn = waitsFor(view);
  if (waitsOn !== undefined) return <Queued runId={waitsOn} />;
  const isFiltered = query.lines !== 'all' && log.lines.length > 0;
  return (
    <EmptyNotice
      className="flex-1 content-start bg-gutter px-5"
      title={
        isFiltered
          ? `No ${query.lines === 'errors' ? 'line reports an error' : 'lines from this step'}`
          : 'No lines'
      }
      action={isFiltered ? <Button onClick={onAll}>All steps</Button> : undefined}
    >
      {isFiltered
        ? `The log has ${count(log.lines.length, 'line')}.`
        : view.state === 'running'
          ? 'Nothing was written yet.'
          : 'This run wrote nothing.'}
    </EmptyNotice>
  );
}

/** A build that has not begun has no lines; what it waits for has. */
function Queued({ runId }: { readonly runId: RunId }) {
  const router = useRouter();
  return (
    <EmptyNotice
      className="flex-1 content-start bg-gutter px-5"
      title={`This build waits for run ${runId} to end`}
      action={<ButtonLink href={router.href({ kind: 'run', runId })}>Open run {runId}</ButtonLink>}
    >
      It begins by itself, with the files as they are then. One build of a workspace runs at a time.
    </EmptyNotice>
  );
}

function Foot(props: { readonly log: LogState; readonly view: RunView; readonly shown: number }) {
  const { log, view, shown } = props;
  const all = log.lines.length;
  const which = shown === all ? count(all, 'line') : `${grouped(shown)} of ${count(all, 'line')}`;
  if (log.trouble !== undefined) return `${which}. ${log.trouble.message} ${log.trouble.hint}`;
  if (all < log.total) return `${which} of ${grouped(log.total)} read.`;
  if (!log.isKnown) return 'Reading the log.';
  return view.state === 'running' ? `${which}.` : `${which}. The run has ended, so nothing more will come.`;
}
