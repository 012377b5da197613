import type { ImageContents } from '#main/core/ports.ts';
import type { WorkerOptions } from './compare-in-worker.ts';

/** Loaded with the first question: most commands ask none. */
export function createImageContents(options: WorkerOptions): ImageContents {
  let opened: Promise<ImageContents> | undefined;
  let isDisposed = false;
  return {
    async compare(...asked) {
      opened ??= import('./compare-in-worker.ts').then(({ createWorkerComparison }) =>
        createWorkerComparison(options),
      );
      const contents = await opened;
      if (isDisposed) contents.dispose();
      return contents.compare(...asked);
    },
    dispose() {
      isDisposed = true;
      void opened?.then((contents) => contents.dispose());
    },
  };
}
