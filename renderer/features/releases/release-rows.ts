import type { Board } from '#shared/domain/board.ts';
import type { EnvironmentName, ReleaseId } from '#shared/domain/ids.ts';
import type { ImagePresence, ListedImage } from '#shared/domain/image-list.ts';
import type { Release } from '#shared/domain/release.ts';
import type { Circumstances, Refusal } from '../../stores/refusals.ts';
import { refuseDeploy, refusePromotion, refuseRollback } from '../../stores/refusals.ts';
import type { DialogRoute } from '../../stores/routes/route.ts';
import { count } from '../../ui/format.ts';
import type { Status } from '../../ui/status-words.ts';

/** A release as the list shows it: what the ledger knows, and where its image was found. */
export type ReleaseRow = {
  readonly image: ListedImage;
  /** Absent where the ledger's list is not there yet, or does not reach as far back. */
  readonly release: Release | undefined;
  readonly runsIn: readonly EnvironmentName[];
};

/** The board lives; the list is as old as its answer. So where a release runs, the board says while there is one. */
export function releaseRows(
  images: readonly ListedImage[],
  releases: readonly Release[],
  board: Board | undefined,
): readonly ReleaseRow[] {
  const byId = new Map(releases.map((release) => [release.id, release]));
  return images.map((image) => ({
    image,
    release: byId.get(image.release.id),
    runsIn:
      board === undefined
        ? image.runsIn
        : board.environments
            .filter((environment) => environment.release?.id === image.release.id)
            .map((environment) => environment.name),
  }));
}

/** Every word of what is typed is somewhere in what a person knows the release by. */
export function matchesRelease({ image, runsIn }: ReleaseRow, needle: string): boolean {
  const { id, version, commit, branch, imageId } = image.release;
  const text = [
    id,
    version,
    commit?.sha,
    commit?.subject,
    commit?.author,
    branch,
    imageId,
    image.pin === undefined ? undefined : `pinned ${image.pin.note ?? ''}`,
    image.adoptedFrom === undefined ? undefined : `adopted ${image.adoptedFrom.ref}`,
    ...runsIn,
    ...image.images.flatMap(({ names }) => names),
    ...image.places.map(({ ref }) => ref),
  ]
    .filter((part) => part !== undefined)
    .join('\n')
    .toLowerCase();
  return needle
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The bytes of all cells together. */
export function sizeOf({ image }: ReleaseRow): number {
  return image.images.reduce((sum, { size }) => sum + size, 0);
}

export type PresenceWords = { readonly state: Status | undefined; readonly word: string };

/** Only what needs a person's eye gets a state: an image that is where it should be is a plain word. */
export function presenceWords(presence: ImagePresence, places: number): PresenceWords {
  switch (presence) {
    case 'here':
      return { state: undefined, word: places > 0 ? 'Here and pushed' : 'On this engine' };
    case 'in-registry':
      return { state: undefined, word: 'In the registry' };
    case 'gone':
      return { state: 'empty', word: 'Image gone' };
    case 'unknown':
      return { state: 'unreachable', word: 'Not known' };
  }
}

/** "9 tests passed, 1 skipped"; nothing where nothing was counted. */
export function testsWords({ tests, adoptedFrom }: Pick<Release, 'tests' | 'adoptedFrom'>): string {
  if (tests.length === 0) return adoptedFrom === undefined ? 'no tests' : 'none: built elsewhere';
  const total = tests.reduce((sum, { counts }) => sum + (counts?.total ?? 1), 0);
  const skipped = tests.reduce((sum, { counts }) => sum + (counts?.skipped ?? 0), 0);
  return `${count(total - skipped, 'test')} passed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

/** One way on for a release; at most one leads. */
export type Way = {
  readonly id: string;
  readonly label: string;
  readonly kind: 'deploy' | 'promote' | 'rollback';
  readonly dialog: DialogRoute;
  /** It leaves out environments that come before. */
  readonly isPast: boolean;
  readonly reason?: string;
};

/**
 * How a release gets to each environment that does not run it: carried on from its neighbour, back to it where it ran
 * before, else deployed past the others. What leads comes first.
 */
export function waysOf(row: ReleaseRow, board: Board, around: Circumstances): readonly Way[] {
  const ways = board.environments.flatMap((environment, at): Way[] => {
    const { name } = environment;
    if (row.runsIn.includes(name)) return [];
    const isGone = row.image.presence === 'gone';
    const because = (refusal: Refusal | undefined) => {
      if (refusal !== undefined) return { reason: refusal.reason };
      return isGone ? { reason: 'Its image is gone' } : {};
    };
    const release = row.image.release.id;
    const gap = board.gaps.find((each) => each.right === name && row.runsIn.includes(each.left));
    if (gap !== undefined) {
      return [
        {
          id: `promote-${name}`,
          label: `Promote to ${name}…`,
          kind: 'promote',
          isPast: false,
          dialog: { kind: 'plan', run: 'promote', from: gap.left, to: name },
          ...because(refusePromotion(gap, environment, around)),
        },
      ];
    }
    if (row.image.wayBackOf.includes(name)) {
      // That there is something to go back to is known here; the board only knows of the release before.
      const rollbackTo = { ...row.image.release, image: row.image.presence };
      return [
        {
          id: `rollback-${name}`,
          label: `Roll back ${name} to this…`,
          kind: 'rollback',
          isPast: false,
          dialog: { kind: 'plan', run: 'rollback', to: name, release },
          ...because(refuseRollback({ ...environment, rollbackTo }, around)),
        },
      ];
    }
    return [
      {
        id: `deploy-${name}`,
        label: `Deploy to ${name}…`,
        kind: 'deploy',
        isPast: at > 0,
        dialog: { kind: 'plan', run: 'deploy', to: name, release },
        ...because(refuseDeploy(board, environment, around)),
      },
    ];
  });
  return ways.toSorted((one, other) => rank(one) - rank(other));
}

/**
 * Forward before back, and what goes around other environments last: that the way onward is closed for now makes none
 * of the others what a person came for.
 */
function rank({ kind, isPast, reason }: Way): number {
  const onward = kind === 'promote' ? 0 : 1;
  return kind === 'rollback' ? 4 : isPast ? 5 : onward + (reason === undefined ? 0 : 2);
}

/** At most two are marked; a third takes the place of the older. */
export function toggleMark(marked: readonly ReleaseId[], id: ReleaseId): readonly ReleaseId[] {
  return marked.includes(id) ? marked.filter((each) => each !== id) : [...marked, id].slice(-2);
}

/** The older on the left, as everywhere; `rows` are newest first. */
export function inOrder(
  marked: readonly ReleaseId[],
  rows: readonly ReleaseRow[],
): { readonly left: ReleaseId; readonly right: ReleaseId } | undefined {
  const [right, left] = rows.map(({ image }) => image.release.id).filter((id) => marked.includes(id));
  return left === undefined || right === undefined ? undefined : { left, right };
}

/** "candidate, demo" as a person types names. */
export function namesIn(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,]+/).filter((name) => name !== ''))];
}
