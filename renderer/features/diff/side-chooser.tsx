import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import type { Comparison } from '#shared/domain/board.ts';
import type { Release } from '#shared/domain/release.ts';
import { useBoard, useWorkspace } from '../../stores/stores.tsx';
import { useClient } from '../../transport/client-context.tsx';
import { DownIcon } from '../../ui/icons.tsx';
import { ReleaseId } from '../../ui/identity.tsx';
import type { MenuItem } from '../../ui/menu.tsx';
import { Menu } from '../../ui/menu.tsx';
import { RelativeTime } from '../../ui/time.tsx';

/** As many releases as a menu can be read. */
const CHOICES = 30;

export function SideChooser(props: {
  readonly label: string;
  readonly chosen: string;
  readonly release: Comparison['left']['release'];
  readonly onChoose: (side: string) => void;
}) {
  const { label, chosen, release, onChoose } = props;
  const items = useSides(chosen, onChoose);
  const isRelease = release?.id === chosen;
  return (
    <Menu
      label={label}
      items={items}
      trigger={
        <button
          type="button"
          className="inline-flex h-8 items-center gap-2.5 rounded-control border border-edge bg-sheet px-2.5 whitespace-nowrap transition-ground hover:bg-hover aria-expanded:bg-hover"
        >
          <span className="sr-only">{label}: </span>
          {isRelease ? (
            <ReleaseId id={chosen} version={release.version} size="title" />
          ) : (
            <>
              <span className="text-15 font-semibold">{chosen}</span>
              {release !== undefined && (
                <span className="max-wide:hidden">
                  <ReleaseId id={release.id} version={release.version} />
                </span>
              )}
            </>
          )}
          <DownIcon size={12} aria-hidden="true" className="text-ink-3" />
        </button>
      }
    />
  );
}

/** Environments first, then releases. */
function useSides(chosen: string, onChoose: (side: string) => void): readonly MenuItem[] {
  const client = useClient();
  const workspace = useWorkspace((state) => state.current);
  const board = useBoard((state) => state.board);
  const [releases, setReleases] = useState<readonly Release[]>([]);
  const workspaceId = workspace?.id;
  useEffect(() => {
    if (workspaceId === undefined) return;
    const stop = new AbortController();
    // Without them environments can still be compared; the comparison itself says what is wrong.
    client.releases.list({ workspaceId, limit: CHOICES }, { signal: stop.signal }).then(
      (listed) => !stop.signal.aborted && setReleases(listed),
      () => undefined,
    );
    return () => stop.abort();
  }, [client, workspaceId]);
  const choice = (id: string, label: ReactNode, detail: ReactNode): MenuItem => ({
    kind: 'choice',
    id,
    label,
    detail,
    chosen: id === chosen,
    onSelect: () => onChoose(id),
  });
  return [
    { kind: 'heading', id: 'environments', label: 'Environments' },
    ...(workspace?.environments ?? []).map((name) => {
      const runs = board?.environments.find((each) => each.name === name)?.release;
      return choice(name, name, runs === undefined ? 'empty' : <code>{runs.id}</code>);
    }),
    ...(releases.length === 0 ? [] : [{ kind: 'heading', id: 'releases', label: 'Releases' } as const]),
    ...releases.map((release) =>
      choice(
        release.id,
        <ReleaseId id={release.id} version={release.version} />,
        <RelativeTime at={release.builtAt} />,
      ),
    ),
  ];
}
