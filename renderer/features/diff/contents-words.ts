import type { ImageContentsDiff } from '#shared/domain/image-contents.ts';
import type { FileChange, FileDiff, PackageChange } from '#shared/domain/image-files.ts';
import { bytes, count, grouped, signedBytes } from '../../ui/format.ts';

type Tallies = Pick<FileDiff, 'added' | 'removed' | 'changed'>;

/** "92 added, 5 removed, 203 changed"; undefined where no file differs. */
export function filesWords({ added, removed, changed }: Tallies): string | undefined {
  const parts = [
    ...(added.files === 0 ? [] : [`${grouped(added.files)} added`]),
    ...(removed.files === 0 ? [] : [`${grouped(removed.files)} removed`]),
    ...(changed.files === 0 ? [] : [`${grouped(changed.files)} changed`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** How many bytes more or fewer there are in the files. */
export function filesGrowth({ added, removed, changed }: Tallies): number {
  return added.bytes - removed.bytes + changed.after - changed.before;
}

/** "updated", "added", "removed", in the words of what comes. */
export function packageWord({ before, after }: PackageChange): 'changed' | 'added' | 'removed' {
  return before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
}

/** "6 packages differ", "1 package added"; undefined where all are the same. */
export function packagesWords({
  added,
  removed,
  changed,
}: ImageContentsDiff['packages']): string | undefined {
  const all = added + removed + changed;
  if (all === 0) return undefined;
  const [only] = [
    ...(all === added ? ['added'] : []),
    ...(all === removed ? ['removed'] : []),
    ...(all === changed ? ['changed'] : []),
  ];
  return only === undefined
    ? `${count(all, 'package')} ${all === 1 ? 'differs' : 'differ'}`
    : `${count(all, 'package')} ${only}`;
}

export type FolderOfFiles = FileDiff['folders'][number] & {
  /** As a person reads it; what no folder of its own was listed for is "elsewhere". */
  readonly title: string;
  /** The largest of them. */
  readonly files: readonly FileChange[];
};

/** The listed files under the folders that count them, largest first. */
export function byFolder({ folders, list }: FileDiff): readonly FolderOfFiles[] {
  const named = folders
    .map(({ folder }) => folder)
    .filter((folder) => folder !== '')
    // The deepest that holds a file is its own.
    .sort((one, other) => other.length - one.length);
  const folderOf = (path: string): string => {
    const found = named.find((folder) =>
      folder === '/' ? !path.includes('/') : path.startsWith(`${folder.slice(1)}/`),
    );
    return found ?? '';
  };
  const size = ({ before = 0, after = 0 }: FileChange): number => Math.max(before, after);
  const files = Map.groupBy(list, ({ path }) => folderOf(path));
  return folders.map((each) => ({
    ...each,
    title: each.folder === '' ? 'elsewhere' : each.folder,
    files: (files.get(each.folder) ?? []).toSorted((one, other) => size(other) - size(one)),
  }));
}

/** What of a file is different, besides its bytes. */
export function changeWords({ kind, before, after, what }: FileChange): string {
  switch (kind) {
    case 'added':
      return `added, ${bytes(after ?? 0)}`;
    case 'removed':
      return `removed, ${bytes(before ?? 0)}`;
    case 'changed': {
      const others = what.filter((each) => each !== 'content');
      const growth = (after ?? 0) - (before ?? 0);
      const parts = [
        ...(what.includes('content') ? [growth === 0 ? 'same size' : signedBytes(growth)] : []),
        ...others,
      ];
      return parts.length === 0 ? 'changed' : `changed: ${parts.join(', ')}`;
    }
  }
}

/** Two names for one fact, where it differs. */
export type BeforeAfter = {
  readonly label: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
};

/** System and base image of both sides, as far as they are known. */
export function originOf({ left, right }: Pick<ImageContentsDiff, 'left' | 'right'>): readonly BeforeAfter[] {
  const facts: readonly BeforeAfter[] = [
    { label: 'System', before: left?.system, after: right.system },
    { label: 'Base', before: baseWords(left?.base), after: baseWords(right.base) },
  ];
  return facts.filter(({ before, after }) => before !== undefined || after !== undefined);
}

function baseWords(base: ImageContentsDiff['right']['base']): string | undefined {
  if (base === undefined) return undefined;
  const name = base.name.replace(/^docker\.io\/(library\/)?/, '');
  return base.digest === undefined ? name : `${name} ${base.digest.slice(0, 'sha256:'.length + 12)}`;
}

/** Why some of it may be missing. */
export function unreadWords({ layersNotRead }: Pick<ImageContentsDiff, 'layersNotRead'>): string | undefined {
  if (layersNotRead === 0) return undefined;
  const which = layersNotRead === 1 ? '1 shared layer was' : `${grouped(layersNotRead)} shared layers were`;
  return `${which} not read, because that would mean to pull them: a file that takes the place of one of theirs counts as added.`;
}
