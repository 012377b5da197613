import { useId } from 'react';
import type { BoardEnvironment } from '#shared/domain/board.ts';
import type { WatchState } from '#shared/domain/watch.ts';
import { useActions } from '../../stores/actions.tsx';
import { refuseBuild } from '../../stores/refusals.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard, useWatch } from '../../stores/stores.tsx';
import { useCircumstances } from '../../stores/use-circumstances.ts';
import type { Watching } from '../../stores/watch-words.ts';
import { watchSentence, watchStanding } from '../../stores/watch-words.ts';
import { Button, SplitButton } from '../../ui/button.tsx';
import { RunIcon, SwitchOffIcon, SwitchOnIcon, WarnIcon } from '../../ui/icons.tsx';
import type { MenuItem } from '../../ui/menu.tsx';
import { CaretMenu } from '../../ui/menu.tsx';

const off: WatchState = { kind: 'off' };
const none: readonly BoardEnvironment[] = [];

/** On: every change is built, tested and deployed. What the loop says in words stands in the status bar. */
export function WatchSwitch() {
  const watch = useWatch((state) => state.watch) ?? off;
  const isChanging = useWatch((state) => state.isChanging);
  const { startWatch, stopWatch } = useActions();
  const refusal = refuseBuild(useCircumstances());
  const id = useId();
  const isOn = watch.kind === 'on';
  // Stopping is always possible.
  const refused = isChanging || (!isOn && refusal !== undefined);
  return (
    <SplitButton label="Watch">
      <Button
        role="switch"
        aria-checked={isOn}
        aria-describedby={refusal?.kind === 'above' && !isOn ? refusal.noticeId : id}
        refused={refused}
        title={watchSentence(watch)}
        icon={isOn ? SwitchOnIcon : SwitchOffIcon}
        iconWide
        className={isOn ? 'border-field! bg-hover!' : undefined}
        onClick={() => void (isOn ? stopWatch() : startWatch())}
      >
        Watch
        {isOn && watch.environment !== undefined && (
          <span aria-hidden="true" className="max-w-24 truncate font-normal text-ink-2 max-wide:hidden">
            {watch.environment}
          </span>
        )}
        {isOn && <StandingIcon watch={watch} />}
      </Button>
      <span id={id} className="sr-only">
        {watchSentence(watch)}
      </span>
      <CaretMenu label="Watch options" items={useItems(watch, refusal?.reason)} />
    </SplitButton>
  );
}

function StandingIcon({ watch }: { readonly watch: Watching }) {
  switch (watchStanding(watch)) {
    case 'waiting':
      return null;
    case 'busy':
      // In a narrow window the Build button beside it turns already.
      return (
        <RunIcon
          size={14}
          aria-hidden="true"
          className="flex-none animate-turn text-accent! max-wide:hidden"
        />
      );
    case 'trouble':
      return <WarnIcon size={14} aria-hidden="true" className="flex-none text-warn!" />;
  }
}

/** An environment whose name has to be typed before each deploy is nothing for a loop. */
function unattended(name: string): MenuItem {
  return {
    kind: 'action',
    id: name,
    label: <span className="pl-[22px]">deployed to {name}</span>,
    reason: 'wants to be typed',
    onSelect: () => undefined,
  };
}

/** Where changes go, and the run that brought or did not bring the last one. */
function useItems(watch: WatchState, reason: string | undefined): readonly MenuItem[] {
  const { startWatch, stopWatch } = useActions();
  const router = useRouter();
  const environments = useBoard((state) => state.board?.environments) ?? none;
  const isOn = watch.kind === 'on';
  const choice = (name: BoardEnvironment['name'] | null, label: string): MenuItem => ({
    kind: 'choice',
    id: name ?? 'nowhere',
    label,
    chosen: isOn && (watch.environment ?? null) === name,
    ...(reason === undefined || isOn ? {} : { detail: reason }),
    onSelect: () => {
      if (isOn || reason === undefined) void startWatch(name);
    },
  });
  return [
    { kind: 'heading', id: 'head', label: 'Every change is built, tested and' },
    ...environments.map(({ name, confirm }) =>
      confirm === 'typed' ? unattended(name) : choice(name, `deployed to ${name}`),
    ),
    choice(null, 'deployed nowhere'),
    ...(isOn
      ? [
          { kind: 'separator', id: 'rest' } as const,
          ...(watch.runId === undefined
            ? []
            : [
                {
                  kind: 'action',
                  id: 'open',
                  label: `Open run ${watch.runId}`,
                  onSelect: () =>
                    watch.runId !== undefined && router.go({ view: { kind: 'run', runId: watch.runId } }),
                } as const,
              ]),
          { kind: 'action', id: 'stop', label: 'Stop watching', onSelect: () => void stopWatch() } as const,
        ]
      : []),
  ];
}
