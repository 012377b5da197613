import { createStore } from 'zustand/vanilla';
import type { ImageContentsDiff } from '#shared/domain/image-contents.ts';

/** Comparisons of images that were seen in this window. Images never change, so neither do these. */
export type ContentsState = {
  readonly known: ReadonlyMap<string, ImageContentsDiff>;
  readonly keep: (key: string, contents: ImageContentsDiff) => void;
};

/** Each may list hundreds of files. */
const KEPT = 24;

/** The images themselves: the same two may be compared as releases and as environments. */
export function contentsKey(leftImageId: string | undefined, rightImageId: string): string {
  return `${leftImageId ?? 'nothing'} ${rightImageId}`;
}

export function createContentsStore() {
  return createStore<ContentsState>()((set) => ({
    known: new Map(),
    keep: (key, contents) =>
      set(({ known }) => {
        const others = [...known].filter(([other]) => other !== key);
        return { known: new Map([...others.slice(1 - KEPT), [key, contents]]) };
      }),
  }));
}
