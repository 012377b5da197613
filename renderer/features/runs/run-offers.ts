import { afterFailureIn, choicesAfter, type FailureChoice } from '#shared/domain/after-failure.ts';
import type { Board, BoardEnvironment } from '#shared/domain/board.ts';
import { assertNever } from '#shared/domain/errors.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import type { Circumstances, Refusal } from '../../stores/refusals.ts';
import {
  refuseAnyRun,
  refuseBuild,
  refuseDeploy,
  refusePromotion,
  refuseRollback,
} from '../../stores/refusals.ts';
import type { DialogRoute, View } from '../../stores/routes/route.ts';

/** One thing that can be done after a run. At most one is `solid`. */
export type Offer = {
  readonly id:
    | 'deploy'
    | 'promote'
    | 'retry'
    | 'roll-back'
    | 'leave'
    | 'again'
    | 'compare'
    | 'build'
    | 'releases';
  readonly label: string;
  /** What the label leaves out. */
  readonly title?: string;
  /** What comes of it, in a few words; only of what a failed step leads to. */
  readonly detail?: string;
  readonly isSolid?: boolean;
  readonly reason?: string;
  readonly does:
    | { readonly kind: 'dialog'; readonly dialog: DialogRoute }
    | { readonly kind: 'view'; readonly view: View; readonly query?: Readonly<Record<string, string>> }
    | { readonly kind: 'give-up'; readonly runId: RunId }
    | { readonly kind: 'build' };
};

type Ended = Pick<
  RunSummary,
  'kind' | 'environment' | 'release' | 'previousRelease' | 'state' | 'id' | 'retryOf' | 'givenUp'
> &
  Partial<Pick<RunView, 'steps' | 'leaves' | 'keeps'>>;

/** What a run that has ended leads to; nothing while it runs. */
export function offersAfter(run: Ended, board: Board | undefined, around: Circumstances): readonly Offer[] {
  if (run.state === 'running') return [];
  const now = board && withoutLease(board, run);
  switch (run.kind) {
    case 'build':
      return afterBuild(run, now, around);
    case 'adopt':
      return run.state === 'succeeded' ? [inReleases(run), ...afterBuild(run, now, around)] : [];
    case 'push':
    case 'tag':
    case 'prune':
      return [inReleases(run)];
    case 'deploy':
    case 'promote':
    case 'rollback':
      return afterDeploy(run, now, around);
  }
}

/** The step that went wrong, and what can be done about it: stands in place, under the step. */
export type GuidedFailure = { readonly step: string; readonly choices: readonly Offer[] };

export function guidedFailure(
  run: RunView,
  board: Board | undefined,
  around: Circumstances,
): GuidedFailure | undefined {
  const step = run.steps.find((each) => !each.isRollback && isBroken(each));
  const environment =
    board && withoutLease(board, run).environments.find(({ name }) => name === run.environment);
  if (run.state === 'running' || step === undefined || environment === undefined) return undefined;
  const choices = choicesAfter(run, afterFailureIn(environment));
  if (choices.length === 0) return undefined;
  const offers = choices.map((choice): Offer => {
    switch (choice.kind) {
      case 'retry':
        return inPlace(retry(run, choice, around), {
          label:
            choice.from.step === step.id ? 'Retry from this step…' : `Retry from “${choice.from.title}”…`,
          detail: `Same release and env, ${standing(run, choice.from.step)}`,
        });
      case 'roll-back':
        return inPlace(goBack(environment, choice, around), {
          label: `Roll back ${environment.name}…`,
          detail: `${choice.release} and its env come back`,
        });
      case 'leave':
        return {
          id: 'leave',
          label: 'Give up',
          detail: `The run stays ${run.state}, ${environment.name} as it is`,
          does: { kind: 'give-up', runId: run.id },
        };
      default:
        return assertNever(choice);
    }
  });
  return { step: step.id, choices: offers };
}

function isBroken({ state }: RunView['steps'][number]): boolean {
  return state === 'failed' || state === 'errored';
}

function inPlace(offer: Offer, words: { readonly label: string; readonly detail: string }): Offer {
  return { ...offer, ...words, isSolid: false };
}

/** "steps 1 to 4 stand": what is before it is not done again. */
function standing({ steps }: RunView, from: string): string {
  const before = steps.filter((step) => !step.isRollback).findIndex(({ id }) => id === from);
  if (before <= 0) return 'from the first step on';
  return before === 1 ? 'step 1 stands' : `steps 1 to ${before} stand`;
}

/** Where what the run did to images can be seen. */
function inReleases({ release }: Ended): Offer {
  return {
    id: 'releases',
    label: release === undefined ? 'Releases' : 'Show release',
    does: {
      kind: 'view',
      view: { kind: 'releases' },
      ...(release === undefined ? {} : { query: { release } }),
    },
  };
}

/** The board lags a moment behind the run that was just seen to end: its own lease is no reason any more. */
export function withoutLease(board: Board, run: Pick<Ended, 'id'>): Board {
  return {
    ...board,
    environments: board.environments.map(({ lease, currentRun, ...rest }) => ({
      ...rest,
      ...(lease === undefined || lease.runId === run.id ? {} : { lease }),
      ...(currentRun === undefined || currentRun.id === run.id ? {} : { currentRun }),
    })),
  };
}

function afterBuild(run: Ended, board: Board | undefined, around: Circumstances): readonly Offer[] {
  const [first] = board?.environments ?? [];
  if (run.release === undefined || run.state !== 'succeeded') {
    return [{ id: 'build', label: 'Build again', ...because(refuseBuild(around)), does: { kind: 'build' } }];
  }
  if (board === undefined || first === undefined) return [];
  const isThere = first.state?.release === run.release;
  const deploy: Offer = {
    id: 'deploy',
    label: `Deploy to ${first.name}…`,
    isSolid: !isThere,
    ...because(refuseDeploy(board, first, around)),
    does: { kind: 'dialog', dialog: { kind: 'plan', run: 'deploy', to: first.name, release: run.release } },
  };
  const compare: Offer = {
    id: 'compare',
    label: `Compare with ${first.name}`,
    does: { kind: 'view', view: { kind: 'compare', left: first.name, right: run.release } },
  };
  return isThere ? [] : [...(first.state === undefined ? [] : [compare]), deploy];
}

function afterDeploy(run: Ended, board: Board | undefined, around: Circumstances): readonly Offer[] {
  const { environment: name, release, previousRelease } = run;
  const environment = board?.environments.find((each) => each.name === name);
  if (name === undefined || release === undefined) return [];
  const choices =
    environment === undefined ? [] : choicesAfter({ steps: [], ...run }, afterFailureIn(environment));
  const back = choices.find((choice) => choice.kind === 'roll-back');
  return [
    ...(previousRelease === undefined || previousRelease === release
      ? []
      : [
          {
            id: 'compare',
            label: 'Compare',
            title: `Compare with ${previousRelease}`,
            does: { kind: 'view', view: { kind: 'compare', left: previousRelease, right: release } },
          } as const,
        ]),
    ...(board === undefined || environment === undefined
      ? []
      : [
          {
            id: 'again',
            label: 'Deploy again…',
            ...because(refuseDeploy(board, environment, around)),
            does: { kind: 'dialog', dialog: { kind: 'plan', run: 'deploy', to: name, release } },
          } as const,
        ]),
    ...(environment === undefined || back === undefined ? [] : [goBack(environment, back, around)]),
    ...(environment?.rollbackTo === undefined || back !== undefined || run.givenUp !== undefined
      ? []
      : [
          {
            id: 'roll-back',
            label: 'Roll back…',
            ...because(refuseRollback(environment, around)),
            does: { kind: 'dialog', dialog: { kind: 'plan', run: 'rollback', to: name } },
          } as const,
        ]),
    ...choices.flatMap((choice) => (choice.kind === 'retry' ? [retry(run, choice, around)] : [])),
    ...(board === undefined || run.state !== 'succeeded' ? [] : onwards(run, board, around)),
  ];
}

/** After a failure: what ran before it, and not what a plain rollback would go to. */
function goBack(
  environment: BoardEnvironment,
  { release, why }: Extract<FailureChoice, { kind: 'roll-back' }>,
  around: Circumstances,
): Offer {
  const refusal = refuseAnyRun(around)?.reason ?? why;
  return {
    id: 'roll-back',
    label: 'Roll back…',
    title: `Back to ${release}, image and env together`,
    ...(refusal === undefined ? {} : { reason: refusal }),
    does: { kind: 'dialog', dialog: { kind: 'plan', run: 'rollback', to: environment.name, release } },
  };
}

function retry(
  { id }: Ended,
  { from, why }: Extract<FailureChoice, { kind: 'retry' }>,
  around: Circumstances,
): Offer {
  const refusal = refuseAnyRun(around)?.reason ?? why;
  return {
    id: 'retry',
    label: 'Retry…',
    title: `Goes on from “${from.title}” with the same release and env`,
    isSolid: refusal === undefined,
    ...(refusal === undefined ? {} : { reason: refusal }),
    does: { kind: 'dialog', dialog: { kind: 'retry', runId: id } },
  };
}

/** The next environment, while this one still runs what the run brought. */
function onwards(run: Ended, board: Board, around: Circumstances): readonly Offer[] {
  const from = board.environments.find((each) => each.name === run.environment);
  const gap = board.gaps.find((each) => each.left === run.environment);
  const right = board.environments.find((each) => each.name === gap?.right);
  if (run.kind === 'rollback' || gap === undefined || right === undefined) return [];
  if (from?.state?.release !== run.release || gap.relation !== 'ahead') return [];
  return [
    {
      id: 'promote',
      label: `Promote to ${right.name}…`,
      isSolid: true,
      ...because(refusePromotion(gap, right, around)),
      does: { kind: 'dialog', dialog: { kind: 'plan', run: 'promote', from: gap.left, to: gap.right } },
    },
  ];
}

function because(refusal: Refusal | undefined): { reason?: string } {
  return refusal === undefined ? {} : { reason: refusal.reason };
}
