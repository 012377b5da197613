import { diffPackages, packagesIn } from '#shared/domain/image-files.ts';
import type { LayerFile, LayerIndex } from './layer-index.ts';
import { applyLayer } from './merge-layers.ts';

/**
 * Whether two images differ by the same whatever stands in the layers that both have below these; each side lowest first.
 * So it is where both sides put something at the same paths and hide the same ones: all that shines through is then the
 * same. Rather false than wrong.
 */
export function standsAlone(left: readonly LayerIndex[], right: readonly LayerIndex[]): boolean {
  const [before, after] = [coverOf(left), coverOf(right)];
  return (
    !before.isOpen &&
    !after.isOpen &&
    isSame(before.hidden, after.hidden) &&
    isSame(before.opaque, after.opaque) &&
    isSame(before.replaced, after.replaced) &&
    haveSameShape(before.files, after.files) &&
    haveSamePackages(before.files, after.files)
  );
}

/** What layers leave to be seen of those below. */
type Cover = {
  readonly files: ReadonlyMap<string, LayerFile>;
  readonly hidden: ReadonlySet<string>;
  readonly opaque: ReadonlySet<string>;
  /** In place of a folder it hides what is in that, even if a later layer makes it a folder again. */
  readonly replaced: ReadonlySet<string>;
  /** What is below may also decide what these are themselves, such as another name of a file there. */
  readonly isOpen: boolean;
};

function coverOf(layers: readonly LayerIndex[]): Cover {
  const files = new Map<string, LayerFile>();
  const [hidden, opaque, replaced] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let isOpen = false;
  for (const layer of layers) {
    for (const [path, { kind }] of layer.files) {
      if (kind === 'folder') continue;
      replaced.add(path);
      // A folder that is only implied leaves a file below what it is: there would be no folder to take the place of.
      if (files.get(path)?.isImplied) isOpen = true;
    }
    applyLayer(files, layer);
    for (const [path, { system }] of layer.files) {
      // Which of two files tells the system depends on whether one of them is below.
      if (system !== undefined || files.get(path)?.sameAs !== undefined) isOpen = true;
    }
    for (const path of layer.hidden) hidden.add(path);
    for (const path of layer.opaque) opaque.add(path);
  }
  return { files, hidden, opaque, replaced, isOpen };
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  if (one.size !== other.size) return false;
  for (const path of one) if (!other.has(path)) return false;
  return true;
}

/** The same paths, with files at the same ones of them. */
function haveSameShape(before: Cover['files'], after: Cover['files']): boolean {
  if (before.size !== after.size) return false;
  for (const [path, file] of before) {
    const other = after.get(path);
    if (other === undefined || shapeOf(file) !== shapeOf(other)) return false;
  }
  return true;
}

function shapeOf({ kind, isImplied }: LayerFile): 'file' | 'folder' | 'implied' {
  if (kind !== 'folder') return 'file';
  return isImplied ? 'implied' : 'folder';
}

/** A package that differs may also be below, in another version: versions are compared by name. */
function haveSamePackages(before: Cover['files'], after: Cover['files']): boolean {
  return diffPackages(packagesIn(before), packagesIn(after)).list.length === 0;
}
