import type { ImageFacts } from '#shared/domain/image.ts';
import {
  diffContents,
  type ImageContentsDiff,
  type LayerFacts,
  type OpenImage,
} from '#shared/domain/image-contents.ts';
import { type FileFacts, tallyFiles } from '#shared/domain/image-files.ts';
import type { DiffCache } from './diff-cache.ts';
import { applyLayer } from './merge-layers.ts';
import { type ReadImages, type ReadTools, readImages } from './read-images.ts';

export type CompareTools = ReadTools & { readonly diffs: DiffCache };

/** Throws `image-gone`, `engine-unreachable` and `engine-refused`. Long stretches of computing: for a worker. */
export async function compareImages(
  tools: CompareTools,
  left: ImageFacts | undefined,
  right: ImageFacts,
  { whole, signal }: { readonly whole: boolean; readonly signal: AbortSignal },
): Promise<ImageContentsDiff> {
  const kept = await tools.diffs.get(left, right, whole);
  if (kept !== undefined) return kept;
  const images = left === undefined ? [right] : [left, right];
  const read = await readImages(tools, images, { whole, signal });
  signal.throwIfAborted();
  const before = left === undefined ? undefined : openImage(left, read);
  const diff = diffContents(before, openImage(right, read), read.isEnough);
  if (isComplete(diff, images, read)) await tools.diffs.put(left, right, diff);
  await tools.cache.trim();
  return diff;
}

function openImage(facts: ImageFacts, { indexes, lines }: ReadImages): OpenImage {
  const files = new Map<string, FileFacts>();
  const known = lines.get(facts.identity.imageId);
  const layers = facts.layers.map((id, at): LayerFacts => {
    const index = indexes.get(id);
    const createdBy = known?.[at];
    if (index !== undefined) applyLayer(files, index);
    return {
      id,
      ...(createdBy ? { createdBy } : {}),
      ...(index === undefined ? {} : { content: tallyFiles(index.files) }),
    };
  });
  return { facts, layers, files };
}

/** Asked again, there might be more to say: a layer is read by then, the engine is back. */
function isComplete(diff: ImageContentsDiff, images: readonly ImageFacts[], { lines }: ReadImages): boolean {
  const { added, removed } = diff.layers;
  const needsLines = added.length + removed.length > 0;
  return (
    diff.layersNotRead === 0 && (!needsLines || images.every(({ identity }) => lines.has(identity.imageId)))
  );
}
