import type { Io } from '#main/core/ports/target.ts';

type Asked = { readonly release: string; readonly imageId: string };

/** Every id by which the environment's engine may know the release's image: the planned one, and those of other stores. */
export function idsOf({ release, imageId }: Asked, io: Pick<Io, 'imageIds'>): ReadonlySet<string> {
  return new Set([imageId, ...io.imageIds(release)]);
}

/** The release's image as the environment's engine calls it; `undefined` where it has none. */
export async function imageHere(asked: Asked, io: Io): Promise<string | undefined> {
  for (const id of idsOf(asked, io)) {
    // By the beginning of an id an engine finds others.
    if ((await io.engine.image(id, io.signal))?.identity.imageId === id) return id;
  }
  return undefined;
}
