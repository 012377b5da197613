import type { ReactNode } from 'react';
import { useId } from 'react';
import type { Board, BoardEnvironment } from '#shared/domain/board.ts';
import type { EnvironmentName } from '#shared/domain/ids.ts';
import { useActions } from '../../stores/actions.tsx';
import type { Circumstances, Refusal } from '../../stores/refusals.ts';
import {
  refuseDeploy,
  refuseHold,
  refuseLift,
  refuseRollback,
  refuseSecondBuild,
} from '../../stores/refusals.ts';
import type { DialogRoute } from '../../stores/routes/route.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { Button } from '../../ui/button.tsx';
import { BackIcon, BuildIcon, HoldIcon, RefreshIcon } from '../../ui/icons.tsx';
import type { MenuItem } from '../../ui/menu.tsx';
import { MoreMenu } from '../../ui/menu.tsx';
import { type ActionId, actionOrder } from './action-order.ts';
import type { Standing } from './environment-standing.ts';
import type { Primary } from './gap-facts.ts';
import { useObserveAgain } from './use-observe-again.ts';

type Action = {
  readonly id: ActionId;
  readonly label: string;
  readonly icon?: typeof BackIcon;
  readonly solid?: boolean;
  readonly refusal: Refusal | undefined;
  readonly act: () => void;
};

export type EnvironmentActionsProps = {
  readonly board: Board;
  readonly environment: BoardEnvironment;
  readonly isFirst: boolean;
  readonly primary: Primary;
  readonly standing: Standing;
  readonly around: Circumstances;
};

/**
 * At most two buttons and, behind `…`, the rest: nothing is reachable only from the palette. A refused button takes
 * the room of both, because its reason stands beside it.
 */
export function EnvironmentActions(props: EnvironmentActionsProps): ReactNode {
  const { main, rest } = useEnvironmentActions(props);
  const roomy = main[0]?.refusal?.kind === 'here' ? 1 : 2;
  // Said once: a second button refused for a reason of its own goes behind the dots with it.
  const shown = main.slice(0, roomy).filter((action, at) => at === 0 || action.refusal?.kind !== 'here');
  const hidden = [...main.slice(shown.length), ...rest];
  const hiddenWhenNarrow = [...main.slice(1), ...rest];
  const more = `More actions for ${props.environment.name}`;
  return (
    <>
      {shown.map((action, at) => (
        <ActionButton key={action.id} action={action} isLesser={at > 0} />
      ))}
      {hidden.length > 0 && (
        <MoreMenu label={more} items={hidden.map(toMenuItem)} className="max-wide:hidden" />
      )}
      {hiddenWhenNarrow.length > 0 && (
        <MoreMenu label={more} items={hiddenWhenNarrow.map(toMenuItem)} className="wide:hidden" />
      )}
    </>
  );
}

/** A lesser action moves behind the dots in a narrow window. */
function ActionButton({ action, isLesser }: { readonly action: Action; readonly isLesser: boolean }) {
  const { refusal } = action;
  const ownReasonId = useId();
  const reasonId = refusal?.kind === 'above' ? refusal.noticeId : ownReasonId;
  return (
    <>
      <Button
        tone={action.solid ? 'solid' : 'plain'}
        icon={action.solid ? undefined : action.icon}
        iconWide
        onClick={action.act}
        {...(refusal === undefined ? {} : { reasonId })}
        {...(isLesser ? { className: 'max-wide:hidden' } : {})}
      >
        {action.label}
      </Button>
      {refusal?.kind === 'here' && (
        <span id={ownReasonId} className="truncate text-11 text-ink-3 max-wide:sr-only">
          {refusal.reason}
        </span>
      )}
    </>
  );
}

function toMenuItem(action: Action): MenuItem {
  return {
    kind: 'action',
    id: action.id,
    label: action.label,
    icon: action.icon,
    ...(action.refusal === undefined ? {} : { reason: action.refusal.reason }),
    onSelect: action.act,
  };
}

function useEnvironmentActions(props: EnvironmentActionsProps): {
  readonly main: readonly Action[];
  readonly rest: readonly Action[];
} {
  const { board, environment, isFirst, primary, standing, around } = props;
  const router = useRouter();
  const { build } = useActions();
  const observe = useObserveAgain();
  const open = (dialog: DialogRoute) => () => router.openDialog(dialog);
  const to: EnvironmentName = environment.name;

  const deploy: Action = {
    id: 'deploy',
    label: 'Deploy…',
    solid: isFirst && primary.kind === 'deploy',
    refusal: refuseDeploy(board, environment, around),
    act: open({ kind: 'plan', run: 'deploy', to }),
  };
  const buildAndDeploy: Action = {
    id: 'build-and-deploy',
    label: 'Build and deploy…',
    solid: primary.kind === 'build-and-deploy',
    refusal: refuseSecondBuild(around),
    act: () => void build({ deployTo: to }),
  };
  const rollBack: Action = {
    id: 'rollback',
    label: 'Roll back…',
    icon: BackIcon,
    refusal: refuseRollback(environment, around),
    act: open({ kind: 'plan', run: 'rollback', to }),
  };
  const hold: Action = {
    id: 'hold',
    label: 'Hold…',
    icon: HoldIcon,
    refusal: refuseHold(environment, around),
    act: open({ kind: 'hold', environment: to }),
  };
  const lift: Action = {
    id: 'lift',
    label: 'Lift hold…',
    refusal: refuseLift(environment, around),
    act: open({ kind: 'lift', environment: to }),
  };
  const observeAgain: Action = {
    id: 'observe',
    label: 'Observe again',
    icon: RefreshIcon,
    refusal: undefined,
    act: observe,
  };

  const buildAgain = useBuildAgain(environment, around);
  const order = actionOrder({
    environment,
    isFirst,
    standing: standing.kind,
    isAnythingBuilt: board.newestRelease !== undefined,
    canBuildAgain: buildAgain.length > 0,
  });
  const all = [deploy, buildAndDeploy, rollBack, ...buildAgain, hold, lift, observeAgain];
  const actionsOf = (ids: readonly ActionId[]) =>
    ids.flatMap((id) => all.find((action) => action.id === id) ?? []);
  return { main: actionsOf(order.main), rest: actionsOf(order.rest) };
}

/** The way back is gone, but its commit is not: built again it is a new release. */
function useBuildAgain(
  { rollbackTo }: BoardEnvironment,
  around: Circumstances,
): readonly [Action] | readonly [] {
  const { build } = useActions();
  const commit = rollbackTo?.commit;
  if (rollbackTo?.image !== 'gone' || commit === undefined) return [];
  return [
    {
      id: 'build-again',
      label: `Build ${rollbackTo.id} again from ${commit.sha.slice(0, 7)}`,
      icon: BuildIcon,
      refusal: refuseSecondBuild(around),
      act: () => void build({ commit: commit.sha }),
    },
  ];
}
