import { useState } from 'react';
import { useActions } from '../../stores/actions.tsx';
import { refuseAnyRun, refuseBuild } from '../../stores/refusals.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard, useNotices, useWorkspace } from '../../stores/stores.tsx';
import { useCircumstances } from '../../stores/use-circumstances.ts';
import { useClient } from '../../transport/client-context.tsx';
import { toTrouble } from '../../transport/trouble.ts';
import { Button } from '../../ui/button.tsx';
import { BackIcon, BuildIcon, CompareIcon } from '../../ui/icons.tsx';
import { ReleaseId as ReleaseName } from '../../ui/identity.tsx';
import type { MenuItem } from '../../ui/menu.tsx';
import { Menu, MoreMenu } from '../../ui/menu.tsx';
import { refuseTag } from '../runs/index.ts';
import type { ReleaseRow, Way } from './release-rows.ts';
import { waysOf } from './release-rows.ts';

export type WaysProps = {
  readonly row: ReleaseRow;
  /** Something about it is different now. */
  readonly onChanged: () => void;
};

/** The one way that leads, and everything else behind the dots. */
export function Ways({ row, onChanged }: WaysProps) {
  const router = useRouter();
  const around = useCircumstances();
  const board = useBoard((state) => state.board);
  const { build } = useActions();
  const { release, presence, pin } = row.image;
  const ways = board === undefined ? [] : waysOf(row, board, around);
  const isGone = presence === 'gone';
  const [first, ...rest] = isGone ? [] : ways;
  const setPin = usePin(row, onChanged);
  const anyRun = refuseAnyRun(around)?.reason;
  const because = (reason: string | undefined) => (reason === undefined ? {} : { reason });
  const unlessGone = anyRun ?? (isGone ? 'Its image is gone' : undefined);
  return (
    // Above the facts: these may be longer than the window, and notices lie over its lower right corner.
    <div className="flex flex-none flex-wrap items-center gap-2 border-b border-line px-5 py-3 max-wide:px-4">
      {isGone && release.commit !== undefined && (
        <Button
          icon={BuildIcon}
          reason={refuseBuild(around)?.reason}
          onClick={() => void build({ ...(release.commit && { commit: release.commit.sha }) })}
          title={`Builds ${release.commit.sha.slice(0, 7)} again, as a new release`}
        >
          Build again from {release.commit.sha.slice(0, 7)}
        </Button>
      )}
      {first !== undefined && (
        <Button
          tone={first.kind === 'rollback' || first.isPast ? 'plain' : 'solid'}
          icon={first.kind === 'rollback' ? BackIcon : undefined}
          reason={first.reason}
          onClick={() => router.openDialog(first.dialog)}
        >
          {first.label}
        </Button>
      )}
      <CompareWith row={row} />
      <span className="flex-1" />
      <MoreMenu
        label={`More actions for ${release.id}`}
        items={[
          ...rest.map(
            (way: Way): MenuItem => ({
              kind: 'action',
              id: way.id,
              label: way.label,
              ...because(way.reason),
              onSelect: () => router.openDialog(way.dialog),
            }),
          ),
          ...(rest.length === 0 ? [] : [{ kind: 'separator', id: 'images' } as const]),
          {
            kind: 'action',
            id: 'push',
            label: 'Push…',
            ...because(unlessGone),
            onSelect: () => router.openDialog({ kind: 'push', release: release.id }),
          },
          {
            kind: 'action',
            id: 'name',
            label: 'Name…',
            ...because(unlessGone),
            onSelect: () => router.openDialog({ kind: 'name', release: release.id }),
          },
          {
            kind: 'action',
            id: 'git-tag',
            label: 'Git tag…',
            ...because(refuseTag(release)),
            onSelect: () => router.openDialog({ kind: 'git-tag', release: release.id }),
          },
          { kind: 'separator', id: 'pin-line' },
          {
            kind: 'action',
            id: 'pin',
            label: pin === undefined ? 'Pin: never remove its image' : 'Unpin',
            onSelect: setPin,
          },
        ]}
      />
    </div>
  );
}

/** A pin is a person's word and no run: it is there at once. */
function usePin({ image }: ReleaseRow, onChanged: () => void): () => void {
  const client = useClient();
  const workspaceId = useWorkspace((state) => state.current?.id);
  const showTrouble = useNotices((state) => state.showTrouble);
  const [isSending, setSending] = useState(false);
  return () => {
    if (workspaceId === undefined || isSending) return;
    setSending(true);
    const of = { workspaceId, release: image.release.id };
    const answer: Promise<unknown> =
      image.pin === undefined ? client.releases.pin(of) : client.releases.unpin(of);
    answer
      .then(onChanged, (error: unknown) => showTrouble(toTrouble(error)))
      .finally(() => setSending(false));
  };
}

/** With what an environment runs, which is what one wants to know before a deploy. */
function CompareWith({ row }: { readonly row: ReleaseRow }) {
  const router = useRouter();
  const board = useBoard((state) => state.board);
  const { id } = row.image.release;
  const others = (board?.environments ?? []).flatMap(({ name, release }) =>
    release === undefined || release.id === id ? [] : [{ name, release }],
  );
  if (others.length === 0) return null;
  return (
    <Menu
      label="Compare with"
      trigger={<Button icon={CompareIcon}>Compare with</Button>}
      items={others.map(({ name, release }) => ({
        kind: 'choice' as const,
        id: name,
        label: `what ${name} runs`,
        detail: <ReleaseName id={release.id} version={release.version} />,
        chosen: false,
        onSelect: () => router.go({ view: { kind: 'compare', left: name, right: id } }),
      }))}
    />
  );
}
