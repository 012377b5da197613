/** Where the layers of one image can be read one by one: an engine's content store, a registry. */
export type LayerSource = {
  /** Lowest first. */
  layers(signal: AbortSignal): Promise<readonly StoredLayer[]>;
  /** Its bytes as they are stored: plain, gzip or zstd. */
  open(
    layer: StoredLayer,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> | AsyncIterable<Uint8Array>;
  /**
   * Whether it has seen to it that a layer is the one its diff id says. What a registry says of that is nobody's
   * promise: such layers are hashed before they are kept for other images.
   */
  readonly vouchesForDiffIds: boolean;
  /**
   * Whether reading is as good as free. Where it is not, layers that both images share are left unread unless they
   * were read before.
   */
  readonly isNear: boolean;
};

export type StoredLayer = {
  readonly diffId: string;
  /** Of the bytes as they are stored. */
  readonly digest: string;
  /** The line of the build that made it. */
  readonly createdBy?: string;
};
