import { useEffect, useRef, useState } from 'react';
import { afterFailureIn, choicesAfter, type RetryPoint, stepsOfRetry } from '#shared/domain/after-failure.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { StepView } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard, useDraft, useRuns, useStores } from '../../stores/stores.tsx';
import { useClient } from '../../transport/client-context.tsx';
import { newRequestId } from '../../transport/request-id.ts';
import type { Trouble } from '../../transport/trouble.ts';
import { toTrouble } from '../../transport/trouble.ts';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { DialogFoot, SmallDialog } from '../../ui/dialog-frame.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { withoutLease } from './run-offers.ts';

type Props = { readonly runId: RunId; readonly onClose: () => void };

/** Goes on with a run that did not end well: the same release and env, from a step on. */
export function RetryDialog({ runId, onClose }: Props) {
  const view = useRuns((state) => state.views.get(runId));
  const { runs } = useStores();
  useEffect(() => {
    // Where it cannot be brought, the view below says so.
    runs
      .getState()
      .ensure(runId)
      .catch(() => undefined);
  }, [runs, runId]);
  return view === undefined ? null : <Dialog view={view} onClose={onClose} />;
}

function Dialog({ view, onClose }: { readonly view: RunView; readonly onClose: () => void }) {
  const { id, environment = '' } = view;
  const board = useBoard((state) => state.board);
  const place = board && withoutLease(board, view).environments.find(({ name }) => name === environment);
  const [typed, setTyped] = useDraft(`confirm:retry-${id}`);
  const [picked, setPicked] = useState<string>();
  const { isSending, trouble, send } = useRetry(id);
  const choice = (place === undefined ? [] : choicesAfter(view, afterFailureIn(place))).find(
    (each) => each.kind === 'retry',
  );
  const from = picked ?? choice?.from.step;
  const again = from === undefined ? [] : (stepsOfRetry(view, from) ?? []);
  const isTyped = view.plan?.confirm === 'typed';
  const canStart = choice !== undefined && choice.why === undefined && (!isTyped || typed === environment);
  const submit = (): void => {
    if (canStart && !isSending) void send(from, isTyped ? typed : undefined).then(() => setTyped(''));
  };
  return (
    <SmallDialog
      open
      onClose={onClose}
      // What it waits for may come, or go, while it is open.
      focusKey={String(choice !== undefined && choice.why === undefined)}
      title={`Retry run ${id}`}
      foot={
        <DialogFoot>
          <Button onClick={onClose} kbd="Esc">
            Cancel
          </Button>
          <Button
            tone="solid"
            onClick={submit}
            refused={!canStart || isSending}
            data-start={isTyped ? undefined : 'confirm'}
          >
            Retry in {environment}
          </Button>
        </DialogFoot>
      }
    >
      {choice === undefined || choice.why !== undefined ? (
        <p>{choice?.why ?? 'There is nothing to go on with'}.</p>
      ) : (
        <>
          <p>
            <code className="text-ink">{view.release}</code> with the env that it was planned with, in a new
            run. A changed env file needs a new plan.
          </p>
          <From
            steps={view.steps.filter((step) => !step.isRollback)}
            points={choice.points}
            again={again}
            onChoose={(step) => setPicked(step)}
          />
          {isTyped && (
            <Field
              label={
                <>
                  Type <code className="font-semibold text-ink">{environment}</code> to confirm
                </>
              }
            >
              {({ id: field, invalid, describedBy }) => (
                <TextInput
                  id={field}
                  invalid={invalid}
                  describedBy={describedBy}
                  mono
                  value={typed}
                  onChange={setTyped}
                  onEnter={submit}
                  data-start="confirm"
                />
              )}
            </Field>
          )}
        </>
      )}
      {trouble !== undefined && (
        <ErrorNotice
          className="px-0!"
          what={trouble.message}
          consequence={trouble.hint}
          code={trouble.code}
        />
      )}
    </SmallDialog>
  );
}

/** Where it begins: what is before it stays as it was proved. Without a choice it only says what is done again. */
function From(props: {
  readonly steps: readonly StepView[];
  readonly points: readonly RetryPoint[];
  readonly again: readonly string[];
  readonly onChoose: (step: string) => void;
}) {
  const { steps, points, again, onChoose } = props;
  const hasChoice = points.length > 1;
  return (
    <fieldset>
      <legend className="mb-1.5 text-ink-2">{hasChoice ? 'Begin with' : 'Steps'}</legend>
      {steps.map(({ id, title, detail }) => {
        const isAgain = again.includes(id);
        const row = cx(
          'grid min-h-7 grid-cols-[22px_minmax(0,1fr)_auto] items-center border-t border-line',
          isAgain ? 'text-ink' : 'text-ink-3',
        );
        const words = (
          <>
            <span className={cx('col-start-2 truncate', id === again[0] && 'font-medium')} title={detail}>
              {title}
            </span>
            <span className="pl-2 text-ink-3">{isAgain ? 'runs' : 'stands'}</span>
          </>
        );
        if (!hasChoice || !points.some(({ step }) => step === id)) {
          return (
            <div key={id} className={row}>
              {words}
            </div>
          );
        }
        return (
          <label key={id} className={cx(row, 'hover:bg-hover')}>
            <input
              type="radio"
              name="retry-from"
              className="m-0 justify-self-start accent-accent"
              checked={id === again[0]}
              onChange={() => onChoose(id)}
            />
            {words}
          </label>
        );
      })}
    </fieldset>
  );
}

/** A lost answer is asked for again under the same id, so that no second run begins. */
function useRetry(runId: RunId) {
  const client = useClient();
  const router = useRouter();
  const [isSending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>();
  const requestId = useRef<string>(undefined);
  const send = async (from: string | undefined, confirmation: string | undefined): Promise<void> => {
    setSending(true);
    setTrouble(undefined);
    requestId.current ??= newRequestId();
    try {
      const begun = await client.runs.retry({
        runId,
        requestId: requestId.current,
        ...(from === undefined ? {} : { from }),
        ...(confirmation === undefined ? {} : { confirmation }),
      });
      router.go({ view: { kind: 'run', runId: begun.runId } });
    } catch (error) {
      const refusal = toTrouble(error);
      if (refusal.code !== 'connection-lost') requestId.current = undefined;
      setTrouble(refusal);
    } finally {
      setSending(false);
    }
  };
  return { isSending, trouble, send };
}
