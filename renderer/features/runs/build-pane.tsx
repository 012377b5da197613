import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { RunView as Run } from '#shared/domain/run-reducer.ts';
import { Chip, SetChip } from '../../ui/chips.tsx';
import { seconds } from '../../ui/format.ts';
import type { ScrollState } from '../../ui/log-follow.ts';
import { followAfter } from '../../ui/log-follow.ts';
import { Menu } from '../../ui/menu.tsx';
import { PaneHead } from '../../ui/sheet.tsx';
import { useClock } from '../../ui/time.tsx';
import { Timeline, TimelineLegend } from '../../ui/timeline.tsx';
import type { TimelineRow } from '../../ui/timeline-scale.ts';
import type { BuildEnd } from './build-timeline.ts';
import { buildTimeline, cellsIn, neededBy } from './build-timeline.ts';
import { progressWords } from './build-words.ts';
import { upperPane } from './upper-pane.ts';
import { VertexDetail } from './vertex-detail.tsx';

/** The build's steps over time; it gives way to the log when there are many. */
export function BuildPane(props: {
  readonly view: Run;
  readonly cell: string | undefined;
  readonly onCell: (cell: string | undefined) => void;
  /** The build step that shows its detail. */
  readonly open: string | undefined;
  readonly onOpen: (vertex: string | undefined) => void;
  /** Shows the lines of one build step in the log. */
  readonly onShow: (vertex: string) => void;
}) {
  const { view, cell, onCell, open, onOpen, onShow } = props;
  const end = endOf(view);
  const now = useClock((at) => (end === 'going' ? Math.floor(at / 1000) * 1000 : (view.endedAt ?? 0)));
  const vertices = useMemo(
    () => (cell === undefined ? view.vertices : neededBy(view.vertices, cell)),
    [view.vertices, cell],
  );
  const { steps, totalMs } = useMemo(
    () => buildTimeline(vertices, end, now, cell),
    [vertices, end, now, cell],
  );
  const cells = useMemo(() => cellsIn(view.vertices), [view.vertices]);
  const scroller = useFollowedEnd(end === 'going' && open === undefined, steps.length);
  const title = view.steps.find((step) => step.id === view.vertices[0]?.step)?.title ?? 'Build';
  const detail = (row: TimelineRow) => <RowDetail view={view} row={row} onShow={onShow} />;
  return (
    <section
      ref={scroller.ref}
      onScroll={scroller.onScroll}
      aria-label="Build timeline"
      className={upperPane}
    >
      <PaneHead
        className="sticky top-0 z-10 bg-sheet px-5 max-wide:px-4"
        title={title}
        count={
          <>
            {seconds(totalMs)}
            <span className="max-wide:hidden">, {progressWords(vertices, end === 'going')}</span>
            {cells.length > 1 && (
              <span className="relative -top-px ml-3 inline-flex align-middle">
                <CellChoice cells={cells} cell={cell} onCell={onCell} />
              </span>
            )}
          </>
        }
        end={
          <span className={cells.length > 1 ? 'max-wide:hidden' : undefined}>
            <TimelineLegend />
          </span>
        }
      />
      <Timeline steps={steps} totalMs={totalMs} open={open} onOpen={onOpen} detail={detail} />
    </section>
  );
}

function endOf(view: Run): BuildEnd {
  const step = view.steps.find((each) => each.id === view.vertices[0]?.step);
  if (step?.state === 'running') return 'going';
  return step?.state === 'succeeded' ? 'succeeded' : 'stopped';
}

/** A folded row names all it stands for; any other says what is known of its step. */
function RowDetail(props: {
  readonly view: Run;
  readonly row: TimelineRow;
  readonly onShow: (vertex: string) => void;
}) {
  const { view, row, onShow } = props;
  if (row.members.length > 1) {
    return (
      <ul>
        {row.members.map((member) => (
          <li key={member.id} className="break-words">
            <span className="mr-2 text-ink-3">{member.group}</span>
            {member.name}
          </li>
        ))}
      </ul>
    );
  }
  const vertex = view.vertices.find((each) => each.id === row.id);
  if (vertex === undefined) return null;
  const hasLines = vertex.log !== undefined && vertex.log.bytes > 0;
  return <VertexDetail vertex={vertex} onShow={hasLines ? () => onShow(vertex.id) : undefined} />;
}

function CellChoice(props: {
  readonly cells: readonly string[];
  readonly cell: string | undefined;
  readonly onCell: (cell: string | undefined) => void;
}) {
  const { cells, cell, onCell } = props;
  if (cell !== undefined) return <SetChip name="Cell" value={cell} onClear={() => onCell(undefined)} />;
  return (
    <Menu
      label="Cells of the matrix"
      trigger={<Chip>All cells</Chip>}
      items={cells.map((each) => ({
        kind: 'action',
        id: each,
        label: <code>{each}</code>,
        onSelect: () => onCell(each),
      }))}
    />
  );
}

/** Keeps the newest rows in view while a build goes on, until somebody scrolls up. */
function useFollowedEnd(isFollowed: boolean, rows: number) {
  const ref = useRef<HTMLElement>(null);
  const seen = useRef<ScrollState>({ top: 0, height: 0, view: 0 });
  const [isHeld, setHeld] = useState(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new row moves the end
  useLayoutEffect(() => {
    const element = ref.current;
    if (isFollowed && isHeld && element !== null) element.scrollTop = element.scrollHeight;
  }, [isFollowed, isHeld, rows]);
  const onScroll = (): void => {
    const element = ref.current;
    if (element === null) return;
    const now = { top: element.scrollTop, height: element.scrollHeight, view: element.clientHeight };
    setHeld(followAfter(isHeld, seen.current, now));
    seen.current = now;
  };
  return { ref, onScroll };
}
