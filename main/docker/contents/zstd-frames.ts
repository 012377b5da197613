/*
 * Node's decompressor stops at the end of a zstd frame, and a layer may have thousands (zstd:chunked makes one of each
 * file). Where a frame ends is told by its own headers (RFC 8878, section 3.1.1).
 */

export type FramePart =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** The frame is complete. */
  | { readonly kind: 'end' };

export type FrameSplitter = {
  /** Frames to be skipped are left out. Throws for what is no frame. */
  split(bytes: Buffer): Generator<FramePart>;
  /** Whether everything so far was whole frames. */
  isBetween(): boolean;
};

/** A field of so many bytes, little-endian, that decides what follows; or so many bytes that do not. */
type Step =
  | { readonly kind: 'magic' | 'skip-length' | 'descriptor' | 'block'; readonly width: number }
  | { readonly kind: 'skipped' | 'header' | 'content' | 'checksum'; readonly length: number };

const magic: Step = { kind: 'magic', width: 4 };
const block: Step = { kind: 'block', width: 3 };

const plainMagic = 0xfd2fb528;
const isSkippable = (value: number) => value >= 0x184d2a50 && value <= 0x184d2a5f;

export function createFrameSplitter(): FrameSplitter {
  let step: Step = magic;
  /** Of the step: bytes taken, and what they make as a number. */
  let taken = 0;
  let value = 0;
  let hasChecksum = false;
  let isLastBlock = false;

  function after(): Step {
    switch (step.kind) {
      case 'magic':
        if (isSkippable(value)) return { kind: 'skip-length', width: 4 };
        if (value === plainMagic) return { kind: 'descriptor', width: 1 };
        throw new Error('the layer is damaged: no zstd frame begins where one should');
      case 'skip-length':
        return { kind: 'skipped', length: value };
      case 'descriptor':
        hasChecksum = (value & 0x04) !== 0;
        return { kind: 'header', length: headerLength(value) };
      case 'block': {
        isLastBlock = (value & 1) !== 0;
        // In a run, one byte stands for as many as the size says.
        const isRun = ((value >> 1) & 0x03) === 1;
        return { kind: 'content', length: isRun ? 1 : value >> 3 };
      }
      case 'header':
        return block;
      case 'content':
        return isLastBlock ? { kind: 'checksum', length: hasChecksum ? 4 : 0 } : block;
      case 'skipped':
      case 'checksum':
        return magic;
    }
  }

  /** How many of these bytes belong to this step. */
  function take(bytes: Buffer, at: number): number {
    if ('length' in step) {
      const count = Math.min(step.length - taken, bytes.length - at);
      taken += count;
      return count;
    }
    value += (bytes[at] ?? 0) * 256 ** taken;
    taken += 1;
    return 1;
  }

  const isOver = () => taken === ('length' in step ? step.length : step.width);

  function* split(bytes: Buffer): Generator<FramePart> {
    /** Where in these bytes the part of the frame begins that is not told yet; undefined outside of frames. */
    let from = step.kind === 'magic' || step.kind.startsWith('skip') ? undefined : 0;
    for (let at = 0; at < bytes.length; ) {
      at += take(bytes, at);
      while (isOver()) {
        const { kind } = step;
        step = after();
        [taken, value] = [0, 0];
        if (step.kind === 'descriptor') {
          // The magic number may have begun in the bytes before.
          if (at >= 4) from = at - 4;
          else {
            yield { kind: 'bytes', bytes: magicBytes };
            from = at;
          }
        }
        if (kind !== 'checksum') continue;
        if (from !== undefined && from < at) yield { kind: 'bytes', bytes: bytes.subarray(from, at) };
        yield { kind: 'end' };
        from = undefined;
      }
    }
    if (from !== undefined && from < bytes.length) yield { kind: 'bytes', bytes: bytes.subarray(from) };
  }

  return { split, isBetween: () => step.kind === 'magic' && taken === 0 };
}

const magicBytes = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** Of what stands between the descriptor and the first block: window, dictionary, size of the content. */
function headerLength(descriptor: number): number {
  const isSingle = (descriptor & 0x20) !== 0;
  const size = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionary = [0, 1, 2, 4][descriptor & 0x03] ?? 0;
  return (isSingle ? 0 : 1) + dictionary + size;
}
