import type { ReactNode } from 'react';
import type { Gate, Plan, Warning } from '#shared/domain/plan.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { Aside, Bottom, DecisionItem, PlanSteps } from '../../ui/decision.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { elapsed } from '../../ui/format.ts';
import { BackIcon, HoldIcon, StopIcon } from '../../ui/icons.tsx';
import { PaneHead } from '../../ui/sheet.tsx';
import { Value } from '../../ui/value.tsx';
import { onFailureSentence } from './plan-state.ts';

export type Typed = { readonly value: string; readonly set: (value: string) => void };

/** The pane in which a person decides: what speaks against it, what will happen, and the confirmation. */
export function PlanDecision(props: {
  readonly plan: Plan;
  readonly confirmation: Typed;
  readonly note: Typed;
  /** Id of the sentence that says what to type. */
  readonly confirmId: string;
  readonly onEnter: () => void;
}) {
  const { plan, confirmation, note, confirmId, onEnter } = props;
  const open = plan.gates.filter((gate) => gate.state === 'open').length;
  const isRollback = plan.request.kind === 'rollback';
  return (
    <>
      {plan.warnings.length > 0 && (
        <>
          <PaneHead title="Warnings" count={plan.warnings.length} />
          <ul>
            {plan.warnings.map((warning) => (
              <WarningItem key={`${warning.about} ${warning.what}`} warning={warning} />
            ))}
          </ul>
        </>
      )}
      {plan.gates.length > 0 && (
        <>
          <PaneHead title="Gates" count={`${open} of ${plan.gates.length} open`} />
          <ul>
            {plan.gates.map((gate) => (
              <GateItem key={gate.id} gate={gate} plan={plan} />
            ))}
          </ul>
        </>
      )}
      <PaneHead
        title="Steps"
        count={plan.steps.length}
        end={plan.lastDurationMs === undefined ? undefined : `last time ${elapsed(plan.lastDurationMs)}`}
      />
      <PlanSteps
        steps={plan.steps.map(({ id, title, detail }) => ({
          id,
          title: <span title={detail}>{title}</span>,
        }))}
      />
      <Aside icon={plan.onFailure === 'stay' ? StopIcon : BackIcon}>{onFailureSentence(plan)}</Aside>
      {isRollback && (
        <Aside icon={HoldIcon}>
          {plan.environment} is on hold afterwards, until the hold is lifted. Databases do not go back.
        </Aside>
      )}
      <Bottom>
        {isRollback && (
          <Field
            label="Why, for whoever reads the history"
            className={plan.confirm === 'typed' ? 'mb-3' : ''}
          >
            {(tie) => (
              <TextInput
                {...tie}
                value={note.value}
                onChange={note.set}
                placeholder="optional"
                {...(plan.confirm === 'typed' ? {} : { onEnter })}
              />
            )}
          </Field>
        )}
        {plan.confirm === 'typed' && (
          <Field
            label={
              <span id={confirmId}>
                Type <code className="font-semibold text-ink">{plan.environment}</code> to confirm
              </span>
            }
          >
            {(tie) => (
              <TextInput
                {...tie}
                mono
                value={confirmation.value}
                onChange={confirmation.set}
                onEnter={onEnter}
                data-start="confirm"
              />
            )}
          </Field>
        )}
      </Bottom>
    </>
  );
}

function WarningItem({ warning }: { readonly warning: Warning }) {
  const isDrift = warning.level === 'note' && warning.about === 'target';
  const isKey = warning.about === 'env';
  return (
    <DecisionItem
      state={warning.level === 'block' ? 'blocks' : isDrift ? 'drift' : 'note'}
      {...(isDrift ? { word: 'Note' } : {})}
      title={isKey ? <WithKey text={warning.what} /> : warning.what}
      detail={warning.detail}
    />
  );
}

/** The key that a sentence about the env starts with, as keys are written everywhere. */
function WithKey({ text }: { readonly text: string }) {
  const [, key, rest] = /^([A-Za-z_][A-Za-z0-9_]*)( .*)$/.exec(text) ?? [];
  if (key === undefined) return text;
  return (
    <>
      <code className="break-all whitespace-normal">{key}</code>
      {rest}
    </>
  );
}

function GateItem({ gate, plan }: { readonly gate: Gate; readonly plan: Plan }) {
  return (
    <DecisionItem
      state={gate.state}
      title={gate.title}
      detail={
        <>
          {gate.detail} {gate.state !== 'open' && <WayOn gate={gate} plan={plan} />}
        </>
      }
    />
  );
}

/** What opens a closed gate, where something in Gantry does. */
function WayOn({ gate, plan }: { readonly gate: Gate; readonly plan: Plan }): ReactNode {
  const router = useRouter();
  if (gate.id !== 'hold') return null;
  return (
    <Value
      data-start="blocker"
      className="text-ink"
      onClick={() => router.openDialog({ kind: 'lift', environment: plan.environment })}
    >
      Lift hold…
    </Value>
  );
}
