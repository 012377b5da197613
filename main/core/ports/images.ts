import type { ImageFacts } from '#shared/domain/image.ts';
import type { ImageContentsDiff } from '#shared/domain/image-contents.ts';

/** What is inside images. */
export type ImageContents = {
  /**
   * How the right image differs from the left one; without a left one all of it is new. Layers that were read before
   * are not read again, and what was compared before is answered without the engine. Throws `image-gone` when an image
   * is needed and not there, `engine-unreachable`, and `engine-refused` for layers that cannot be read. Aborting ends
   * the work and the engine's part of it.
   */
  compare(left: ImageFacts | undefined, right: ImageFacts, signal?: AbortSignal): Promise<ImageContentsDiff>;
  /** Ends what still goes on. */
  dispose(): void;
};
