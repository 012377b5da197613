import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { FolderWatcher } from '#main/core/ports.ts';
import type { ContextSource } from '#main/docker/session/context-source.ts';
import type { Selection } from '#main/docker/session/context-walk.ts';
import { createContextSource } from '#main/docker/session/warm-context.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { carryOut, folderOps } from './folder-changes.ts';
import { entriesIn, filesIn } from './listed.ts';
import { type Storm, startStorm } from './storm.ts';
import { findStep } from './storm-steps.ts';

export type WarmCampaign = {
  /** Rounds after which the kept context was what a fresh read gives. */
  readonly alike: number;
  /** Reads in a storm that came out as the folder was after one of its steps. */
  readonly consistent: number;
  /** Reads in a storm that ended in words for the person. */
  readonly refused: number;
  readonly failed: readonly string[];
};

const asking = { mayKeep: true, onNote: () => {} };
const selections: readonly Selection[] = [
  {},
  { excludePatterns: ['**/node_modules', '*.log'] },
  { excludePatterns: ['*', '!a', '!**/c'] },
  { followPaths: ['a', 'b/c'] },
];
const rounds = fc.array(fc.tuple(folderOps, fc.constantFrom(...selections)), { minLength: 2, maxLength: 6 });

/** Generated changes while a context is watched, each time compared; and storms while it is read. */
export async function playWarm(count: number, seed: number, watcher: FolderWatcher): Promise<WarmCampaign> {
  const home = mkdtempSync(join(tmpdir(), 'gantry-warm-'));
  const source = createContextSource({ watcher, now: Date.now });
  const totals = { alike: 0, consistent: 0, refused: 0 };
  const failed: string[] = [];
  try {
    for (const [index, each] of fc.sample(rounds, { numRuns: count, seed }).entries()) {
      const root = join(home, String(index));
      mkdirSync(join(root, 'a/b/c'), { recursive: true });
      for (const [ops, selection] of each) {
        // Watched from the first on.
        await source.entries(root, selection, asking);
        for (const op of ops) carryOut(root, op);
        const told = entriesIn(await source.entries(root, selection, asking));
        const warm = told.map(({ toldTime: _, ...entry }) => entry);
        const anew = entriesIn(await createContextSource({ now: Date.now }).entries(root, selection, asking));
        if (isDeepStrictEqual(warm, anew)) totals.alike += 1;
        else failed.push(`after ${JSON.stringify(ops)} for ${JSON.stringify(selection)}`);
      }
      rmSync(root, { recursive: true });
    }
    for (const pauseMs of [0, 20, 60, 150]) {
      const root = join(home, `storm-${pauseMs}`);
      const storm = await startStorm({ root, spool: join(home, 'spool'), first: 400, burst: 40, pauseMs });
      // What one command reads goes wrong more seldom than what is kept, and takes less time.
      const readers = [
        ...Array.from({ length: Math.ceil(count / 8) }, () => source),
        ...Array.from({ length: Math.ceil(count / 2) }, createReadAhead),
      ];
      for (const reader of readers) {
        const how = await readInStorm(reader, root, storm);
        if (how === 'consistent' || how === 'refused') totals[how] += 1;
        else failed.push(how);
        // It does not come to rest at all.
        if (pauseMs === 0) break;
      }
      await storm.end();
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  return { ...totals, failed };
}

/** As one command reads it, for one build. */
function createReadAhead(): ContextSource {
  const source = createContextSource({ now: Date.now });
  const never = new AbortController().signal;
  return {
    async entries(root, selection, asked) {
      const ahead = source.ahead(root, [], never);
      await pause(Math.random() * 20);
      return ahead.entries(root, selection, { ...asked, mayPack: true });
    },
  };
}

async function readInStorm(source: ContextSource, root: string, storm: Storm): Promise<string> {
  const from = storm.done();
  try {
    const entries = await source.entries(root, {}, asking);
    const to = storm.begun();
    const files = filesIn(entries).map(({ path, size }) => `${path} ${size}`);
    if (findStep(files.sort().join('\n'), from, to) !== undefined) return 'consistent';
    return `as the folder never was between steps ${from} and ${to}`;
  } catch (error) {
    if (error instanceof GantryError && error.code === 'config-invalid') return 'refused';
    return String(error);
  }
}
