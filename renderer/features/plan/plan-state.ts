import { shallow } from 'zustand/shallow';
import type { Board } from '#shared/domain/board.ts';
import type { EnvironmentName } from '#shared/domain/ids.ts';
import type { Plan, PlanRequest } from '#shared/domain/plan.ts';
import { holdsAfterGoingBack, isWatch, verdictOf } from '#shared/domain/plan.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { Trouble } from '../../transport/trouble.ts';
import { clock, count } from '../../ui/format.ts';
import type { Status } from '../../ui/status-words.ts';

/** Where a plan dialog stands. A plan that was shown stays until the next one comes. */
export type PlanState =
  /** `hasWaited`: it was not asked for by hand, the environment became free. */
  | { readonly phase: 'planning'; readonly plan?: Plan; readonly hasWaited?: true }
  /** `refusal`: why the last start of this plan was not accepted. */
  | {
      readonly phase: 'planned';
      readonly plan: Plan;
      readonly refusal?: Trouble;
      readonly hasWaited?: true;
    }
  /** Another run has the environment. A plan made before its end says nothing: none is shown. `run`: it, once known. */
  | { readonly phase: 'waiting'; readonly run?: RunSummary; readonly plan?: undefined }
  | { readonly phase: 'not-planned'; readonly trouble: Trouble; readonly plan?: Plan }
  | { readonly phase: 'starting'; readonly plan: Plan }
  | { readonly phase: 'stale'; readonly plan: Plan };

export type PlanEvent =
  | { readonly kind: 'asked' }
  | { readonly kind: 'answered'; readonly plan: Plan }
  | { readonly kind: 'ask-failed'; readonly trouble: Trouble }
  | { readonly kind: 'start-asked' }
  | { readonly kind: 'start-failed'; readonly trouble: Trouble }
  /** A run has the environment: by the board, or by a look at the runs, which names it. */
  | { readonly kind: 'held'; readonly run?: RunSummary }
  /** No run has it any more. */
  | { readonly kind: 'freed' };

export function reducePlan(state: PlanState, event: PlanEvent): PlanState {
  const { plan } = state;
  switch (event.kind) {
    case 'asked':
      // The wait is for the environment, whatever is wanted there.
      if (state.phase === 'waiting') return state;
      return { phase: 'planning', ...(plan === undefined ? {} : { plan }) };
    case 'answered':
      return { phase: 'planned', plan: event.plan, ...waitedIn(state) };
    case 'ask-failed':
      return { phase: 'not-planned', trouble: event.trouble, ...(plan === undefined ? {} : { plan }) };
    case 'start-asked':
      return plan === undefined ? state : { phase: 'starting', plan };
    case 'start-failed':
      if (plan === undefined) return state;
      if (event.trouble.code === 'environment-busy') return { phase: 'waiting' };
      return event.trouble.code === 'plan-stale'
        ? { phase: 'stale', plan }
        : { phase: 'planned', plan, refusal: event.trouble };
    case 'held':
      return held(state, event.run);
    case 'freed':
      return state.phase === 'waiting' ? { phase: 'planning', hasWaited: true } : state;
  }
}

function held(state: PlanState, run: RunSummary | undefined): PlanState {
  switch (state.phase) {
    case 'waiting':
      return run === undefined || shallow(state.run, run) ? state : { phase: 'waiting', run };
    case 'planning':
    case 'planned':
    case 'stale':
      return { phase: 'waiting', ...(run === undefined ? {} : { run }) };
    // The run may be the very one that is being started; and what went wrong is to be read first.
    case 'starting':
    case 'not-planned':
      return state;
  }
}

function waitedIn(state: PlanState): { readonly hasWaited?: true } {
  return state.phase === 'planning' && state.hasWaited ? { hasWaited: true } : {};
}

/** What has happened around a plan since it was made, as far as this window knows. */
export type Around = {
  /** The name that confirms the plan is not typed yet. */
  readonly isUnconfirmed: boolean;
  /** The environment runs something else than the plan was made against. */
  readonly isOvertaken: boolean;
};

export function aroundPlan(plan: Plan | undefined, board: Board | undefined, confirmation: string): Around {
  const isUnconfirmed = plan?.confirm === 'typed' && confirmation !== plan.environment;
  const environment = board?.environments.find((each) => each.name === plan?.environment);
  if (plan === undefined || board === undefined || environment === undefined) {
    return { isUnconfirmed, isOvertaken: false };
  }
  return {
    isUnconfirmed,
    isOvertaken: board.at > plan.createdAt && environment.state?.release !== plan.previous?.id,
  };
}

/** The foot of the dialog: where it stands, in words, and which button is the way on. */
export type PlanFoot = {
  readonly state: Status;
  readonly word: string;
  readonly text?: string;
  readonly primary: 'start' | 'plan-again';
  /** Whether the primary button may be pressed at all; a typed confirmation comes on top. */
  readonly isOpen: boolean;
};

const verbs: Record<PlanRequest['kind'], string> = {
  deploy: 'deploy',
  promote: 'promote',
  rollback: 'roll back',
};

export function footOf(state: PlanState, kind: PlanRequest['kind'], around: Around): PlanFoot {
  switch (state.phase) {
    case 'planning':
      return {
        state: 'planning',
        word: 'Planning',
        text: 'Observing the target and comparing',
        primary: 'start',
        isOpen: false,
      };
    case 'waiting':
      return {
        state: 'leased',
        word: 'Waiting',
        text: state.run === undefined ? 'for another run' : `for the end of run ${state.run.id}`,
        primary: 'start',
        isOpen: false,
      };
    case 'not-planned':
      return { state: 'closed', word: 'No plan', primary: 'plan-again', isOpen: true };
    case 'starting':
      return { state: 'running', word: 'Starting', text: 'Observing again', primary: 'start', isOpen: false };
    case 'stale':
      return stale(state.plan);
    case 'planned':
      return around.isOvertaken ? stale(state.plan) : footOfPlan(state.plan, kind, around, state.refusal);
  }
}

function stale(plan: Plan): PlanFoot {
  return {
    state: 'note',
    word: 'Plan is stale',
    text: `${plan.environment} changed after ${clock(plan.createdAt)}. Nothing was started.`,
    primary: 'plan-again',
    isOpen: true,
  };
}

function footOfPlan(
  plan: Plan,
  kind: PlanRequest['kind'],
  { isUnconfirmed }: Around,
  refusal: Trouble | undefined,
): PlanFoot {
  const missing = isUnconfirmed ? { text: `Type ${plan.environment} to confirm` } : {};
  if (refusal !== undefined) {
    return { state: 'closed', word: 'Not started', ...missing, primary: 'start', isOpen: true };
  }
  if (verdictOf(plan).kind !== 'ready') {
    return {
      state: 'blocks',
      word: `Cannot ${verbs[kind]} yet`,
      text: whyNot(plan),
      primary: 'start',
      isOpen: false,
    };
  }
  const gates =
    plan.gates.length === 0 ? '' : `${plan.gates.length} of ${count(plan.gates.length, 'gate')} open, `;
  const text = `${gates}nothing blocks`;
  return { state: 'open', word: 'Ready', text, ...missing, primary: 'start', isOpen: true };
}

/** "1 key is missing and 1 gate is closed." */
export function whyNot(plan: Pick<Plan, 'warnings' | 'gates'>): string {
  const blocks = plan.warnings.filter((warning) => warning.level === 'block');
  const keys = blocks.filter((warning) => warning.about === 'env').length;
  const closed = plan.gates.filter((gate) => gate.state !== 'open').length;
  const parts = [
    ...(keys > 0 ? [`${count(keys, 'key')} ${keys === 1 ? 'is' : 'are'} missing`] : []),
    ...blocks.filter((warning) => warning.about !== 'env').map((warning) => warning.what),
    ...(closed > 0 ? [`${count(closed, 'gate')} ${closed === 1 ? 'is' : 'are'} closed`] : []),
  ];
  return `${parts.slice(0, -1).join(', ')}${parts.length > 1 ? ' and ' : ''}${parts.at(-1) ?? 'something blocks'}.`;
}

/** "Promote to prod", "Deploy to dev", "Roll back prod": what the dialog is about. */
export function planTitle(kind: PlanRequest['kind'], to: EnvironmentName): string {
  switch (kind) {
    case 'deploy':
      return `Deploy to ${to}`;
    case 'promote':
      return `Promote to ${to}`;
    case 'rollback':
      return `Roll back ${to}`;
  }
}

/** The primary button's words: what exactly a press does. */
export function startLabel(
  kind: PlanRequest['kind'],
  to: EnvironmentName,
  release: string | undefined,
): string {
  const what = release ?? '';
  switch (kind) {
    case 'deploy':
      return `Deploy ${what} to ${to}`.replace('  ', ' ');
    case 'promote':
      return `Promote ${what} to ${to}`.replace('  ', ' ');
    case 'rollback':
      return release === undefined ? `Roll back ${to}` : `Roll back ${to} to ${what}`;
  }
}

/** What becomes of the environment when a step fails. */
export function onFailureSentence(plan: Plan): string {
  const { environment, previous, onFailure } = plan;
  if (onFailure === 'stay') return `If a step fails, ${environment} stays as that step left it.`;
  if (previous === undefined) {
    return `If a step fails, ${environment} stays as that step left it: nothing ran there before.`;
  }
  const isWatched = plan.steps.some(isWatch);
  const held = 'and is held until you lift it';
  if (holdsAfterGoingBack(plan, false)) {
    const when = isWatched ? 'a step fails or health is lost while it is watched' : 'a step fails';
    return `If ${when}, ${environment} rolls back to ${previous.id} ${held}.`;
  }
  const back = `If a step fails, ${environment} rolls back to ${previous.id}`;
  return isWatched ? `${back}; if health is lost while it is watched, it does so ${held}.` : `${back}.`;
}
