import type { ReactNode } from 'react';
import type { StepView } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { waitsFor } from '../../stores/build-queue.ts';
import { useBoard } from '../../stores/stores.tsx';
import { useCircumstances } from '../../stores/use-circumstances.ts';
import { arrowNav } from '../../ui/arrow-nav.ts';
import { cx } from '../../ui/cx.ts';
import { shortDigests } from '../../ui/format.ts';
import { LockIcon, RefreshIcon, UnseenIcon } from '../../ui/icons.tsx';
import { PaneHead, selectedRow } from '../../ui/sheet.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import type { Status } from '../../ui/status-words.ts';
import { Elapsed, Remaining, useClock } from '../../ui/time.tsx';
import { Value } from '../../ui/value.tsx';
import { limitWords } from '../board/index.ts';
import { BuildStepFacts } from './build-step-facts.tsx';
import { placeOfProblem } from './build-words.ts';
import { FailureChoices, useChoiceKeys } from './failure-choices.tsx';
import { RunHold } from './run-hold.tsx';
import { type GuidedFailure, guidedFailure } from './run-offers.ts';
import { goingBackWords, sameSentence, withoutRepeats } from './run-words.ts';

type Picked = {
  readonly step: string | undefined;
  readonly onPick: (step: string) => void;
  readonly onShowErrors: (step: string) => void;
  /** Opens a build step in the timeline. */
  readonly onOpenVertex: (vertex: string) => void;
};

/** The run's steps in order; a failed one is open in place. A press shows its lines in the log. */
export function StepsPane({ view, ...picked }: { readonly view: RunView } & Picked) {
  const forward = view.steps.filter((step) => !step.isRollback);
  const back = view.steps.filter((step) => step.isRollback);
  const board = useBoard((state) => state.board);
  const guided = guidedFailure(view, board, useCircumstances());
  return (
    <aside
      aria-label="Steps"
      className="scrollbar-quiet flex min-h-0 flex-col overflow-auto border-r border-line"
    >
      <PaneHead
        className="flex-none px-5 max-wide:px-4"
        title="Steps"
        end={<Elapsed from={view.startedAt} to={view.endedAt} className="text-ink-2" />}
      />
      <StepList view={view} steps={forward} guided={guided} {...picked} />
      <RunHold view={view} />
      {(view.recovered || view.state === 'unverified') && <HowItEnded view={view} />}
      {back.length > 0 && (
        <>
          <div className="mt-2 flex-none border-t border-line px-5 pt-3 pb-1 max-wide:px-4 [p+&]:mt-0 [p+&]:border-t-0">
            <h3 className="text-13 font-semibold">
              {goingBackWords(view)}
              {view.previousRelease !== undefined && (
                <>
                  {' '}
                  to <code>{view.previousRelease}</code>
                </>
              )}
            </h3>
            {view.rollbackReason !== undefined && <p className="text-ink-3">{view.rollbackReason}</p>}
          </div>
          <StepList view={view} steps={back} {...picked} />
        </>
      )}
      {view.state === 'running' && view.environment !== undefined && (
        <p className="mt-auto flex flex-none items-center gap-3 border-t border-line px-5 py-3 text-11 text-ink-3 max-wide:px-4">
          <LockIcon size={12} aria-hidden="true" className="flex-none" />
          {view.environment} is leased to this run until it ends.
        </p>
      )}
    </aside>
  );
}

/** An id never wraps, and every other part is one. */
const releaseIds = /\b(r-[0-9a-f]{6,})\b/;

/** What no step says: that another process goes on with it or closed it, or that nobody can say what came of it. */
function HowItEnded({ view: { state, summary } }: { readonly view: RunView }) {
  const IconPart = state === 'unverified' ? UnseenIcon : RefreshIcon;
  return (
    <p className="flex flex-none items-start gap-3 border-t border-line px-5 py-3 leading-4 text-ink-2 max-wide:px-4">
      <IconPart size={14} aria-hidden="true" className="mt-px flex-none text-ink-3" />
      <span className="min-w-0 break-words">
        {state === 'running'
          ? 'The Gantry that began this run is gone; another one goes on with it.'
          : summary.split(releaseIds).map((part, index) =>
              index % 2 === 0 ? (
                part
              ) : (
                // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place
                <code key={index}>{part}</code>
              ),
            )}
      </span>
    </p>
  );
}

function StepList(
  props: {
    readonly view: RunView;
    readonly steps: readonly StepView[];
    readonly guided?: GuidedFailure | undefined;
  } & Picked,
) {
  const { view, steps, guided, step: current, onPick, onShowErrors, onOpenVertex } = props;
  const built = view.vertices[0]?.step;
  const onChoiceKey = useChoiceKeys(guided?.choices);
  return (
    <ol className="flex-none" onKeyDown={arrowNav}>
      {steps.map((step, index) => (
        <li key={step.id} onKeyDown={step.id === guided?.step ? onChoiceKey : undefined}>
          <StepRow
            step={step}
            isFirst={index === 0}
            isOver={view.state !== 'running'}
            isCurrent={step.id === current}
            running={
              step.state === 'running' && waitsFor(view) === undefined ? (
                <Left view={view} step={step} />
              ) : undefined
            }
            onPick={() => onPick(step.id)}
          />
          {(step.state === 'failed' || step.state === 'errored') && (
            <Reason step={step} onShow={() => onShowErrors(step.id)} />
          )}
          {step.id === guided?.step && <FailureChoices choices={guided.choices} />}
          {step.id === built && <BuildStepFacts view={view} onOpen={onOpenVertex} />}
        </li>
      ))}
    </ol>
  );
}

function StepRow(props: {
  readonly step: StepView;
  readonly isFirst: boolean;
  /** The run has ended: what has not begun never will. */
  readonly isOver: boolean;
  readonly isCurrent: boolean;
  readonly running: ReactNode;
  readonly onPick: () => void;
}) {
  const { step, isFirst, isOver, isCurrent, running, onPick } = props;
  const isBegun = step.startedAt !== undefined;
  const isBad = step.state === 'failed';
  const isOdd = step.state === 'errored';
  return (
    <button
      type="button"
      data-nav=""
      aria-current={isCurrent || undefined}
      onClick={onPick}
      className={cx(
        'focus-inset relative grid w-full grid-cols-[26px_minmax(0,1fr)_auto] items-center px-5 py-1.5 text-left transition-ground max-wide:px-4',
        isBad && 'border-t border-line-bad bg-tint-bad',
        isOdd && 'border-t border-line-warn bg-tint-warn',
        !isBad && !isOdd && 'hover:bg-hover',
        isCurrent && !isBad && !isOdd && selectedRow,
        isCurrent && (isBad || isOdd) && 'shadow-[inset_2px_0_0_var(--color-accent)]',
      )}
    >
      {!isFirst && isBegun && (
        <i
          aria-hidden="true"
          className="absolute -top-[9px] left-[26.5px] h-[17px] w-px bg-edge max-wide:left-[22.5px]"
        />
      )}
      <StatusWord state={statusOf(step, isOver)} iconOnly />
      <span
        className={cx('truncate text-13', isBegun ? 'font-medium text-ink' : 'text-ink-2')}
        title={step.title}
      >
        {step.title}
      </span>
      {step.startedAt === undefined ? (
        <span className="pl-2 text-ink-3">{isOver || step.state !== 'not-yet' ? 'not run' : 'not yet'}</span>
      ) : (
        <Elapsed from={step.startedAt} to={step.endedAt} className="pl-2 text-ink-2" />
      )}
      <span
        className={cx(
          'col-span-2 col-start-2 leading-4',
          isBad ? 'text-bad' : isOdd ? 'text-warn' : 'text-ink-3',
          !isBad && !isOdd && 'truncate',
        )}
        title={step.text}
      >
        {shortDigests(textOf(step))}
      </span>
      {running !== undefined && (
        <span className="col-span-2 col-start-2 leading-4 text-ink-2">{running}</span>
      )}
    </button>
  );
}

function statusOf({ state, isUnverified }: StepView, isOver: boolean): Status {
  if (isUnverified === true) return 'unverified';
  return isOver && state === 'not-yet' ? 'skipped' : state;
}

function textOf(step: StepView): string {
  switch (step.state) {
    case 'failed':
      return `Failed: ${step.text}`;
    case 'errored':
      return `Errored: ${step.text}`;
    case 'not-yet':
    case 'skipped':
      return step.detail;
    default: {
      const text = step.text === '' ? step.detail : step.text;
      const isLaterTry = step.state === 'running' && step.attempt !== undefined;
      return isLaterTry && !text.startsWith('try ') ? `try ${step.attempt}: ${text}` : text;
    }
  }
}

function Left({ view, step }: { readonly view: RunView; readonly step: StepView }) {
  const limit = useClock((now) => limitWords(view, step, now) ?? '');
  if (step.overAt !== undefined) {
    return (
      <>
        <Remaining until={step.overAt} /> left to watch
      </>
    );
  }
  return limit;
}

/** What happened and what to do, in place: the log keeps its room. */
function Reason({ step, onShow }: { readonly step: StepView; readonly onShow: () => void }) {
  const isBad = step.state === 'failed';
  const { error } = step;
  const saysMore = error !== undefined && !sameSentence(error.message, step.text);
  return (
    <section
      aria-label={`Why ${step.title} ${isBad ? 'failed' : 'errored'}`}
      className={cx(
        'border-b pt-0.5 pr-5 pb-3 pl-[46px] max-wide:pr-4 max-wide:pl-4',
        isBad ? 'border-line-bad bg-tint-bad' : 'border-line-warn bg-tint-warn',
      )}
    >
      {saysMore && <p className="break-words text-ink">{error.message}</p>}
      {error !== undefined && <p className="break-words text-ink-2">{error.hint}</p>}
      {error?.problems?.map((problem) => (
        <p key={`${placeOfProblem(problem)} ${problem.what}`} className="break-words text-ink-2">
          <code className="whitespace-normal text-ink">{placeOfProblem(problem)}</code>{' '}
          {withoutRepeats(problem, error, step.text)}
        </p>
      ))}
      <p className="mt-1.5 flex items-center gap-4">
        <Value onClick={onShow}>Show in the log</Value>
        {error !== undefined && <code className="ml-auto text-11 text-ink-3 select-all">{error.code}</code>}
      </p>
    </section>
  );
}
