import type { ReactNode } from 'react';
import { useEffect, useId } from 'react';
import { problemsToList } from '#shared/domain/errors.ts';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import type { Plan } from '#shared/domain/plan.ts';
import type { PlanDialogRoute } from '../../stores/routes/route.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard, useConnection, useDraft, useWorkspace } from '../../stores/stores.tsx';
import type { Trouble } from '../../transport/trouble.ts';
import { Bones } from '../../ui/bones.tsx';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { DialogFoot, DialogFrame } from '../../ui/dialog-frame.tsx';
import { clock } from '../../ui/format.ts';
import { ArrowIcon, LockIcon } from '../../ui/icons.tsx';
import { ReleaseId } from '../../ui/identity.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { PaneHead } from '../../ui/sheet.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { PlanDecision } from './plan-decision.tsx';
import { PlanQuadrants, QuadrantBones } from './plan-quadrants.tsx';
import type { PlanState } from './plan-state.ts';
import { aroundPlan, footOf, planTitle, startLabel } from './plan-state.ts';
import { AfterWaiting, PlanWaiting, Wished } from './plan-waiting.tsx';
import { ReleaseChooser } from './release-chooser.tsx';
import { usePlan } from './use-plan.ts';

type Props = { readonly plan: PlanDialogRoute; readonly onClose: () => void };

/** What a deploy, a promotion or a rollback would do, before anything is touched; then exactly that is started. */
export function PlanDialog({ plan: route, onClose }: Props) {
  const workspaceId = useWorkspace((state) => state.current?.id);
  if (workspaceId === undefined) return null;
  return (
    <Dialog
      key={`${workspaceId} ${route.run} ${route.to}`}
      route={route}
      workspaceId={workspaceId}
      onClose={onClose}
    />
  );
}

function Dialog(props: {
  readonly route: PlanDialogRoute;
  readonly workspaceId: WorkspaceId;
  readonly onClose: () => void;
}) {
  const { route, workspaceId, onClose } = props;
  const router = useRouter();
  const board = useBoard((state) => state.board);
  const isConnected = useConnection((state) => state.state.kind === 'connected');
  const { state, planAgain, start } = usePlan(route, workspaceId);
  const { plan } = state;
  const [confirmation, setConfirmation] = useDraft(`confirm:${plan?.hash ?? ''}`);
  const [note, setNote] = useDraft(`note:${route.to}`);
  const confirmId = useId();
  const isUnasked = cameUnasked(state);
  // A name typed before the wait confirms nothing after it, though the plan may come out the same.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each plan that comes so
  useEffect(() => {
    if (isUnasked) setConfirmation('');
  }, [isUnasked, plan?.hash]);
  const around = aroundPlan(plan, board, confirmation);
  const foot = footOf(state, route.run, around);
  const canStart = foot.primary === 'start' && foot.isOpen && !around.isUnconfirmed && isConnected;

  const submit = async (): Promise<void> => {
    if (!canStart) return;
    const runId = await start({ confirmation, note: route.run === 'rollback' ? note.trim() : '' });
    if (runId === undefined) return;
    setConfirmation('');
    setNote('');
    router.go({ view: { kind: 'run', runId } });
  };

  return (
    <DialogFrame
      open
      onClose={onClose}
      focusKey={`${state.phase} ${plan?.hash ?? ''}`}
      title={planTitle(route.run, route.to)}
      subtitle={
        state.phase === 'waiting' ? (
          <Wished route={route} />
        ) : plan === undefined ? undefined : (
          <Subtitle plan={plan} route={route}>
            <ReleaseChooser
              route={route}
              workspaceId={workspaceId}
              chosen={plan.release}
              onChoose={(release) => router.openDialog({ ...route, release })}
            />
          </Subtitle>
        )
      }
      aside={plan === undefined ? undefined : <Frozen plan={plan} />}
      decision={
        plan === undefined ? (
          noDecision(state, route)
        ) : (
          <PlanDecision
            plan={plan}
            confirmation={{ value: confirmation, set: setConfirmation }}
            note={{ value: note, set: setNote }}
            confirmId={confirmId}
            onEnter={submit}
          />
        )
      }
      foot={
        <>
          <FootTrouble state={state} />
          <DialogFoot
            state={<StatusWord state={foot.state}>{foot.word}</StatusWord>}
            text={isConnected ? foot.text : 'Gantry is not answering.'}
            reference={
              plan && (
                <>
                  Plan <code>{plan.hash.slice(0, 8)}</code>
                </>
              )
            }
          >
            {foot.primary === 'start' && state.phase !== 'waiting' && (
              <Button
                onClick={planAgain}
                refused={state.phase !== 'planned'}
                className={foot.state === 'blocks' ? '' : 'max-wide:hidden'}
                data-start={foot.state === 'blocks' ? 'blocker' : undefined}
              >
                Plan again
              </Button>
            )}
            <Button kbd="Esc" onClick={onClose}>
              Cancel
            </Button>
            {foot.primary === 'plan-again' ? (
              // Two buttons and not one with two meanings: a second press of this one must not start what it brought.
              <Button key="again" tone="solid" onClick={planAgain} data-start="blocker">
                Plan again
              </Button>
            ) : (
              <Button
                key="start"
                tone="solid"
                onClick={submit}
                refused={!canStart}
                {...(foot.isOpen && around.isUnconfirmed ? { reasonId: confirmId } : {})}
                data-start={plan?.confirm === 'click' && !isUnasked ? 'confirm' : undefined}
              >
                {startLabel(route.run, route.to, plan?.release.id)}
              </Button>
            )}
          </DialogFoot>
        </>
      }
    >
      <Body state={state} route={route} />
    </DialogFrame>
  );
}

function Body({ state, route }: { readonly state: PlanState; readonly route: PlanDialogRoute }) {
  if (state.plan !== undefined) return <Quadrants plan={state.plan} />;
  if (state.phase === 'waiting') return <PlanWaiting route={route} run={state.run} />;
  if (state.phase !== 'not-planned') return <QuadrantBones />;
  return <TroubleNotice trouble={state.trouble} className="col-span-2 min-h-24 content-start" />;
}

function Quadrants({ plan }: { readonly plan: Plan }) {
  const environment = useBoard((state) =>
    state.board?.environments.find((each) => each.name === plan.environment),
  );
  return <PlanQuadrants plan={plan} environment={environment} />;
}

/** From which release to which; for a first deploy there is only one. */
function Subtitle(props: {
  readonly plan: Plan;
  readonly route: PlanDialogRoute;
  readonly children: ReactNode;
}) {
  const { plan, route, children } = props;
  return (
    <>
      {plan.previous === undefined ? (
        <span className="truncate text-ink-3" title={plan.foreign}>
          {plan.foreign ?? 'nothing there yet'}
        </span>
      ) : (
        <ReleaseId id={plan.previous.id} version={plan.previous.version} />
      )}
      <ArrowIcon size={12} aria-label="to" className="text-ink-3" />
      {children}
      {route.run === 'promote' && (
        <span className="text-ink-3 max-wide:hidden">from {route.from}, same bytes</span>
      )}
    </>
  );
}

function Frozen({ plan }: { readonly plan: Plan }) {
  const { imageId } = plan.release;
  const from = useBoard((state) => state.board?.environments.find((each) => each.name === plan.request.from));
  const next = from?.currentRun?.release ?? from?.state?.release;
  return (
    <>
      <p className="flex h-6 items-center justify-end gap-2">
        <StatusWord state="leased" icon={LockIcon}>
          Digest frozen<span className="max-wide:hidden"> at {clock(plan.createdAt)}</span>
        </StatusWord>
        {plan.release.cell !== undefined && (
          <code className="truncate text-ink-3" title={plan.release.cell}>
            {plan.release.cell}
          </code>
        )}
        <code title={imageId}>
          {imageId.slice(0, 19)}
          <span className="max-wide:hidden">{imageId.slice(19, 27)}</span>…{imageId.slice(-4)}
        </code>
        <CopyButton value={imageId} what="digest" size="small" />
      </p>
      {next !== undefined && next !== plan.release.id && plan.request.kind === 'promote' && (
        <p className="truncate text-11/5 text-ink-3 max-wide:hidden">
          {from?.name} {from?.currentRun?.release === next ? 'is moving on to' : 'has moved on to'} {next}.
          This plan stays on {plan.release.id}.
        </p>
      )}
    </>
  );
}

/** After a wait nobody knows when a plan will come: a key pressed just then must not find the way to start it. */
function cameUnasked(state: PlanState): boolean {
  return state.phase === 'planned' && state.hasWaited === true;
}

/** Nothing to decide where there is no plan to come. */
function noDecision(state: PlanState, route: PlanDialogRoute): ReactNode {
  if (state.phase === 'waiting') return <AfterWaiting route={route} />;
  if (state.phase !== 'planning') return undefined;
  return (
    <>
      <PaneHead title="Gates" />
      <Bones label="Planning: gates" lines={['72%', '64%', '80%']} />
      <PaneHead title="Steps" />
      <Bones label="Planning: steps" lines={['58%', '66%', '74%', '52%']} />
    </>
  );
}

/** Why there is no newer plan, or why this one was not started, with what to do next. */
function FootTrouble({ state }: { readonly state: PlanState }) {
  const trouble = troubleOf(state);
  if (trouble === undefined || state.plan === undefined) return null;
  return (
    <TroubleNotice trouble={trouble} className="max-h-48 flex-none overflow-auto border-t border-line" />
  );
}

function TroubleNotice({ trouble, className }: { readonly trouble: Trouble; readonly className: string }) {
  return (
    <ErrorNotice
      className={`px-5 max-wide:px-4 ${className}`}
      what={trouble.message}
      consequence={
        <>
          {trouble.hint}
          {problemsToList(trouble).map((problem) => (
            <span key={`${problem.file} ${problem.line} ${problem.what}`} className="block">
              <code>
                {problem.file}
                {problem.line === undefined ? '' : `:${problem.line}`}
                {problem.column === undefined ? '' : `:${problem.column}`}
              </code>{' '}
              {problem.what} {problem.hint}
            </span>
          ))}
        </>
      }
      code={trouble.code}
    />
  );
}

function troubleOf(state: PlanState): Trouble | undefined {
  switch (state.phase) {
    case 'not-planned':
      return state.trouble;
    case 'planned':
      return state.refusal;
    case 'planning':
    case 'waiting':
    case 'starting':
    case 'stale':
      return undefined;
  }
}
