import { shortDigest } from '#shared/domain/availability-words.ts';
import type { RunEventOf } from '#shared/domain/run-events.ts';
import type { Ports } from './context.ts';

/** A name on this engine, the image that it was seen to have, and the one that it is to have. */
export type NameMove = { readonly ref: string; readonly before?: string; readonly after: string };

/** A name that something else moved after it was seen; it stays where it is. */
export type StaleName = { readonly ref: string; readonly now?: string };

type MoveOutput = {
  readonly kind: 'event';
  readonly event: RunEventOf<'tags-moving'> | RunEventOf<'tag-moved'>;
};

export async function seeName(
  { engine }: Pick<Ports, 'engine'>,
  ref: string,
  after: string,
  signal?: AbortSignal,
): Promise<NameMove> {
  const before = (await engine.image(ref, signal))?.identity.imageId;
  return before === undefined ? { ref, after } : { ref, before, after };
}

/**
 * Gives names to images, and answers those that stayed. Where each pointed stands in the run before any moves: a process
 * that dies in between must not take that with it.
 */
export async function* moveNames(
  ports: Pick<Ports, 'engine'>,
  step: string,
  names: readonly NameMove[],
  signal?: AbortSignal,
): AsyncGenerator<MoveOutput, readonly StaleName[]> {
  const told = names.filter(({ before, after }) => before !== after);
  if (told.length > 0) yield { kind: 'event', event: { kind: 'tags-moving', step, names: told } };
  const ends = await Promise.allSettled(names.map((name) => moveName(ports, name, signal)));
  const stale: StaleName[] = [];
  for (const [index, end] of ends.entries()) {
    if (end.status === 'rejected') continue;
    const name = names[index];
    if (end.value.kind === 'stale') stale.push(end.value.name);
    else if (end.value.kind === 'moved' && name !== undefined) {
      yield { kind: 'event', event: { kind: 'tag-moved', step, ...name } };
    }
  }
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return stale;
}

type MoveEnd = { readonly kind: 'moved' | 'there' } | { readonly kind: 'stale'; readonly name: StaleName };

async function moveName(
  ports: Pick<Ports, 'engine'>,
  { ref, before, after }: NameMove,
  signal: AbortSignal | undefined,
): Promise<MoveEnd> {
  const { before: now } = await seeName(ports, ref, after, signal);
  if (now === after) return { kind: 'there' };
  if (now !== before) return { kind: 'stale', name: now === undefined ? { ref } : { ref, now } };
  await ports.engine.tag(after, ref, signal);
  return { kind: 'moved' };
}

/** `shop:stable names 3f2c1a9d8e7b meanwhile` */
export function staleText({ ref, now }: StaleName): string {
  return `${ref} names ${now === undefined ? 'nothing' : shortDigest(now)} meanwhile`;
}
