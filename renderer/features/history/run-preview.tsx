import { useEffect, useState } from 'react';
import type { ReleaseId } from '#shared/domain/ids.ts';
import { notesMarkdown } from '#shared/domain/release-notes.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { useRuns, useStores } from '../../stores/stores.tsx';
import type { Trouble } from '../../transport/trouble.ts';
import { toTrouble } from '../../transport/trouble.ts';
import { Bones } from '../../ui/bones.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { PlanSteps } from '../../ui/decision.tsx';
import { clock, dayName, elapsed } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Elapsed, useClock } from '../../ui/time.tsx';
import { Marked } from '../../ui/virtual-log.tsx';
import { RunTitle } from '../board/index.ts';
import { NotesList, runStatus, sinceWords, useReleaseNotes } from '../runs/index.ts';
import { PreviewFacts } from './preview-facts.tsx';
import { PreviewSection } from './preview-section.tsx';
import { PreviewFoot, WayBack } from './preview-way-back.tsx';
import { useGoingBack } from './use-going-back.ts';

/** Long enough that arrow keys can run through a list without asking for each run on the way. */
const SETTLE_MS = 120;

/** The chosen run beside the list: what it was, what it did, and whether one can go back to it. */
export function RunPreview({ run, needle }: { readonly run: RunSummary; readonly needle: string }) {
  const { view, trouble } = useWholeRun(run);
  const back = useGoingBack(run);
  return (
    <aside
      aria-label={`Run ${run.id}`}
      className="flex min-h-0 w-[388px] flex-none flex-col border-l border-line bg-gutter max-wide:hidden"
    >
      <div className="scrollbar-quiet min-h-0 flex-1 overflow-auto">
        <header className="border-b border-line px-5 pt-4 pb-3">
          <h2 className="mb-1 flex items-center gap-1.5 text-15 font-semibold">
            <RunTitle run={run} />
            <span className="font-normal whitespace-nowrap text-ink-3">run {run.id}</span>
          </h2>
          <p className="flex items-center gap-1.5 text-ink-2">
            <StatusWord state={runStatus(run)} />
            <When run={run} />
          </p>
        </header>
        <PreviewFacts run={run} view={view} />
        {run.note !== undefined && (
          <PreviewSection title="Note">
            <p className="break-words text-ink-2">
              <Marked text={run.note} needle={needle} />
            </p>
          </PreviewSection>
        )}
        {trouble !== undefined ? (
          <ErrorNotice
            className="px-5"
            what={trouble.message}
            consequence={trouble.hint}
            code={trouble.code}
          />
        ) : view === undefined ? (
          <PreviewSection title="Steps">
            <Bones label="Loading the steps" lines={['64%', '52%', '70%']} />
          </PreviewSection>
        ) : (
          <PreviewSection title="Steps" count={view.steps.length}>
            <Steps view={view} />
          </PreviewSection>
        )}
        {run.kind === 'build' && run.release !== undefined && <Notes run={run} release={run.release} />}
        <WayBack run={run} back={back} />
      </div>
      <PreviewFoot run={run} back={back} />
    </aside>
  );
}

/** Fetched once somebody rests on it; the store keeps it and keeps it live. */
function useWholeRun(run: RunSummary): {
  readonly view: RunView | undefined;
  readonly trouble: Trouble | undefined;
} {
  const { runs } = useStores();
  const view = useRuns((state) => state.views.get(run.id));
  const [failed, setFailed] = useState<{ readonly id: number; readonly trouble: Trouble }>();
  const isHere = view !== undefined;
  useEffect(() => {
    if (isHere) return;
    let isLeft = false;
    const timer = setTimeout(() => {
      runs
        .getState()
        .ensure(run.id)
        .catch((error: unknown) => !isLeft && setFailed({ id: run.id, trouble: toTrouble(error) }));
    }, SETTLE_MS);
    return () => {
      isLeft = true;
      clearTimeout(timer);
    };
  }, [runs, run.id, isHere]);
  return { view, trouble: failed?.id === run.id && !isHere ? failed.trouble : undefined };
}

function When({ run }: { readonly run: RunSummary }) {
  const text = useClock((now) => {
    const { name, date } = dayName(run.startedAt, now);
    const day = name === 'Today' || name === 'Yesterday' ? name.toLowerCase() : `${name.slice(0, 3)} ${date}`;
    return `${day} ${clock(run.startedAt, 'minutes')}`;
  });
  if (run.endedAt === undefined) return <span>since {text}</span>;
  return (
    <span className="truncate">
      in {elapsed(run.endedAt - run.startedAt)}, {text}
    </span>
  );
}

/** What came in with the release that a build made. */
function Notes({ run, release }: { readonly run: RunSummary; readonly release: ReleaseId }) {
  const state = useReleaseNotes(run.workspaceId, release, undefined);
  const { notes } = state;
  return (
    <PreviewSection
      title="Notes"
      count={notes === undefined ? undefined : sinceWords(notes)}
      end={
        notes !== undefined &&
        notes.commits.length > 0 && (
          <CopyButton
            value={notesMarkdown(notes, run.version ?? release)}
            what="notes as Markdown"
            size="small"
          />
        )
      }
    >
      <NotesList state={state} />
    </PreviewSection>
  );
}

function Steps({ view }: { readonly view: RunView }) {
  return (
    <PlanSteps
      steps={view.steps.map((step) => ({
        id: step.id,
        title:
          step.state === 'succeeded' ? (
            <span className="text-ink-2">{step.title}</span>
          ) : (
            <span className="inline-flex items-center gap-2 text-ink-2">
              {step.title}
              <StatusWord
                state={step.state === 'not-yet' && view.state !== 'running' ? 'skipped' : step.state}
              />
            </span>
          ),
        end: step.startedAt === undefined ? undefined : <Elapsed from={step.startedAt} to={step.endedAt} />,
      }))}
    />
  );
}
