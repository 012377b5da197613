import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { baseImage } from '#test/engine/base-image.ts';
import type { ProvisionedEngine } from '#test/engine/engine.ts';
import { describeWorkspace } from './build-world.ts';
import { type Figure, type Measured, medianOf } from './harness.ts';
import { type OpenApp, openApp } from './open-app.ts';

const lines = 100_000;
const rounds = 5;
/** The issue's. */
const loopDelayMs = 20;
const firstLineMs = 300;
/** Bytes. All lines at once would be ten times that. */
const heapPeak = 48_000_000;
/** Bytes that may be left when a build is over. */
const heapKept = 2_000_000;

/** As the window has it (renderer/features/runs/log-reader.ts). */
const page = 5_000;
const lookEveryMs = 40;

type Round = {
  readonly took: number;
  readonly lost: number;
  readonly firstLineAt: number;
  readonly loopDelay: number;
  readonly heapPeak: number;
  readonly heapKept: number;
};

/** A step that prints much, in the process that serves the window. The engine clips nothing. */
export async function measureOutput(
  engine: ProvisionedEngine,
): Promise<{ readonly measured: readonly Measured[]; readonly figures: readonly Figure[] }> {
  const place = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
  const folder = join(place, 'workspace');
  await describeWorkspace(folder, 'bench-output', '.');
  const print = `awk 'BEGIN { for (i = 1; i <= ${lines}; i++) printf "line %06d of what a step of a build prints\\n", i }'`;
  await writeFile(join(folder, 'Dockerfile'), `FROM ${baseImage}\nRUN ${print}\n`);
  const app = await openApp(join(place, 'app'), folder, engine.env);
  try {
    // The first is not counted: it compiles what it runs.
    const all: Round[] = [];
    for (let round = 0; round <= rounds; round += 1) all.push(await printMuch(app));
    return toldOf(all.slice(1));
  } finally {
    await app.close();
    await rm(place, { recursive: true, force: true });
  }
}

async function printMuch(app: OpenApp): Promise<Round> {
  const { client, workspaceId } = app;
  const before = heapAfterCollection();
  const heap = watchHeap();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const began = performance.now();
  const reading = Promise.withResolvers<Awaited<ReturnType<typeof readOutput>>>();
  await app.untilEnded(async () => {
    const run = await client.runs.build({ workspaceId, requestId: app.requestId(), noCache: true });
    readOutput(app, run.runId).then(reading.resolve, reading.reject);
    return run;
  });
  const took = performance.now() - began;
  const { count, firstAt } = await reading.promise;
  delay.disable();
  return {
    took,
    lost: lines - count,
    firstLineAt: firstAt - began,
    loopDelay: delay.percentile(99) / 1e6,
    heapPeak: heap.stop() - before,
    heapKept: heapAfterCollection() - before,
  };
}

/** Counts the lines that stand in the ledger in the order in which they were printed; keeps none. */
async function readOutput({ client }: OpenApp, runId: number) {
  let read = 0;
  let count = 0;
  let firstAt: number | undefined;
  for (;;) {
    const answer = await client.runs.log({ runId, from: read + 1, limit: page });
    if (answer.lines.length > 0) firstAt ??= performance.now();
    for (const { text } of answer.lines) {
      const [, number] = /^line (\d+) of what a step of a build prints$/.exec(text) ?? [];
      if (number !== undefined && Number(number) === count + 1) count += 1;
    }
    read += answer.lines.length;
    if (answer.ended && read >= answer.total) break;
    if (read >= answer.total) await pause(lookEveryMs);
  }
  return { count, firstAt: firstAt ?? Number.POSITIVE_INFINITY };
}

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

function heapAfterCollection(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

function watchHeap(): { stop(): number } {
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, process.memoryUsage().heapUsed);
  };
  const timer = setInterval(look, 20);
  return {
    stop() {
      clearInterval(timer);
      look();
      return peak;
    },
  };
}

function toldOf(all: readonly Round[]) {
  const times = all.map(({ took }) => took);
  const name = `${lines} lines from one step, app open`;
  const figure = (
    what: string,
    unit: Figure['unit'],
    atMost: number,
    pick: (round: Round) => number,
    sum: (values: readonly number[]) => number,
  ): Figure => {
    const values = all.map(pick);
    const from = values.map((value) => value.toFixed(unit === 'ms' ? 1 : 0)).join(', ');
    return { what, value: sum(values), unit, atMost, from };
  };
  const most = (values: readonly number[]) => Math.max(...values);
  return {
    measured: [{ name, times, median: medianOf(times) }],
    figures: [
      figure('lines of a step that are not in the ledger', 'lines', 0, ({ lost }) => lost, most),
      figure('event loop held up, 99 of 100 times', 'ms', loopDelayMs, (round) => round.loopDelay, medianOf),
      figure('to the first line of output', 'ms', firstLineMs, (round) => round.firstLineAt, medianOf),
      figure('heap while much is printed', 'bytes', heapPeak, (round) => round.heapPeak, most),
      figure('heap kept after it', 'bytes', heapKept, (round) => round.heapKept, medianOf),
    ],
  };
}
