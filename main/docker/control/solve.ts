import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { BuildImage, BuildRequest } from '#main/core/ports.ts';
import { ConnectionCut } from './grpc-failure.ts';
import type { Control } from './open-control.ts';
import type { Progress, Teller } from './progress.ts';
import {
  readSolveResponse,
  type SolveRequest,
  solvePath,
  statusPath,
  writeSolveRequest,
  writeStatusRequest,
} from './solve-messages.ts';
import { readTrace } from './status-messages.ts';

export type SolveOptions = {
  readonly control: Pick<Control, 'client' | 'recall'>;
  readonly progress: Progress;
  /** Resolves when there is room for more of what the engine tells. */
  readonly room: () => Promise<void> | undefined;
  readonly teller: Teller;
  readonly onNote: (text: string) => void;
  /** Ends the engine's work. */
  readonly signal: AbortSignal;
  /** Fires when the engine is gone: it has no last words then. */
  readonly lost: AbortSignal;
  /**
   * What it made, as far as that can be seen once the engine has told of all it did; `undefined` where only its answer
   * tells. BuildKit keeps the answer back until it has written its history, which takes a tenth of a second.
   */
  readonly look: ((signal: AbortSignal) => Promise<Made | undefined>) | undefined;
};

/** What the exporter says of what it made, such as `containerimage.digest`. */
export type Made = Readonly<Record<string, string>>;

export type Solved = {
  readonly made: Made;
  /** The engine has answered too, or is gone; never rejects. */
  readonly answered: Promise<void>;
};

/** So long an engine may take to stop what was cancelled, and to tell of it. */
const lastWordsMs = 1_000;
/** It has said nothing at all: it refused before there was a build to tell of, and would wait for one. */
const firstWordsMs = 100;

/** One build. */
export async function solve(options: SolveOptions, request: (ref: string) => SolveRequest): Promise<Solved> {
  const { signal, look } = options;
  const { client, recall } = options.control;
  const ref = randomUUID().replaceAll('-', '');
  const enough = new AbortController();
  const heard = { any: false };
  const until = AbortSignal.any([enough.signal, options.lost]);
  let missing: string | undefined;
  const listening = listen(options, ref, heard, until).catch((error: unknown) => {
    missing = wordsOf(error);
  });
  try {
    const answer = client.ask(solvePath, writeSolveRequest(request(ref)), signal).then(readSolveResponse);
    const seen = listening
      .then(() => (until.aborted || signal.aborted ? undefined : look?.(signal)))
      .catch(() => undefined);
    const either = Promise.race([answer, seen.then((found) => found ?? answer)]);
    const [made] = await Promise.all([either, either.then(() => Promise.race([listening, aborted(signal)]))]);
    if (missing !== undefined) options.onNote(`note: some of what the build said is missing: ${missing}`);
    return { made, answered: answer.then(ignore, ignore) };
  } catch (error) {
    const patience = signal.aborted ? lastWordsMs : heard.any ? undefined : firstWordsMs;
    const limit = patience === undefined ? aborted(signal) : pause(patience, undefined, { ref: false });
    await Promise.race([listening, limit]);
    if (!(error instanceof ConnectionCut) || signal.aborted || options.lost.aborted) throw error;
    throw (await recall(ref).catch(() => undefined)) ?? error;
  } finally {
    enough.abort();
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function ignore(): void {}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function listen(
  { control, progress, teller, room }: SolveOptions,
  ref: string,
  heard: { any: boolean },
  signal: AbortSignal,
): Promise<void> {
  for await (const message of control.client.listen(statusPath, writeStatusRequest(ref), signal)) {
    heard.any = true;
    for (const _ of progress.take(readTrace(message), teller)) {
      const wait = room();
      if (wait !== undefined) await wait;
    }
  }
}

/** Builds every image, so many at once. The first to fail ends the others, and is thrown when they have ended. */
export async function solveAll(
  { images, atOnce }: BuildRequest,
  signal: AbortSignal,
  build: (image: BuildImage, index: number, signal: AbortSignal) => Promise<string>,
): Promise<readonly string[]> {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const ids: string[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < images.length; index = next++) {
      const image = images[index];
      if (image === undefined || both.aborted) return;
      try {
        ids[index] = await build(image, index, both);
      } catch (error) {
        failed.abort(error);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(atOnce, images.length)) }, worker));
  both.throwIfAborted();
  return ids;
}
