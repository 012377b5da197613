import type { TransferProgress } from '#main/core/ports.ts';

/** What is known so far of a transfer. Each blob is counted once, whatever names it. */
export type Progress = {
  /**
   * `bytes` of it are where they should be. The size may come later, or grow. `isLayer` is false for what is no layer,
   * such as a config: its bytes count alone.
   */
  reach(id: string, bytes: number, size?: number, isLayer?: boolean): void;
  finish(id: string): void;
  /** Tells the last state, if it was held back. */
  flush(): void;
};

type Blob = { size: number; done: number; isLayer: boolean; isFinished: boolean };

/** A person sees no more, and each may become an event. */
const everyMs = 100;

export function createProgress(
  onProgress: ((progress: TransferProgress) => void) | undefined,
  now: () => number,
): Progress {
  const blobs = new Map<string, Blob>();
  let last = Number.NEGATIVE_INFINITY;
  let isHeldBack = false;

  function tell(): void {
    isHeldBack = now() - last < everyMs;
    if (onProgress === undefined || isHeldBack) return;
    last = now();
    onProgress(sumOf([...blobs.values()]));
  }

  function blobOf(id: string): Blob {
    const blob = blobs.get(id) ?? { size: 0, done: 0, isLayer: true, isFinished: false };
    blobs.set(id, blob);
    return blob;
  }

  return {
    reach(id, bytes, size, isLayer) {
      const blob = blobOf(id);
      blob.size = Math.max(size ?? blob.size, bytes);
      blob.isLayer = isLayer ?? blob.isLayer;
      blob.done = bytes;
      tell();
    },
    finish(id) {
      const blob = blobOf(id);
      blob.done = blob.size;
      blob.isFinished = true;
      tell();
    },
    flush() {
      if (!isHeldBack) return;
      last = Number.NEGATIVE_INFINITY;
      tell();
    },
  };
}

function sumOf(blobs: readonly Blob[]): TransferProgress {
  const layers = blobs.filter(({ isLayer }) => isLayer);
  return {
    layersDone: layers.filter(({ isFinished }) => isFinished).length,
    layersTotal: layers.length,
    bytesDone: blobs.reduce((sum, { done }) => sum + done, 0),
    bytesTotal: blobs.reduce((sum, { size }) => sum + size, 0),
  };
}
