import { cellTag } from '#shared/domain/matrix.ts';
import type { Typed } from './solve-messages.ts';

export type ImageCaches = { readonly imports: readonly Typed[]; readonly exports: readonly Typed[] };

/** Longest tag that registries take. */
const maxTag = 128;

/**
 * The caches of one cell of a matrix. What a build writes for one cell replaces what stands under that name, so each
 * writes under the name with its own after it, and reads that where the build reads what it writes.
 */
export function cachesOfCell(caches: ImageCaches, cell: string | undefined): ImageCaches {
  if (cell === undefined) return caches;
  const written = new Set(caches.exports.map(placeOf).filter((place) => place !== undefined));
  const isWritten = (cache: Typed) => written.has(placeOf(cache) ?? '');
  return {
    exports: caches.exports.map((cache) => renamed(cache, cell)),
    imports: caches.imports.map((cache) => (isWritten(cache) ? renamed(cache, cell) : cache)),
  };
}

export function tagOf({ attributes }: Typed): string {
  return attributes.tag || 'latest';
}

/** `undefined` for a cache without a name of its own, such as one in the image. */
function placeOf(cache: Typed): string | undefined {
  const { type, attributes } = cache;
  if (type === 'local' && !attributes.digest) {
    return JSON.stringify([type, attributes.src ?? attributes.dest, tagOf(cache)]);
  }
  if (type !== 'registry' || attributes.ref === undefined) return undefined;
  const [name, tag] = splitRef(attributes.ref);
  return tag === undefined ? undefined : JSON.stringify([type, name, tag]);
}

function renamed(cache: Typed, cell: string): Typed {
  const { type, attributes } = cache;
  if (placeOf(cache) === undefined) return cache;
  if (type === 'local') return { type, attributes: { ...attributes, tag: ofCell(tagOf(cache), cell) } };
  const [name, tag = ''] = splitRef(attributes.ref ?? '');
  return { type, attributes: { ...attributes, ref: `${name}:${ofCell(tag, cell)}` } };
}

function ofCell(tag: string, cell: string): string {
  const suffix = `-${cellTag(cell)}`;
  return `${tag.slice(0, maxTag - suffix.length)}${suffix}`;
}

/** Without a tag where a digest says which one is meant. */
function splitRef(ref: string): readonly [name: string, tag: string | undefined] {
  if (ref.includes('@')) return [ref, undefined];
  const [, name, tag] = /^(.*):([^/:]+)$/.exec(ref) ?? [];
  // The colon of `host:5000/name` is none of a tag's, for a slash follows.
  return name === undefined ? [ref, 'latest'] : [name, tag];
}
