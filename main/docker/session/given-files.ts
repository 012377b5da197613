import { hash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { FolderCache } from '../folder-cache.ts';
import { type Asked, type Asking, type ContextSource, isOfFiles } from './context-source.ts';
import type { Selection } from './context-walk.ts';
import { digestOfListed, type Listed } from './packed-entries.ts';
import { keepsTimes } from './trusted-folder.ts';

const patterns = z.array(z.string()).readonly().optional();

/**
 * What the engine was given under the id of a session. It keeps it under that id (the cache key of BuildKit's
 * source/local), and asks again only for what it has thrown away: while all of it is as it was, a session of the same id
 * need not give it again.
 */
const givenSchema = z.object({
  sessionId: z.string(),
  asked: z.array(
    z.object({
      name: z.string(),
      root: z.string(),
      selection: z.object({
        followPaths: patterns,
        includePatterns: patterns,
        excludePatterns: patterns,
      }),
      digest: z.string(),
    }),
  ),
});

export type Given = z.infer<typeof givenSchema>;
type GivenFolder = Given['asked'][number];

/** What an engine was told in a session that is open, and how to say that it does not have that any more. */
export type StandingGiven = { readonly given: Given; drop(): void };

/** The files of one session, by the id under which it opens. */
export type GivenFiles = {
  readonly sessionId: string;
  entries(name: string, root: string, selection: Selection, asking: Asking): Promise<Listed>;
  /** What the engine had already, and so did not ask for. */
  unasked(): readonly Asked[];
  /** What the engine was given, now or earlier. */
  asked(): Given['asked'];
  /**
   * Writes down what was given, once all is. Until then no other session has this id, and it does not matter what the engine
   * has under it; what it asks for afterwards is forgotten first.
   */
  keep(): Promise<void>;
  /** Of an id that had another session before. Only one can be open under it. */
  readonly earlier?: {
    /** Asked once it is open: whether what the engine was given under this id is still known to be all. */
    isKnown(): Promise<boolean>;
    /** The same files, for a session under an id of its own. */
    anew(): GivenFiles;
  };
};

/** Where it is written down. Its name tells what is built, and on which engine. */
export type GivenPlace = { readonly cache: FolderCache; readonly name: string };

export function givenName(what: readonly unknown[]): string {
  return `${hash('sha256', JSON.stringify([bootId(), ...what]))}.json`;
}

/** Some of what was written just before a power failure is lost, and it is not known which. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** Under the id of an earlier session where all that was given under it is as it was. Else under a new one. */
export async function recallGiven(
  source: ContextSource,
  place: GivenPlace | undefined,
  asking: Omit<Asking, 'mayKeep'>,
  standing?: StandingGiven,
): Promise<GivenFiles> {
  const taken = new Map<string, Look>();
  if (standing !== undefined) {
    const isSame = await isAsGiven(source, standing.given, taken, asking);
    return isSame ? standingGiven(source, standing, taken) : newGiven(source, place, taken);
  }
  const text = await place?.cache.get(place.name);
  const given = text && read(text);
  if (place === undefined || text === undefined || given === undefined) {
    void place?.cache.trim();
    return newGiven(source, place);
  }
  const isSame = await isAsGiven(source, given, taken, asking);
  return isSame ? earlierGiven(source, place, { given, text, taken }) : newGiven(source, place, taken);
}

/** Whether all of it is as it was. What is looked at for that is put into `taken`. */
async function isAsGiven(
  source: ContextSource,
  given: Given,
  taken: Map<string, Look>,
  asking: Omit<Asking, 'mayKeep'>,
): Promise<boolean> {
  for (const { name, root, selection, digest } of given.asked) {
    const other = Promise.withResolvers<undefined>();
    const onOther = () => other.resolve(undefined);
    const mayKeep = name !== 'dockerfile';
    const looking = source.entries(root, selection, { ...asking, mayKeep, mayPack: true, onOther });
    taken.set(keyOf({ name, root, selection }), { entries: looking, at: performance.now() });
    // What cannot be read, or need not be any more: the engine asks for what it needs, and hears why not.
    const entries = await Promise.race([looking, other.promise]).catch(() => undefined);
    if (entries === undefined || digestOfListed(entries) !== digest) {
      looking.catch(() => {});
      return false;
    }
  }
  return true;
}

/** What was or is being looked at for this build already, and since when by performance.now(). */
type Look = { readonly entries: Promise<Listed>; readonly at: number };
type Taken = ReadonlyMap<string, Look>;

/** The engine asks at once, but for what a later step needs: that is looked at again. */
const takenForMs = 1_000;

function recent(taken: Taken, key: string): Promise<Listed> | undefined {
  const found = taken.get(key);
  return found !== undefined && performance.now() - found.at < takenForMs ? found.entries : undefined;
}

function newGiven(
  source: ContextSource,
  place: GivenPlace | undefined,
  taken: Taken = new Map(),
): GivenFiles {
  const given: Given = { sessionId: randomUUID(), asked: [] };
  let isAllKnown = true;
  let kept: Promise<void> | undefined;

  return {
    sessionId: given.sessionId,
    unasked: () => [],
    asked: () => given.asked,
    async entries(name, root, selection, asking) {
      const entries = await (recent(taken, keyOf({ name, root, selection })) ??
        source.entries(root, selection, asking));
      if (place !== undefined && kept !== undefined) {
        await kept;
        await place.cache.remove(place.name);
      }
      const digest = keepsTimes(root) ? digestOfListed(entries) : undefined;
      if (digest === undefined) isAllKnown = false;
      else given.asked.push({ name, root, selection, digest });
      return entries;
    },
    async keep() {
      if (place === undefined || !isAllKnown) return;
      kept ??= place.cache.put(place.name, Buffer.from(JSON.stringify(given)));
      await kept;
    },
  };
}

function earlierGiven(
  source: ContextSource,
  place: GivenPlace,
  { given, text, taken }: { readonly given: Given; readonly text: Buffer; readonly taken: Taken },
): GivenFiles {
  const { cache, name: placeName } = place;
  const asked = new Set<string>();
  return {
    sessionId: given.sessionId,
    unasked: () => given.asked.filter((one) => !asked.has(keyOf(one))),
    asked: () => given.asked,
    async entries(name, root, selection, asking) {
      const key = keyOf({ name, root, selection });
      asked.add(key);
      const same = recent(taken, key);
      if (same !== undefined) return same;
      // From now on it has something else under this id.
      await cache.remove(placeName);
      return source.entries(root, selection, asking);
    },
    keep: async () => {},
    earlier: {
      isKnown: async () => (await cache.get(placeName))?.equals(text) === true,
      anew: () => newGiven(source, place, taken),
    },
  };
}

/** Under the id of a session that is open, in which the engine was told of most of it. */
function standingGiven(source: ContextSource, { given, drop }: StandingGiven, taken: Taken): GivenFiles {
  const known = new Set(given.asked);
  const answered = new Set<string>();
  const wasAnswered = (asked: GivenFolder) => answered.has(keyOf(asked));
  /** Before the Dockerfile or the patterns changed it asked for other files of the same context. */
  const isPast = (asked: GivenFolder) =>
    isOfFiles(asked.selection) &&
    !wasAnswered(asked) &&
    given.asked.some(
      (other) => other.name === asked.name && isOfFiles(other.selection) && wasAnswered(other),
    );
  return {
    sessionId: given.sessionId,
    unasked: () => [...known].filter((asked) => !wasAnswered(asked) && !isPast(asked)),
    asked: () => given.asked.filter((asked) => !isPast(asked)),
    async entries(name, root, selection, asking) {
      const key = keyOf({ name, root, selection });
      answered.add(key);
      const entries = await (recent(taken, key) ?? source.entries(root, selection, asking));
      const digest = keepsTimes(root) ? digestOfListed(entries) : undefined;
      // It has thrown away what it had, or it is not known what it has from now on.
      if (digest === undefined || given.asked.some((asked) => keyOf(asked) === key)) drop();
      else given.asked.push({ name, root, selection, digest });
      return entries;
    },
    keep: async () => {},
  };
}

/** Of one question of the engine's: the same text for the same. */
export function keyOf({ name, root, selection }: Omit<GivenFolder, 'digest'>): string {
  const { followPaths, includePatterns, excludePatterns } = selection;
  return JSON.stringify([name, root, followPaths, includePatterns, excludePatterns]);
}

function read(text: Buffer): Given | undefined {
  try {
    return givenSchema.parse(JSON.parse(text.toString('utf8')));
  } catch {
    return undefined;
  }
}
