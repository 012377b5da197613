import { assertNever } from './errors.ts';
import type { Availability, TagChange } from './plan.ts';

export type AvailabilityWords = {
  readonly text: string;
  /** What travels at most; absent where nothing does. */
  readonly bytes?: number;
};

/** What a plan does to bring an image to its place, the same in every shell. */
export function availabilityWords(item: Availability): AvailabilityWords {
  switch (item.kind) {
    case 'there':
      return { text: `in the registry already, as ${item.ref}` };
    case 'promote':
      return item.isSameRegistry
        ? { text: `carried by digest inside the registry, to ${item.ref}` }
        : {
            text: `copied by digest from ${item.from.replace(/@.*$/, '')} to ${item.ref}`,
            bytes: item.bytes,
          };
    case 'push':
      return { text: `pushed from this engine to ${item.ref}`, bytes: item.bytes };
    case 'pull':
      return { text: `fetched to ${item.engine ?? 'this engine'} from ${item.from}`, bytes: item.bytes };
    case 'load': {
      const there = item.present === 0 ? '' : `, which has ${item.present} of its layers already`;
      return { text: `loaded from this engine into ${item.engine}${there}`, bytes: item.bytes };
    }
    default:
      return assertNever(item);
  }
}

/** Names whose digest changes, in words; those that are right already say nothing. */
export function tagWords({ ref, before, after }: TagChange): string | undefined {
  if (before !== undefined && before === after) return undefined;
  const to = after === undefined ? 'the digest that the push gives' : shortDigest(after);
  return before === undefined ? `${ref} is new: ${to}` : `${ref} moves from ${shortDigest(before)} to ${to}`;
}

export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}
