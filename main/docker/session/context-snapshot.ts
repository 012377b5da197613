import { setTimeout as pause } from 'node:timers/promises';
import { GantryError } from '#shared/domain/errors.ts';
import { type Breather, createBreather } from '../breather.ts';
import { type Entry, isUnchanged } from './context-entry.ts';
import type { ContextIndex, Known } from './context-index.ts';
import { type Selection, walkContext, withLinks } from './context-walk.ts';
import { parentOf, shown } from './path-text.ts';

/** What a walk came to, for as long as the index keeps its shape. */
export type Plan = {
  readonly shape: number;
  /** In the order in which they are sent. */
  readonly sent: readonly Known[];
  /** All that was looked at on the way; also what is not there, and what is not sent. */
  readonly looked: readonly Known[];
  /** What it came to last. */
  readonly last?: { readonly entries: readonly Entry[]; readonly linked: readonly Entry[] };
};

export type SnapshotOptions = {
  readonly root: string;
  readonly index: ContextIndex;
  /** Of this index, by selection. */
  readonly plans: Map<string, Plan>;
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  /** Whether what was so before the index was begun was so when it was begun. */
  readonly isTrusted: () => boolean;
  /** The context does not come to rest; said once. */
  readonly onUnrest: () => void;
  /** It is known already that this is not what it came to last. */
  readonly onOther?: (() => void) | undefined;
};

/** How long a context may go on changing before it is given up, and how often it is looked at at least. */
const patienceMs = 5_000;
const leastRounds = 3;
const unrestAfterMs = 1_000;

/**
 * The selected files as they all were at one moment after the call. Everything is looked at a second time after it has
 * been read: what has not changed since was there, just so, when that second look began. When and why it was read the
 * first time does not matter, nor who told that it had changed: that only decides how much is read again. Where nothing
 * has changed since the index was begun, all was as it is at that moment, and there is no need to look twice. Throws
 * `config-invalid` for a context that goes on changing.
 */
export async function takeSnapshot(
  selection: Selection,
  options: SnapshotOptions,
): Promise<readonly Entry[]> {
  const { root, index, plans, now, signal, isTrusted, onUnrest, onOther } = options;
  const breathe = createBreather();
  const patience = createPatience(onUnrest);
  for (;;) {
    const plan = await makePlan(selection, options, breathe);
    const young = plan?.looked.filter(({ youngUntil }) => youngUntil !== undefined) ?? [];
    if (plan !== undefined && young.length === 0) {
      // Only in their places: what is in doubt from now on stays as it is until somebody looks again.
      const entries = plan.sent.flatMap(({ entry }) => entry ?? []);
      const isAsLast = isSameList(entries, plan.last?.entries);
      if (plan.last !== undefined && !isAsLast) onOther?.();
      const isOld = isTrusted() && plan.looked.every((known) => wasSo(known, index));
      const doubtful = isOld ? plan.looked.filter(isReadTwice) : plan.looked;
      const changed = await findChanged(root, doubtful, breathe, signal);
      if (changed.length === 0) {
        return plan.last !== undefined && isAsLast ? plan.last.linked : keep(entries, plan, plans, selection);
      }
      for (const path of changed) index.doubt(path, false);
      patience.spend(changed);
    } else {
      for (const { path } of young) index.doubt(path, false);
      patience.spend(young.map(({ path }) => path));
      const until = young.reduce((latest, { youngUntil = 0 }) => Math.max(latest, youngUntil), 0);
      await pause(Math.max(0, until - now()));
    }
  }
}

/** For the next time: the same list while nothing has changed, so that what is made of it can be kept with it. */
function keep(
  entries: readonly Entry[],
  plan: Plan,
  plans: Map<string, Plan>,
  selection: Selection,
): readonly Entry[] {
  const linked = withLinks(entries);
  plans.set(JSON.stringify(selection), { ...plan, last: { entries, linked } });
  return linked;
}

function isSameList(entries: readonly Entry[], last: readonly Entry[] | undefined): boolean {
  return last?.length === entries.length && last.every((entry, at) => entry === entries[at]);
}

/** When the index was begun. What is not there was not there when the folder had the same names. */
function wasSo({ path, entry, isOld }: Known, index: ContextIndex): boolean {
  if (entry !== undefined || path === '') return isOld;
  const parent = index.known(parentOf(path));
  return parent !== undefined && wasSo(parent, index);
}

/** What a folder holds and where a link points is read after it was looked at, and may be of later. */
function isReadTwice({ entry }: Known): boolean {
  return entry !== undefined && entry.kind !== 'file';
}

function createPatience(onUnrest: () => void) {
  const began = performance.now();
  let isSaid = false;
  let rounds = 0;
  return {
    /** After a round for nothing. */
    spend(changed: readonly string[]): void {
      const spent = performance.now() - began;
      rounds += 1;
      // One look at a large context, or at a slow disk, may take longer than that by itself.
      if (spent > patienceMs && rounds >= leastRounds) throw restless(changed);
      if (spent < unrestAfterMs || isSaid) return;
      isSaid = true;
      onUnrest();
    },
  };
}

function restless(changed: readonly string[]): GantryError {
  const named = changed.slice(0, 3).map((path) => (path === '' ? 'the folder itself' : shown(path)));
  const more = changed.length > 3 ? ` and ${changed.length - 3} more` : '';
  const what = named.length === 0 ? 'files come and go' : `${named.join(', ')}${more}`;
  const message = `The build context did not come to rest for ${patienceMs / 1_000} s: ${what}.`;
  const hint = 'Build again when nothing writes to it any more, or leave what changes out by .dockerignore.';
  return new GantryError('config-invalid', message, hint);
}

/** `undefined` when something came or went meanwhile. */
async function makePlan(
  selection: Selection,
  { index, plans, signal }: SnapshotOptions,
  breathe: Breather,
): Promise<Plan | undefined> {
  for (const _step of index.renew()) {
    const pausing = turn(breathe, signal);
    if (pausing !== undefined) await pausing;
  }
  const key = JSON.stringify(selection);
  const kept = plans.get(key);
  if (kept?.shape === index.shape()) return kept;
  const shape = index.shape();
  const sent: Known[] = [];
  const looked = index.trace();
  for (const entry of walkContext(index.files, selection)) {
    const known = entry && index.known(entry.path);
    if (known !== undefined) sent.push(known);
    const pausing = turn(breathe, signal);
    if (pausing !== undefined) await pausing;
  }
  if (index.shape() !== shape) return undefined;
  const plan = { shape, sent, looked, ...(kept?.last === undefined ? {} : { last: kept.last }) };
  plans.delete(key);
  plans.set(key, plan);
  for (const old of [...plans.keys()].slice(0, -mostPlans)) plans.delete(old);
  return plan;
}

/** A build asks for two or three; a matrix of Dockerfiles for some more. */
const mostPlans = 6;

/**
 * Between two of many: others have their turn, and whoever gave up is heard. A loop that is passed twenty thousand times
 * makes a promise only when it has something to wait for.
 */
export function turn(breathe: Breather, signal: AbortSignal | undefined): Promise<void> | undefined {
  signal?.throwIfAborted();
  return breathe();
}

/** Those of what was looked at that are not any more as they were then. */
export async function findChanged(
  root: string,
  looked: readonly Pick<Known, 'path' | 'entry'>[],
  breathe: Breather,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const { path, entry } of looked) {
    if (!isUnchanged(root, path, entry)) changed.push(path);
    const pausing = turn(breathe, signal);
    if (pausing !== undefined) await pausing;
  }
  return changed;
}
