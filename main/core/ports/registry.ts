import type { ImageFacts } from '#shared/domain/image.ts';

/** An image as a registry has it. */
export type RemoteImage = {
  /** Of its manifest, or of its index. */
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes of all its configs and layers, compressed as they travel; each counted once. */
  readonly size: number;
  /** Absent where an index has several. */
  readonly configDigest?: string;
};

/** What tags of a repository point to. */
export type ListedManifest = {
  readonly digest: string;
  /** Sorted; none for one that was asked for by its digest alone. */
  readonly tags: readonly string[];
  /** Digests that it names where it is an index: removing one of them would break it. */
  readonly parts: readonly string[];
};

export type TransferProgress = {
  readonly layersDone: number;
  readonly layersTotal: number;
  readonly bytesDone: number;
  /** Grows as long as not all is known. */
  readonly bytesTotal: number;
};

export type RegistryCall = {
  readonly signal?: AbortSignal;
  /** Hosts, with their ports, that may be spoken to without TLS. Loopback always may. */
  readonly insecure?: readonly string[];
};

export type Transfer = RegistryCall & {
  /** Not more often than a person can see. */
  readonly onProgress?: (progress: TransferProgress) => void;
};

export type Promotion = Transfer & {
  /** Refused with `image-unfit` when the image has none for it. */
  readonly platform?: string;
  /**
   * What the destination’s tag pointed to when it was planned, null for nothing; refused with `plan-stale` if that is
   * different now. What `resolve` saw of the tag within half a second before is now.
   */
  readonly destinationWas?: string | null;
};

export type Promoted = {
  readonly digest: string;
  /** What the tag pointed to before; absent for a new one. */
  readonly was?: string;
  /** Blobs that the registry took over without their bytes travelling. */
  readonly mounted: number;
  /** Blobs that the destination had already. */
  readonly present: number;
  /** Blobs that travelled through this process. */
  readonly copied: number;
  readonly bytesCopied: number;
};

/**
 * Image registries. Names are those that docker takes: `redis`, `ghcr.io/acme/shop:1.2`,
 * `localhost:5000/shop@sha256:…`. Every call rejects with `registry-unreachable` when no answer was to be had, with
 * `registry-refused` (carrying the registry's sentence) when it was no, and with `usage` for what is no name.
 */
export type Registry = {
  /** Whether it answers and lets this person in. `host` may have a port. */
  ping(host: string, call?: RegistryCall): Promise<void>;
  /** `undefined` when there is no such image. Throws `image-unfit` for what is no image that could be copied. */
  resolve(ref: string, call?: RegistryCall): Promise<RemoteImage | undefined>;
  /**
   * Carries an image, with its attestations and what refers to it, from `repository@digest` to `repository:tag`: the same
   * bytes under the same digest, read back from there. The tag is the last that is written; a promotion that fails or
   * is cancelled leaves it where it was. Throws `image-gone` when the image, or a part of it, is not there.
   */
  promote(from: string, to: string, promotion?: Promotion): Promise<Promoted>;
  /**
   * What a promotion will ask of the source beside the image may be asked now: it follows within moments. Changes nothing
   * and never throws.
   */
  expectPromotion(from: string, to: string, call?: RegistryCall): void;
  /**
   * Has the engine push an image as `repository:tag`, and asks the registry what it got. The engine keeps that name for
   * it; on failure the name is as it was before.
   */
  push(imageId: string, ref: string, transfer?: Transfer): Promise<RemoteImage>;
  /** Has the engine fetch `repository@digest`, unless it is there already. */
  pull(ref: string, transfer?: Transfer & { readonly platform?: string }): Promise<ImageFacts>;
  /** Empty for a repository that does not exist. */
  tags(repository: string, call?: RegistryCall): Promise<readonly string[]>;
  /** What these tags point to, and those of the digests that are there without one; asks once for each. */
  manifests(
    repository: string,
    digests: readonly string[],
    call?: RegistryCall,
  ): Promise<readonly ListedManifest[]>;
  /**
   * Removes a tag, or, by `repository@digest`, a manifest under **all** its tags. False when it was not there. Some
   * registries do not remove, or not tags alone: `registry-refused`.
   */
  delete(ref: string, call?: RegistryCall): Promise<boolean>;
};
