import { GantryError } from '#shared/domain/errors.ts';
import type { Release } from '#shared/domain/release.ts';
import type { Ports } from '../context.ts';
import { moveNames, type NameMove, type StaleName, seeName, staleText } from '../moving-names.ts';
import type { BuildStepOutput } from '../run-step.ts';
import type { BuiltImage } from './progress.ts';
import { namesOf } from './tags.ts';

type Named = {
  readonly images: Release['images'];
  /** Further names that something else moved at the same time: it has them. */
  readonly stale: readonly StaleName[];
};

/**
 * Gives the images of a release their names. Of one that another image had, the run says where it pointed; one that is
 * new stands in the release.
 *
 * @param plain the release's own first
 */
export async function* nameImages(
  ports: Pick<Ports, 'engine'>,
  [first, ...others]: readonly [BuiltImage, ...BuiltImage[]],
  plain: readonly string[],
): AsyncGenerator<BuildStepOutput, Named> {
  const wanted = [
    ...namesOf(plain, first.cell, true).map((ref) => ({ ref, built: first })),
    ...others.flatMap((built) => namesOf(plain, built.cell, false).map((ref) => ({ ref, built }))),
  ];
  const seen = await Promise.all(
    wanted.map(({ ref, built }) => seeName(ports, ref, built.image.identity.imageId)),
  );
  const isFree = ({ before }: NameMove) => before === undefined;
  await Promise.all(seen.filter(isFree).map(({ ref, after }) => ports.engine.tag(after, ref)));
  const had = seen.filter((name) => !isFree(name) && name.before !== name.after);
  const stale = yield* moveNames(ports, 'record', had);
  const own = new Set([first, ...others].flatMap(({ cell }) => namesOf(plain.slice(0, 1), cell, true)));
  const lost = stale.find(({ ref }) => own.has(ref));
  if (lost !== undefined) {
    const hint = 'A release cannot do without its own name: see what moves it, and build again.';
    throw new GantryError('engine-refused', `${staleText(lost)}.`, hint);
  }
  const isStale = new Set(stale.map(({ ref }) => ref));
  const withNames = (built: BuiltImage): Release['images'][number] => {
    const tags = wanted.flatMap((name) => (name.built === built && !isStale.has(name.ref) ? [name.ref] : []));
    const { cell, image } = built;
    return { ...(cell === undefined ? {} : { cell }), image: { ...image, tags }, tags };
  };
  return { images: [withNames(first), ...others.map(withNames)], stale };
}
