import type { Board } from '#shared/domain/board.ts';
import type { EnvironmentName, RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { WatchState } from '#shared/domain/watch.ts';
import type { RecentWorkspace } from '#shared/domain/workspace.ts';
import { refuseTag } from '../features/runs/git-tag-words.ts';
import type { BuildWish } from '../stores/actions.tsx';
import type { BuildQueue } from '../stores/build-queue.ts';
import type { ThemeChoice } from '../stores/preferences-store.ts';
import type { Circumstances, Refusal } from '../stores/refusals.ts';
import {
  refuseBuild,
  refuseDeploy,
  refuseHold,
  refuseLift,
  refusePromotion,
  refuseRollback,
} from '../stores/refusals.ts';
import type { DialogRoute, View } from '../stores/routes/route.ts';

/** What a command does; one place (palette.tsx) turns it into calls. */
export type CommandAct =
  | { readonly kind: 'go'; readonly view: View }
  | { readonly kind: 'dialog'; readonly dialog: DialogRoute }
  | ({ readonly kind: 'build' } & BuildWish)
  | { readonly kind: 'watch'; readonly environment: EnvironmentName | null }
  | { readonly kind: 'stop-watch' }
  | { readonly kind: 'cancel'; readonly runId: RunId }
  | { readonly kind: 'observe' }
  | { readonly kind: 'open-folder' }
  | { readonly kind: 'open-known'; readonly id: WorkspaceId }
  | { readonly kind: 'theme'; readonly theme: ThemeChoice }
  | { readonly kind: 'allow-notifications' };

export type CommandIcon =
  | 'arrow'
  | 'back'
  | 'build'
  | 'cancel'
  | 'clock'
  | 'compare'
  | 'dark'
  | 'deploy'
  | 'folder'
  | 'hold'
  | 'light'
  | 'notify'
  | 'refresh'
  | 'system'
  | 'tag'
  | 'view'
  | 'watch';

export type PaletteCommand = {
  readonly id: string;
  readonly label: string;
  readonly detail?: string;
  readonly icon: CommandIcon;
  readonly keywords?: readonly string[];
  readonly keys?: string;
  /** Why not now. */
  readonly reason?: string;
  readonly act: CommandAct;
};

export type CommandGroup = { readonly heading: string; readonly commands: readonly PaletteCommand[] };

export type CommandFacts = {
  readonly board: Board | undefined;
  readonly runs: readonly RunSummary[];
  readonly recent: readonly RecentWorkspace[];
  readonly theme: ThemeChoice;
  readonly around: Circumstances;
  readonly queue: BuildQueue;
  readonly watch: WatchState | undefined;
  readonly canAskToNotify: boolean;
};

/** Every action of the window as data, with the reason where one is refused now. */
export function paletteGroups(facts: CommandFacts): readonly CommandGroup[] {
  const { board, around } = facts;
  return [
    {
      heading: 'Commands',
      commands: [
        ...(board === undefined ? [] : environmentCommands(board, around)),
        ...(around.workspace === undefined ? [] : buildCommands(facts)),
        ...(around.workspace === undefined ? [] : watchCommands(facts)),
        ...tagCommands(board),
        ...runningCommands(facts.runs),
        ...(board === undefined ? [] : compareCommands(board)),
      ],
    },
    { heading: 'Views', commands: around.workspace === undefined ? [] : viewCommands },
    { heading: 'Runs', commands: facts.runs.map(runCommand) },
    { heading: 'Workspaces', commands: workspaceCommands(facts) },
    { heading: 'Window', commands: windowCommands(facts) },
  ].filter((group) => group.commands.length > 0);
}

function refused(refusal: Refusal | undefined): { readonly reason?: string } {
  return refusal === undefined ? {} : { reason: refusal.reason };
}

function environmentCommands(board: Board, around: Circumstances): readonly PaletteCommand[] {
  const promote = board.gaps.flatMap((gap): PaletteCommand[] => {
    const left = board.environments.find((each) => each.name === gap.left);
    const right = board.environments.find((each) => each.name === gap.right);
    if (left === undefined || right === undefined) return [];
    return [
      {
        id: `promote-${gap.left}-${gap.right}`,
        label: `Promote ${gap.left} to ${gap.right}…`,
        ...(left.release === undefined ? {} : { detail: releaseText(left.release) }),
        icon: 'arrow',
        act: { kind: 'dialog', dialog: { kind: 'plan', run: 'promote', from: gap.left, to: gap.right } },
        ...refused(refusePromotion(gap, right, around)),
      },
    ];
  });
  const each = board.environments.flatMap((environment): PaletteCommand[] => {
    const { name, rollbackTo, hold } = environment;
    return [
      {
        id: `rollback-${name}`,
        label: `Roll back ${name}…`,
        ...(rollbackTo === undefined ? {} : { detail: `to ${releaseText(rollbackTo)}` }),
        icon: 'back',
        act: { kind: 'dialog', dialog: { kind: 'plan', run: 'rollback', to: name } },
        ...refused(refuseRollback(environment, around)),
      },
      {
        id: `deploy-${name}`,
        label: `Deploy to ${name}…`,
        ...(board.newestRelease === undefined ? {} : { detail: releaseText(board.newestRelease) }),
        icon: 'deploy',
        act: { kind: 'dialog', dialog: { kind: 'plan', run: 'deploy', to: name } },
        ...refused(refuseDeploy(board, environment, around)),
      },
      hold === undefined
        ? {
            id: `hold-${name}`,
            label: `Hold ${name}…`,
            icon: 'hold',
            act: { kind: 'dialog', dialog: { kind: 'hold', environment: name } },
            ...refused(refuseHold(environment, around)),
          }
        : {
            id: `lift-${name}`,
            label: `Lift the hold on ${name}…`,
            detail: hold.reason,
            icon: 'hold',
            act: { kind: 'dialog', dialog: { kind: 'lift', environment: name } },
            ...refused(refuseLift(environment, around)),
          },
    ];
  });
  return [...promote, ...each];
}

function releaseText(release: { readonly id: string; readonly version: string }): string {
  return `${release.id}, ${release.version}`;
}

/** While one goes on, another is said to queue or to replace it; searching for "build" finds them all the same. */
function buildCommands({ board, around, queue }: CommandFacts): readonly PaletteCommand[] {
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
function watchCommands({ board, around, watch }: CommandFacts): readonly PaletteCommand[] {
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

function tagCommands(board: Board | undefined): readonly PaletteCommand[] {
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

function runningCommands(runs: readonly RunSummary[]): readonly PaletteCommand[] {
  return runs
    .filter((run) => run.state === 'running')
    .map((run) => ({
      id: `cancel-${run.id}`,
      label: `Cancel run ${run.id}`,
      detail: runText(run),
      icon: 'cancel',
      act: { kind: 'cancel', runId: run.id },
      ...(run.isCancelRequested ? { reason: 'is being cancelled' } : {}),
    }));
}

function compareCommands(board: Board): readonly PaletteCommand[] {
  const names = board.environments.map((environment) => environment.name);
  return names.flatMap((left, index) =>
    names.slice(index + 1).map((right) => ({
      id: `compare-${left}-${right}`,
      label: `Compare ${left} with ${right}`,
      icon: 'compare' as const,
      keywords: ['diff', 'difference'],
      act: { kind: 'go' as const, view: { kind: 'compare' as const, left, right } },
    })),
  );
}

const viewCommands: readonly PaletteCommand[] = [
  { id: 'view-board', label: 'Board', icon: 'view', act: { kind: 'go', view: { kind: 'board' } } },
  { id: 'view-runs', label: 'Runs', icon: 'view', act: { kind: 'go', view: { kind: 'runs' } } },
  { id: 'view-history', label: 'History', icon: 'view', act: { kind: 'go', view: { kind: 'history' } } },
];

function runCommand(run: RunSummary): PaletteCommand {
  return {
    id: `run-${run.id}`,
    label: `${run.id} ${runText(run)}`,
    detail: run.state,
    icon: 'clock',
    keywords: [`run ${run.id}`, 'open', ...(run.release === undefined ? [] : [run.release])],
    act: { kind: 'go', view: { kind: 'run', runId: run.id } },
  };
}

function runText(run: RunSummary): string {
  switch (run.kind) {
    case 'build':
      return 'Build';
    case 'adopt':
      return 'Adopt an image';
    case 'push':
      return `Push ${run.release}`;
    case 'tag':
      return `Name ${run.release}`;
    case 'prune':
      return 'Remove old images';
    case 'deploy':
      return `Deploy to ${run.environment}`;
    case 'promote':
      return `Promote ${run.from} to ${run.environment}`;
    case 'rollback':
      return `Roll back ${run.environment}`;
  }
}

function workspaceCommands({ recent, around }: CommandFacts): readonly PaletteCommand[] {
  const others = recent.filter((each) => each.id !== around.workspace?.id);
  return [
    ...others.map(
      (each): PaletteCommand => ({
        id: `workspace-${each.id}`,
        label: `Open ${each.name}`,
        detail: each.folder,
        icon: 'folder',
        keywords: ['workspace', 'switch'],
        act: { kind: 'open-known', id: each.id },
      }),
    ),
    {
      id: 'open-folder',
      label: 'Open folder…',
      icon: 'folder',
      keywords: ['workspace'],
      keys: 'mod+o',
      act: { kind: 'open-folder' },
    },
  ];
}

function windowCommands({ theme, canAskToNotify }: CommandFacts): readonly PaletteCommand[] {
  const choices: readonly (readonly [ThemeChoice, string, CommandIcon])[] = [
    ['light', 'Light theme', 'light'],
    ['dark', 'Dark theme', 'dark'],
    ['system', 'Theme as the system', 'system'],
  ];
  return [
    ...choices.map(
      ([choice, label, icon]): PaletteCommand => ({
        id: `theme-${choice}`,
        label,
        icon,
        keywords: ['theme', 'appearance'],
        act: { kind: 'theme', theme: choice },
        ...(choice === theme ? { reason: 'in use' } : {}),
      }),
    ),
    ...(canAskToNotify
      ? [
          {
            id: 'notify',
            label: 'Allow notifications when a run ends',
            icon: 'notify',
            act: { kind: 'allow-notifications' },
          } as const,
        ]
      : []),
  ];
}
