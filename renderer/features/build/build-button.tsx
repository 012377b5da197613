import { useActions } from '../../stores/actions.tsx';
import type { Refusal } from '../../stores/refusals.ts';
import { refuseBuild } from '../../stores/refusals.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard } from '../../stores/stores.tsx';
import { useCircumstances, useRunningBuild } from '../../stores/use-circumstances.ts';
import { Button, ButtonLink, SplitButton } from '../../ui/button.tsx';
import { BuildIcon, RunIcon } from '../../ui/icons.tsx';
import type { MenuItem } from '../../ui/menu.tsx';
import { CaretMenu } from '../../ui/menu.tsx';
import { Elapsed } from '../../ui/time.tsx';

function refusedBy(refusal: Refusal | undefined): { refused?: boolean; reasonId?: string } {
  if (refusal === undefined) return {};
  return refusal.kind === 'above' ? { reasonId: refusal.noticeId } : { refused: true };
}

/** Build, with its variants behind the caret; while one runs, the way to it. */
export function BuildButton() {
  const { build } = useActions();
  const router = useRouter();
  const running = useRunningBuild();
  const refusal = refuseBuild(useCircumstances());
  const first = useBoard((state) => state.board?.environments[0]?.name);
  if (running !== undefined) {
    return (
      <ButtonLink href={router.href({ kind: 'run', runId: running.id })}>
        <RunIcon size={14} aria-hidden="true" className="flex-none animate-turn text-accent" />
        Building
        <Elapsed from={running.startedAt} className="text-ink-3" />
      </ButtonLink>
    );
  }
  const reason = refusal === undefined ? {} : { reason: refusal.reason };
  const items: MenuItem[] = [
    {
      kind: 'action',
      id: 'no-cache',
      label: 'Build without cache',
      onSelect: () => void build({ noCache: true }),
      ...reason,
    },
  ];
  if (first !== undefined) {
    items.push({
      kind: 'action',
      id: 'build-and-deploy',
      label: `Build and deploy to ${first}…`,
      onSelect: () => void build({ deployTo: first }),
      ...reason,
    });
  }
  return (
    <SplitButton label="Build">
      <Button
        icon={BuildIcon}
        onClick={() => void build()}
        // The title bar has no room for a sentence; the notice above the view says why.
        {...refusedBy(refusal)}
      >
        Build
      </Button>
      <CaretMenu label="Build options" items={items} />
    </SplitButton>
  );
}
