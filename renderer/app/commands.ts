import type { Board } from '#shared/domain/board.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { ThemeChoice } from '../stores/preferences-store.ts';
import type { Circumstances } from '../stores/refusals.ts';
import { refuseDeploy, refuseHold, refuseLift, refusePromotion, refuseRollback } from '../stores/refusals.ts';
import { buildCommands, tagCommands, watchCommands } from './build-commands.ts';
import type { CommandFacts, CommandGroup, CommandIcon, PaletteCommand } from './command-types.ts';
import { refused } from './command-types.ts';
import { imageCommands } from './image-commands.ts';

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
        ...(around.workspace === undefined ? [] : imageCommands(facts)),
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
  { id: 'view-releases', label: 'Releases', icon: 'view', act: { kind: 'go', view: { kind: 'releases' } } },
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
