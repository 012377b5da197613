import type { EnvironmentName } from '#shared/domain/ids.ts';
import type { Actions } from '../../stores/actions.tsx';
import { useActions } from '../../stores/actions.tsx';
import type { BuildQueue } from '../../stores/build-queue.ts';
import { useBuildQueue } from '../../stores/build-queue.ts';
import type { Refusal } from '../../stores/refusals.ts';
import { refuseBuild } from '../../stores/refusals.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard } from '../../stores/stores.tsx';
import { useCircumstances } from '../../stores/use-circumstances.ts';
import { Button, ButtonLink, SplitButton } from '../../ui/button.tsx';
import { BuildIcon, CancelIcon, RunIcon, WaitIcon } from '../../ui/icons.tsx';
import type { MenuItem } from '../../ui/menu.tsx';
import { CaretMenu } from '../../ui/menu.tsx';
import { Elapsed } from '../../ui/time.tsx';

/** Build, with its variants behind the caret; while one runs, the way to it, and what another would do. */
export function BuildButton() {
  const actions = useActions();
  const queue = useBuildQueue();
  const refusal = refuseBuild(useCircumstances());
  const first = useBoard((state) => state.board?.environments[0]?.name);
  const isBusy = queue.building !== undefined || queue.waiting.length > 0;
  return (
    <SplitButton label="Build">
      {isBusy ? (
        <Busy queue={queue} />
      ) : (
        <Button
          icon={BuildIcon}
          onClick={() => void actions.build()}
          // The title bar has no room for a sentence; the notice above the view says why.
          {...refusedBy(refusal)}
        >
          Build
        </Button>
      )}
      <CaretMenu
        label="Build options"
        items={isBusy ? busyItems(queue, actions, refusal, first) : idleItems(actions, refusal, first)}
      />
    </SplitButton>
  );
}

function refusedBy(refusal: Refusal | undefined): { refused?: boolean; reasonId?: string } {
  if (refusal === undefined) return {};
  return refusal.kind === 'above' ? { reasonId: refusal.noticeId } : { refused: true };
}

function Busy({ queue: { building, waiting } }: { readonly queue: BuildQueue }) {
  const router = useRouter();
  const shown = building ?? waiting[0];
  if (shown === undefined) return null;
  return (
    <ButtonLink href={router.href({ kind: 'run', runId: shown.id })}>
      {building === undefined ? (
        <WaitIcon size={14} aria-hidden="true" className="flex-none" />
      ) : (
        <RunIcon size={14} aria-hidden="true" className="flex-none animate-turn text-accent" />
      )}
      {building === undefined ? 'Queued' : 'Building'}
      <Elapsed from={shown.startedAt} className="text-ink-3" />
      {building !== undefined && waiting.length > 0 && (
        <span className="font-normal text-ink-3 max-wide:sr-only">{waiting.length} queued</span>
      )}
    </ButtonLink>
  );
}

type First = EnvironmentName | undefined;

function idleItems(actions: Actions, refusal: Refusal | undefined, first: First): readonly MenuItem[] {
  const reason = refusal?.reason;
  return [
    {
      kind: 'action',
      id: 'no-cache',
      label: 'Build without cache',
      reason,
      onSelect: () => void actions.build({ noCache: true }),
    },
    ...andDeploy(actions, refusal, first, (name) => `Build and deploy to ${name}…`),
  ];
}

function busyItems(
  { building, waiting }: BuildQueue,
  actions: Actions,
  refusal: Refusal | undefined,
  first: First,
): readonly MenuItem[] {
  const reason = refusal?.reason;
  return [
    {
      kind: 'action',
      id: 'queue',
      label: 'Queue another',
      icon: WaitIcon,
      reason,
      onSelect: () => void actions.build({ whenBusy: 'queue' }),
    },
    {
      kind: 'action',
      id: 'queue-no-cache',
      label: 'Queue another without cache',
      icon: WaitIcon,
      reason,
      onSelect: () => void actions.build({ whenBusy: 'queue', noCache: true }),
    },
    ...andDeploy(actions, refusal, first, (name) => `Queue another and deploy to ${name}…`, WaitIcon),
    {
      kind: 'action',
      id: 'replace',
      label: waiting.length === 0 ? 'Replace it' : 'Replace all',
      icon: BuildIcon,
      reason,
      onSelect: () => void actions.build({ whenBusy: 'replace' }),
    },
    { kind: 'separator', id: 'cancels' },
    ...[...(building === undefined ? [] : [building]), ...waiting].map(
      (run): MenuItem => ({
        kind: 'action',
        id: `cancel-${run.id}`,
        label: `Cancel run ${run.id}${run === building ? '' : ', queued'}`,
        icon: CancelIcon,
        reason: run.isCancelRequested ? 'being cancelled' : undefined,
        onSelect: () => void actions.cancelRun(run.id),
      }),
    ),
  ];
}

function andDeploy(
  actions: Actions,
  refusal: Refusal | undefined,
  first: First,
  label: (name: EnvironmentName) => string,
  icon?: typeof WaitIcon,
): readonly MenuItem[] {
  if (first === undefined) return [];
  return [
    {
      kind: 'action',
      id: 'build-and-deploy',
      label: label(first),
      icon,
      reason: refusal?.reason,
      onSelect: () => void actions.build({ deployTo: first }),
    },
  ];
}
