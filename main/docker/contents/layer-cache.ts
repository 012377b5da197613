import { createFolderCache } from '../folder-cache.ts';
import { indexVersion, readIndex, writeIndex } from './index-text.ts';
import type { LayerIndex } from './layer-index.ts';

/** Indexes of layers by diff id: a layer that was read once is not read again. */
export type LayerCache = {
  get(diffId: string): Promise<LayerIndex | undefined>;
  put(diffId: string, index: LayerIndex): Promise<void>;
  /** Makes room; to be called after puts. */
  trim(): Promise<void>;
};

/** Some hundred large images: 10,000 files take about 300 kB. */
const maxBytes = 256 * 1024 * 1024;

export function createLayerCache(folder: string, limit = maxBytes): LayerCache {
  const files = createFolderCache({ folder, maxBytes: limit });
  return {
    async get(diffId) {
      const name = nameOf(diffId);
      const bytes = name === undefined ? undefined : await files.get(name);
      if (bytes === undefined) return undefined;
      try {
        return readIndex(bytes);
      } catch {
        // Whole, but written by something else.
        return undefined;
      }
    },
    async put(diffId, index) {
      const name = nameOf(diffId);
      if (name !== undefined) await files.put(name, writeIndex(index));
    },
    trim: files.trim,
  };
}

/** A diff id comes from outside, and a file's name must not lead anywhere. */
function nameOf(diffId: string): string | undefined {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(diffId)?.[1];
  return hex === undefined ? undefined : `${indexVersion}-${hex}`;
}
