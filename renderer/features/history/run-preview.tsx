import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import type { EnvironmentName, ReleaseId, WorkspaceId } from '#shared/domain/ids.ts';
import type { RollbackChoice } from '#shared/domain/image-list.ts';
import { notesMarkdown } from '#shared/domain/release-notes.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { useActions } from '../../stores/actions.tsx';
import { refuseBuild, refuseRollback } from '../../stores/refusals.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard, useRuns, useStores } from '../../stores/stores.tsx';
import { useCircumstances } from '../../stores/use-circumstances.ts';
import { useClient } from '../../transport/client-context.tsx';
import type { Trouble } from '../../transport/trouble.ts';
import { toTrouble } from '../../transport/trouble.ts';
import { Bones } from '../../ui/bones.tsx';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { PlanSteps } from '../../ui/decision.tsx';
import { clock, dayName, elapsed } from '../../ui/format.ts';
import type { Icon } from '../../ui/icons.tsx';
import { BackIcon, BuildIcon, DatabaseIcon, ImageIcon, KeyIcon } from '../../ui/icons.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Elapsed, useClock } from '../../ui/time.tsx';
import { Marked } from '../../ui/virtual-log.tsx';
import { RunTitle } from '../board/index.ts';
import { NotesList, runStatus, sinceWords, useReleaseNotes } from '../runs/index.ts';
import type { GoingBack } from './going-back.ts';
import { goingBack } from './going-back.ts';
import { PreviewFacts } from './preview-facts.tsx';

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
          <Section title="Note">
            <p className="break-words text-ink-2">
              <Marked text={run.note} needle={needle} />
            </p>
          </Section>
        )}
        {trouble !== undefined ? (
          <ErrorNotice
            className="px-5"
            what={trouble.message}
            consequence={trouble.hint}
            code={trouble.code}
          />
        ) : view === undefined ? (
          <Section title="Steps">
            <Bones label="Loading the steps" lines={['64%', '52%', '70%']} />
          </Section>
        ) : (
          <Section title="Steps" count={view.steps.length}>
            <Steps view={view} />
          </Section>
        )}
        {run.kind === 'build' && run.release !== undefined && <Notes run={run} release={run.release} />}
        <Back run={run} back={back} />
      </div>
      <Foot run={run} back={back} />
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

function useGoingBack(run: RunSummary): GoingBack {
  const environment = useBoard((state) =>
    state.board?.environments.find((each) => each.name === run.environment),
  );
  const choices = useRollbackChoices(run.workspaceId, run.environment, environment?.state?.runId);
  return goingBack(run, environment, choices);
}

function useRollbackChoices(
  workspaceId: WorkspaceId,
  environment: EnvironmentName | undefined,
  /** Another last run, another answer. */
  lastRun: number | undefined,
): readonly RollbackChoice[] | undefined {
  const client = useClient();
  const [known, setKnown] = useState<{
    readonly of: EnvironmentName;
    readonly choices: readonly RollbackChoice[];
  }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the environment's last run decides what it may go back to
  useEffect(() => {
    if (environment === undefined) return;
    const stop = new AbortController();
    client.releases.rollbackChoices({ workspaceId, environment }, { signal: stop.signal }).then(
      (choices) => !stop.signal.aborted && setKnown({ of: environment, choices }),
      // Not known: then nothing is offered, and the board's own way back still is.
      () => undefined,
    );
    return () => stop.abort();
  }, [client, workspaceId, environment, lastRun]);
  return known?.of === environment ? known?.choices : undefined;
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
    <Section
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
    </Section>
  );
}

function Section(props: {
  readonly title: string;
  readonly count?: number | string | undefined;
  readonly end?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section aria-label={props.title} className="border-b border-line px-5 pb-3 last:border-b-0">
      <div className="flex items-center gap-2 pt-3 pb-1">
        <h3 className="text-12 font-semibold">
          {props.title}
          {props.count !== undefined && <span className="ml-2 font-normal text-ink-3">{props.count}</span>}
        </h3>
        {props.end}
      </div>
      {props.children}
    </section>
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

/** What going back to this would mean; nothing where the run is about something else. */
function Back({ run, back }: { readonly run: RunSummary; readonly back: GoingBack }) {
  switch (back.kind) {
    case 'not-about':
      return null;
    case 'runs-now':
      return (
        <Section title="Going back to this">
          <p className="text-ink-2">{run.environment} runs this release now.</p>
        </Section>
      );
    case 'impossible':
      return (
        <Section title="Going back to this">
          <p className="text-ink-2">
            {run.release} is not among what {run.environment} can go back to.
          </p>
        </Section>
      );
    case 'gone':
      return (
        <Section title="Going back to this">
          <p className="text-ink-2">
            The image of {back.release} is gone, here and in every registry that is known.
            {back.commit !== undefined && ' Its commit can be built again, as a new release.'}
          </p>
        </Section>
      );
    case 'possible':
      return (
        <Section title="Going back to this">
          <ul className="text-ink-2">
            <Point icon={ImageIcon}>The same image runs again; the plan checks that it is still here</Point>
            <Point icon={KeyIcon}>
              Env keys come back as they were when it last ran in {run.environment}
            </Point>
            <Point icon={DatabaseIcon}>Databases stay as they are now</Point>
          </ul>
        </Section>
      );
  }
}

function Point({ icon: IconPart, children }: { readonly icon: Icon; readonly children: ReactNode }) {
  return (
    <li className="flex items-baseline gap-2 py-[3px]">
      <IconPart size={12} aria-hidden="true" className="relative top-0.5 flex-none text-ink-3" />
      <span>{children}</span>
    </li>
  );
}

function Foot({ run, back }: { readonly run: RunSummary; readonly back: GoingBack }) {
  const router = useRouter();
  const around = useCircumstances();
  const environment = useBoard((state) =>
    state.board?.environments.find((each) => each.name === run.environment),
  );
  const { release, previousRelease, environment: name } = run;
  // That there is something to go back to is known here; the board only knows of the release before.
  const refusal =
    environment?.release === undefined
      ? undefined
      : refuseRollback({ ...environment, rollbackTo: { ...environment.release, image: 'unknown' } }, around);
  return (
    <footer className="flex flex-none flex-wrap items-center gap-2 border-t border-line px-5 py-3">
      <ButtonLink href={router.href({ kind: 'run', runId: run.id })}>Open run</ButtonLink>
      {release !== undefined && previousRelease !== undefined && previousRelease !== release && (
        <ButtonLink href={router.href({ kind: 'compare', left: previousRelease, right: release })}>
          Compare
        </ButtonLink>
      )}
      <span className="flex-1" />
      {back.kind === 'gone' && <BuildAgain commit={back.commit} />}
      {back.kind === 'possible' && name !== undefined && (
        <Button
          icon={BackIcon}
          reason={refusal?.reason}
          onClick={() =>
            router.openDialog({ kind: 'plan', run: 'rollback', to: name, release: back.release })
          }
        >
          Roll back to this…
        </Button>
      )}
    </footer>
  );
}

function BuildAgain({ commit }: { readonly commit: string | undefined }) {
  const { build } = useActions();
  const refusal = refuseBuild(useCircumstances());
  if (commit === undefined) return null;
  return (
    <Button icon={BuildIcon} reason={refusal?.reason} onClick={() => void build({ commit })}>
      Build again from {commit.slice(0, 7)}
    </Button>
  );
}
