import { useEffect, useState } from 'react';
import type { RunId } from '#shared/domain/ids.ts';
import type { RunView as Run } from '#shared/domain/run-reducer.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useConnection, useRuns, useStores } from '../../stores/stores.tsx';
import type { Trouble } from '../../transport/trouble.ts';
import { toTrouble } from '../../transport/trouble.ts';
import { Bone, Bones } from '../../ui/bones.tsx';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { BuildPane } from './build-pane.tsx';
import { HealthPane } from './health-pane.tsx';
import { healthOf } from './health-words.ts';
import { useKeptQuery } from './kept-query.ts';
import type { LinesFrom } from './log-view.ts';
import { movesOf } from './moves.ts';
import { PlacesPane } from './places-pane.tsx';
import { ReleasePane } from './release-pane.tsx';
import { RunHead } from './run-head.tsx';
import type { LogQuery, ShownLines } from './run-log.tsx';
import { RunLog } from './run-log.tsx';
import { stepOfInterest } from './run-words.ts';
import { StepsPane } from './steps-pane.tsx';
import { TestsPane } from './tests-pane.tsx';
import { useReleaseFacts } from './use-release-facts.ts';

const queryNames = ['step', 'lines', 'q', 'wrap', 'cell'] as const;

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
  const [shown, setShown] = useState<ShownLines>();
  const [openVertex, setOpenVertex] = useState<string>();
  const built = useReleaseFacts(view, view.plan);
  const stepId = query.step ?? stepOfInterest(view);
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
  const openInTimeline = (vertex: string): void => {
    setQuery({ step: view.vertices.find((each) => each.id === vertex)?.step ?? '', cell: '' });
    setOpenVertex(vertex);
  };
  const showVertex = (id: string): void => {
    const vertex = view.vertices.find((each) => each.id === id);
    if (vertex === undefined) return;
    setQuery({ lines: '' });
    setShown({ step: vertex.step, source: vertex.name, errors: false });
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col bg-sheet text-12/4.5">
      <RunHead view={view} built={built} />
      <div className="grid min-h-0 flex-1 grid-cols-[328px_minmax(0,1fr)] grid-rows-[minmax(0,1fr)] max-wide:grid-cols-[264px_minmax(0,1fr)]">
        <StepsPane
          view={view}
          step={stepId}
          onPick={(id) => {
            setQuery({ step: id });
            setShown({ step: id, errors: false });
          }}
          onShowErrors={(id) => {
            setQuery({ step: id, lines: '' });
            setShown({ step: id, errors: true });
          }}
          onOpenVertex={openInTimeline}
        />
        <div className="flex min-h-0 min-w-0 flex-col">
          <AboveTheLog
            view={view}
            stepId={stepId}
            timeline={{
              cell: query.cell,
              onCell: (cell) => setQuery({ cell: cell ?? '' }),
              open: openVertex,
              onOpen: setOpenVertex,
              onShow: showVertex,
            }}
          />
          <RunLog view={view} step={stepId} cell={query.cell} shown={shown} query={log} onQuery={onLog} />
        </div>
      </div>
    </div>
  );
}

/** What the chosen step has to show besides its lines; the build over time where it has nothing of its own. */
function AboveTheLog(props: {
  readonly view: Run;
  readonly stepId: string | undefined;
  readonly timeline: Omit<Parameters<typeof BuildPane>[0], 'view'>;
}) {
  const { view, stepId, timeline } = props;
  const step = view.steps.find((each) => each.id === stepId);
  const reports = view.testReports.filter((report) => report.step === stepId);
  if (step !== undefined && reports.length > 0) return <TestsPane step={step} reports={reports} />;
  const makesRelease = view.kind === 'build' || view.kind === 'adopt';
  if (view.release !== undefined && makesRelease && step?.id === 'record')
    return <ReleasePane view={view} id={view.release} />;
  const moves = movesOf(view, stepId);
  if (moves !== undefined) return <PlacesPane moves={moves} />;
  const health = healthOf(view, stepId);
  if (health !== undefined) return <HealthPane health={health} />;
  return view.vertices.length > 0 ? <BuildPane view={view} {...timeline} /> : null;
}

function linesFrom(text: string | undefined): LinesFrom {
  return text === 'step' || text === 'errors' ? text : 'all';
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
