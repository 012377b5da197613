import { refuseAnyRun } from '../stores/refusals.ts';
import type { CommandFacts, PaletteCommand } from './command-types.ts';
import { refused } from './command-types.ts';

/** What can be done with images from anywhere; of releases, the newest is meant. */
export function imageCommands({ board, around }: CommandFacts): readonly PaletteCommand[] {
  const reason = refused(refuseAnyRun(around));
  const newest = board?.newestRelease;
  const ofNewest: readonly PaletteCommand[] =
    newest === undefined
      ? []
      : [
          {
            id: 'push',
            label: `Push ${newest.id}…`,
            detail: newest.version,
            icon: 'deploy',
            keywords: ['registry', 'image'],
            act: { kind: 'dialog', dialog: { kind: 'push', release: newest.id } },
            ...reason,
          },
          {
            id: 'name',
            label: `Name ${newest.id}…`,
            detail: newest.version,
            icon: 'tag',
            keywords: ['tag', 'image'],
            act: { kind: 'dialog', dialog: { kind: 'name', release: newest.id } },
            ...reason,
          },
        ];
  return [
    ...ofNewest,
    {
      id: 'adopt',
      label: 'Adopt an image…',
      icon: 'deploy',
      keywords: ['import', 'registry', 'release'],
      act: { kind: 'dialog', dialog: { kind: 'adopt' } },
      ...reason,
    },
    {
      id: 'prune',
      label: 'Remove old images…',
      icon: 'cancel',
      keywords: ['prune', 'retention', 'clean'],
      act: { kind: 'dialog', dialog: { kind: 'prune' } },
    },
  ];
}
