import { useEffect, useMemo, useState } from 'react';
import type { RunId } from '#shared/domain/ids.ts';
import type { RunView as Run } from '#shared/domain/run-reducer.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useConnection, useRuns, useStores } from '../../stores/stores.tsx';
import type { Trouble } from '../../transport/trouble.ts';
import { toTrouble } from '../../transport/trouble.ts';
import { Bone, Bones } from '../../ui/bones.tsx';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { seconds } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { PaneHead } from '../../ui/sheet.tsx';
import { useClock } from '../../ui/time.tsx';
import { Timeline, TimelineLegend } from '../../ui/timeline.tsx';
import { buildTimeline } from './build-timeline.ts';
import { useKeptQuery } from './kept-query.ts';
import type { LinesFrom } from './log-view.ts';
import { RunHead } from './run-head.tsx';
import type { LogQuery } from './run-log.tsx';
import { RunLog } from './run-log.tsx';
import { decidingStep } from './run-words.ts';
import { StepsPane } from './steps-pane.tsx';
import { useReleaseFacts } from './use-release-facts.ts';

const queryNames = ['step', 'lines', 'q', 'wrap'] as const;

/** One run, live while it goes on and whole from the ledger ever after. */
export function RunView({ runId }: { readonly runId: RunId }) {
  const view = useRuns((state) => state.views.get(runId));
  const { runs } = useStores();
  const connection = useConnection((state) => state.state.kind);
  const [trouble, setTrouble] = useState<Trouble>();
  const [attempt, setAttempt] = useState(0);
  const isHere = view !== undefined;
  // Asked again when the wire is back, when somebody tries again, and when the store forgot it: opening a workspace,
  // also the one that the window starts with, empties the store.
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what asks again
  useEffect(() => {
    let isLeft = false;
    runs
      .getState()
      .ensure(runId)
      .then(
        () => !isLeft && setTrouble(undefined),
        (error: unknown) => !isLeft && setTrouble(toTrouble(error)),
      );
    return () => {
      isLeft = true;
    };
  }, [runs, runId, connection, attempt, isHere]);
  if (view !== undefined) return <LoadedRun view={view} />;
  return (
    <div className="min-h-0 flex-1 bg-sheet">
      {trouble === undefined ? (
        <RunBones />
      ) : (
        <RunTrouble trouble={trouble} onAgain={() => setAttempt(attempt + 1)} />
      )}
    </div>
  );
}

function RunTrouble({ trouble, onAgain }: { readonly trouble: Trouble; readonly onAgain: () => void }) {
  const router = useRouter();
  return (
    <ErrorNotice
      className="px-5"
      what={trouble.message}
      consequence={trouble.hint}
      code={trouble.code}
      action={
        <>
          {trouble.code !== 'run-unknown' && <Button onClick={onAgain}>Try again</Button>}
          <ButtonLink href={router.href({ kind: 'runs' })}>All runs</ButtonLink>
        </>
      }
    />
  );
}

function LoadedRun({ view }: { readonly view: Run }) {
  const [query, setQuery] = useKeptQuery(`run:${view.id}`, queryNames);
  const [shown, setShown] = useState<{ readonly step: string; readonly errors: boolean }>();
  const built = useReleaseFacts(view, view.plan);
  const step = query.step ?? decidingStep(view.steps)?.id ?? view.vertices[0]?.step ?? view.steps[0]?.id;
  const log: LogQuery = {
    lines: linesFrom(query.lines),
    needle: query.q ?? '',
    wrap: query.wrap === '1',
  };
  const onLog = (changes: Partial<LogQuery>): void =>
    setQuery({
      ...(changes.lines === undefined ? {} : { lines: changes.lines === 'all' ? '' : changes.lines }),
      ...(changes.needle === undefined ? {} : { q: changes.needle }),
      ...(changes.wrap === undefined ? {} : { wrap: changes.wrap ? '1' : '' }),
    });
  return (
    <div className="flex min-h-0 flex-1 flex-col bg-sheet text-12/4.5">
      <RunHead view={view} built={built} />
      <div className="grid min-h-0 flex-1 grid-cols-[328px_minmax(0,1fr)] grid-rows-[minmax(0,1fr)] max-wide:grid-cols-[264px_minmax(0,1fr)]">
        <StepsPane
          view={view}
          step={step}
          onPick={(id) => {
            setQuery({ step: id });
            setShown({ step: id, errors: false });
          }}
          onShowErrors={(id) => {
            setQuery({ step: id, lines: '' });
            setShown({ step: id, errors: true });
          }}
        />
        <div className="flex min-h-0 min-w-0 flex-col">
          {view.vertices.length > 0 && <BuildPane view={view} />}
          <RunLog view={view} step={step} shown={shown} query={log} onQuery={onLog} />
        </div>
      </div>
    </div>
  );
}

function linesFrom(text: string | undefined): LinesFrom {
  return text === 'step' || text === 'errors' ? text : 'all';
}

/** The build's steps over time; it gives way to the log when there are many. */
function BuildPane({ view }: { readonly view: Run }) {
  const isGoing = view.vertices.some((vertex) => vertex.state === 'running');
  const now = useClock((at) => (isGoing ? Math.floor(at / 1000) * 1000 : 0));
  const { steps, totalMs } = useMemo(() => buildTimeline(view.vertices, now), [view.vertices, now]);
  const title = view.steps.find((step) => step.id === view.vertices[0]?.step)?.title ?? 'Build';
  return (
    <section
      aria-label="Build timeline"
      className="scrollbar-quiet max-h-[46%] flex-none overflow-auto border-b border-line pb-3"
    >
      <PaneHead
        className="px-5 max-wide:px-4"
        title={title}
        count={seconds(totalMs)}
        end={<TimelineLegend />}
      />
      <Timeline steps={steps} totalMs={totalMs} />
    </section>
  );
}

function RunBones() {
  return (
    <Bones label="Loading the run">
      <div className="flex h-[65px] items-center gap-8 border-b border-line px-5">
        <Bone width="180px" height={16} />
        <Bone width="120px" />
        <Bone width="160px" />
      </div>
      <div className="w-[328px] px-5 pt-10">
        {['62%', '48%', '70%', '54%', '66%'].map((width) => (
          <Bone key={width} width={width} className="mb-7" />
        ))}
      </div>
    </Bones>
  );
}
