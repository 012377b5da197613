import type { FileFacts } from '#shared/domain/image-files.ts';
import { folderOf } from './entry-name.ts';
import type { LayerFile, LayerIndex } from './layer-index.ts';

/** Puts a layer on top of what the layers below it add up to. */
export function applyLayer(files: Map<string, FileFacts>, layer: LayerIndex): void {
  const replaced = replacedFolders(files, layer);
  if (layer.hidden.size > 0 || layer.opaque.size > 0 || replaced.size > 0) sweep(files, layer, replaced);
  for (const [path, file] of layer.files) {
    if (file.isImplied === true && files.has(path)) continue;
    files.set(path, file.sameAs === undefined ? file : sameAs(file, files.get(file.sameAs)));
  }
}

/** Folders that the layer puts something else in the place of. */
function replacedFolders(files: ReadonlyMap<string, FileFacts>, layer: LayerIndex): Set<string> {
  const replaced = new Set<string>();
  for (const [path, { kind }] of layer.files) {
    if (kind !== 'folder' && files.get(path)?.kind === 'folder') replaced.add(path);
  }
  return replaced;
}

function sweep(
  files: Map<string, FileFacts>,
  { hidden, opaque }: LayerIndex,
  replaced: ReadonlySet<string>,
): void {
  // Files are many, their folders few: each is looked at once.
  const known = new Map<string, boolean>();
  const isEmptied = (folder: string): boolean => {
    if (folder === '') return opaque.has('');
    const answered = known.get(folder);
    if (answered !== undefined) return answered;
    const emptied =
      hidden.has(folder) || opaque.has(folder) || replaced.has(folder) || isEmptied(folderOf(folder));
    known.set(folder, emptied);
    return emptied;
  };
  for (const path of files.keys()) {
    if (hidden.has(path) || isEmptied(folderOf(path))) files.delete(path);
  }
}

function sameAs(file: LayerFile, target: FileFacts | undefined): FileFacts {
  if (target === undefined) return file;
  const { packages: _, system: __, ...facts } = target;
  return { ...facts, isLinked: true };
}
