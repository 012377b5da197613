import type { ImageFacts } from '#shared/domain/image.ts';
import type { ImageContentsDiff } from '#shared/domain/image-contents.ts';
import type { RegistryCall } from './registry.ts';

/** What is inside images. */
export type ImageContents = {
  /**
   * How the right image differs from the left one; without a left one all of it is new. Layers that were read before
   * are not read again, and what was compared before is answered without the engine. What the engine lacks is read from
   * the registries that have it. Layers that both stand on are read only where how they differ depends on them, or for
   * the `whole` of what can be told, such as how many files each image has. Throws `image-gone` when an image is needed
   * and nowhere, `engine-unreachable`, `registry-unreachable` and `registry-refused`, and `engine-refused` for layers
   * that cannot be read. Aborting ends the work and the engine's part of it.
   */
  compare(
    left: ImageFacts | undefined,
    right: ImageFacts,
    call?: RegistryCall & { readonly whole?: boolean },
  ): Promise<ImageContentsDiff>;
  /** Ends what still goes on. */
  dispose(): void;
};
