import { diffPackages, type PackageFacts } from '#shared/domain/image-files.ts';
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
    isSame(before.hiding, after.hiding) &&
    isSame(before.shape, after.shape) &&
    haveSamePackages(before, after)
  );
}

/** What layers leave to be seen of those below. */
type Cover = {
  /** Ways in which something below goes, each with its path. */
  readonly hiding: ReadonlySet<string>;
  /** Paths, each with what is there. */
  readonly shape: ReadonlySet<string>;
  readonly packages: readonly PackageFacts[];
  /** What is below may also decide what these are themselves, such as another name of a file there. */
  readonly isOpen: boolean;
};

function coverOf(layers: readonly LayerIndex[]): Cover {
  const files = new Map<string, LayerFile>();
  const hiding = new Set<string>();
  let isOpen = false;
  for (const layer of layers) {
    // A folder that is only implied leaves a file below what it is: there would be no folder to take the place of.
    isOpen ||= [...layer.files].some(([path, { kind }]) => kind !== 'folder' && files.get(path)?.isImplied);
    applyLayer(files, layer);
    isOpen ||= [...layer.files.keys()].some((path) => files.get(path)?.sameAs !== undefined);
    for (const path of layer.hidden) hiding.add(`hidden ${path}`);
    for (const path of layer.opaque) hiding.add(`opaque ${path}`);
    // In place of a folder it hides what is in that, even if a later layer makes it a folder again.
    for (const [path, { kind }] of layer.files) if (kind !== 'folder') hiding.add(`replaced ${path}`);
  }
  const kindOf = ({ kind, isImplied }: LayerFile) =>
    kind !== 'folder' ? 'file' : isImplied ? 'implied' : 'folder';
  const all = [...files];
  return {
    hiding,
    shape: new Set(all.map(([path, file]) => `${kindOf(file)} ${path}`)),
    packages: all.flatMap(([, { packages }]) => packages ?? []),
    isOpen,
  };
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((each) => other.has(each));
}

/** A package that differs may also be below, in another version: versions are compared by name. */
function haveSamePackages(before: Cover, after: Cover): boolean {
  return diffPackages(before.packages, after.packages).list.length === 0;
}
