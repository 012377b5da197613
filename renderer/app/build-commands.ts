import type { Board } from '#shared/domain/board.ts';
import type { EnvironmentName } from '#shared/domain/ids.ts';
import { refuseTag } from '../features/runs/git-tag-words.ts';
import type { BuildWish } from '../stores/actions.tsx';
import type { BuildQueue } from '../stores/build-queue.ts';
import { refuseBuild } from '../stores/refusals.ts';
import type { CommandFacts, PaletteCommand } from './command-types.ts';
import { refused } from './command-types.ts';

/** While one goes on, another is said to queue or to replace it; searching for "build" finds them all the same. */
export function buildCommands({ board, around, queue }: CommandFacts): readonly PaletteCommand[] {
  const reason = refused(refuseBuild(around));
  const first = board?.environments[0]?.name;
  const isBusy = queue.building !== undefined || queue.waiting.length > 0;
  const verb = isBusy ? 'Queue another build' : 'Build';
  const wish = (id: string, label: string, act: BuildWish): PaletteCommand => ({
    id,
    label,
    icon: 'build',
    act: { kind: 'build', ...act },
    ...reason,
  });
  const busy = { whenBusy: 'queue' } as const;
  return [
    wish('build', verb, isBusy ? busy : {}),
    wish('build-no-cache', `${verb} without cache`, { ...(isBusy ? busy : {}), noCache: true }),
    ...(first === undefined
      ? []
      : [
          wish('build-and-deploy', `${verb} and deploy to ${first}…`, {
            ...(isBusy ? busy : {}),
            deployTo: first,
          }),
        ]),
    ...(isBusy ? [replaceCommand(queue, reason)] : []),
    {
      id: 'observe',
      label: 'Observe the environments again',
      icon: 'refresh',
      keywords: ['refresh', 'reload'],
      act: { kind: 'observe' },
    },
  ];
}

/** A loop deploys without a person: an environment whose name has to be typed is nothing for it. */
export function watchCommands({ board, around, watch }: CommandFacts): readonly PaletteCommand[] {
  const isOn = watch?.kind === 'on';
  const places = (board?.environments ?? [])
    .filter(({ confirm }) => confirm !== 'typed')
    .map(({ name }) => name);
  const start = (environment: EnvironmentName | null): PaletteCommand => ({
    id: `watch-${environment ?? 'nowhere'}`,
    label:
      environment === null
        ? 'Watch: build and test every change'
        : `Watch: bring every change to ${environment}`,
    icon: 'watch',
    keywords: ['watch', 'rebuild', 'loop'],
    act: { kind: 'watch', environment },
    ...(isOn && (watch.environment ?? null) === environment
      ? { reason: 'is on' }
      : refused(refuseBuild(around))),
  });
  return [
    ...(isOn
      ? [{ id: 'watch-stop', label: 'Stop watching', icon: 'watch', act: { kind: 'stop-watch' } } as const]
      : []),
    ...places.map(start),
    start(null),
  ];
}

export function tagCommands(board: Board | undefined): readonly PaletteCommand[] {
  const release = board?.newestRelease;
  if (release === undefined) return [];
  const reason = refuseTag(release);
  return [
    {
      id: 'git-tag',
      label: `Git tag for ${release.id}…`,
      detail: release.version,
      icon: 'tag',
      act: { kind: 'dialog', dialog: { kind: 'git-tag', release: release.id } },
      ...(reason === undefined ? {} : { reason }),
    },
  ];
}

function replaceCommand(
  { building, waiting }: BuildQueue,
  reason: { readonly reason?: string },
): PaletteCommand {
  const ids = [...(building === undefined ? [] : [building]), ...waiting].map((run) => run.id);
  return {
    id: 'build-replace',
    label: 'Replace the build that runs',
    detail: `cancels ${ids.length === 1 ? 'run' : 'runs'} ${ids.join(', ')}`,
    icon: 'build',
    act: { kind: 'build', whenBusy: 'replace' },
    ...reason,
  };
}
