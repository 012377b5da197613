import { useEffect, useState } from 'react';
import type { ReleaseId, WorkspaceId } from '#shared/domain/ids.ts';
import type { Release } from '#shared/domain/release.ts';
import type { PlanDialogRoute } from '../../stores/routes/route.ts';
import { useClient } from '../../transport/client-context.tsx';
import { DownIcon } from '../../ui/icons.tsx';
import { ReleaseId as ReleaseName } from '../../ui/identity.tsx';
import { Menu } from '../../ui/menu.tsx';
import { RelativeTime } from '../../ui/time.tsx';

/** As many as a menu can be read. */
const CHOICES = 30;

/** What may be chosen: any release for a deploy, those that ran here for a rollback. Empty while it is not known. */
function useChoices(route: PlanDialogRoute, workspaceId: WorkspaceId): readonly Release[] {
  const client = useClient();
  const [choices, setChoices] = useState<readonly Release[]>([]);
  const { run, to } = route;
  useEffect(() => {
    if (run === 'promote') return;
    const asked = new AbortController();
    const options = { signal: asked.signal };
    const answer =
      run === 'deploy'
        ? client.releases.list({ workspaceId, limit: CHOICES }, options)
        : client.releases
            .rollbackChoices({ workspaceId, environment: to }, options)
            .then((all) => all.filter(({ image }) => image !== 'gone').map(({ release }) => release));
    // Without choices the plan still has its release; what is wrong, the plan itself says.
    answer.then(
      (releases) => !asked.signal.aborted && setChoices(releases.slice(0, CHOICES)),
      () => undefined,
    );
    return () => asked.abort();
  }, [client, workspaceId, run, to]);
  return choices;
}

/** The release a plan is about; where another may be taken, the name opens the choice. */
export function ReleaseChooser(props: {
  readonly route: PlanDialogRoute;
  readonly workspaceId: WorkspaceId;
  readonly chosen: { readonly id: ReleaseId; readonly version: string };
  readonly onChoose: (id: ReleaseId) => void;
}) {
  const { route, workspaceId, chosen, onChoose } = props;
  const choices = useChoices(route, workspaceId);
  const others = choices.filter((release) => release.id !== chosen.id);
  if (route.run === 'promote' || others.length === 0) {
    return <ReleaseName id={chosen.id} version={chosen.version} />;
  }
  return (
    <Menu
      label={route.run === 'deploy' ? 'Release to deploy' : 'Release to go back to'}
      items={choices.map((release) => ({
        kind: 'choice',
        id: release.id,
        label: <ReleaseName id={release.id} version={release.version} />,
        detail: (
          <>
            <span className="mr-3 inline-block max-w-64 truncate align-bottom">
              {release.source.commit?.subject ?? ''}
            </span>
            <RelativeTime at={release.builtAt} />
          </>
        ),
        chosen: release.id === chosen.id,
        onSelect: () => onChoose(release.id),
      }))}
      trigger={
        <button
          type="button"
          className="-mx-1 inline-flex items-center gap-1 rounded-tag px-1 hover:bg-hover aria-expanded:bg-hover"
        >
          <ReleaseName id={chosen.id} version={chosen.version} />
          <DownIcon size={12} aria-hidden="true" className="text-ink-3" />
          <span className="sr-only">, choose another release</span>
        </button>
      }
    />
  );
}
