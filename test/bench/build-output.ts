import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { baseImage } from '#test/engine/base-image.ts';
import type { ProvisionedEngine } from '#test/engine/engine.ts';
import { describeWorkspace } from './build-world.ts';
import { type Figure, type Measured, medianOf } from './harness.ts';
import type { LogSeen, LogWindowData } from './log-window.ts';
import { type OpenApp, openApp } from './open-app.ts';

const lines = 100_000;
const rounds = 5;
/** The issue's. */
const loopDelayMs = 20;
const firstLineMs = 300;
/** Bytes above what was in use before the run. All lines at once, as objects, would be some 30 MB. */
const heapInUse = 16_000_000;
const heapKept = 2_000_000;

type Round = {
  readonly took: number;
  readonly lost: number;
  readonly firstLineAt: number;
  readonly loopDelay: number;
  readonly heapInUse: number;
  readonly heapKept: number;
};

/** A step that prints much, in the process that serves the window. The engine clips nothing. */
export async function measureOutput(
  engine: Pick<ProvisionedEngine, 'env'>,
): Promise<{ readonly measured: readonly Measured[]; readonly figures: readonly Figure[] }> {
  const place = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
  const folder = join(place, 'workspace');
  await describeWorkspace(folder, 'bench-output', '.');
  const print = `awk 'BEGIN { for (i = 1; i <= ${lines}; i++) printf "line %06d of what a step of a build prints\\n", i }'`;
  await writeFile(join(folder, 'Dockerfile'), `FROM ${baseImage}\nRUN ${print}\n`);
  const app = await openApp(join(place, 'app'), folder, engine.env);
  try {
    // The first is not counted: it compiles what it runs.
    await printMuch(app, false);
    const timed: Round[] = [];
    for (let round = 0; round < rounds; round += 1) timed.push(await printMuch(app, false));
    // Collecting holds the loop up, and so memory is looked at in rounds of its own.
    const weighed = [await printMuch(app, true), await printMuch(app, true)];
    return toldOf(timed, weighed);
  } finally {
    await app.close();
    await rm(place, { recursive: true, force: true });
  }
}

async function printMuch(app: OpenApp, weighs: boolean): Promise<Round> {
  const { client, workspaceId } = app;
  const window = await openWindow(app);
  const before = heapAfterCollection();
  const heap = weighs ? watchHeap() : undefined;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const [began, beganAt] = [performance.now(), Date.now()];
  const seen = seenBy(window);
  await app.untilEnded(async () => {
    const run = await client.runs.build({ workspaceId, requestId: app.requestId(), noCache: true });
    window.postMessage(run.runId);
    return run;
  });
  const took = performance.now() - began;
  const { count, firstAt } = await seen;
  delay.disable();
  return {
    took,
    lost: lines - count,
    firstLineAt: firstAt - beganAt,
    loopDelay: delay.percentile(99) / 1e6,
    heapInUse: (heap?.stop() ?? before) - before,
    heapKept: heapAfterCollection() - before,
  };
}

async function openWindow(app: OpenApp): Promise<Worker> {
  const port = app.door();
  const window = new Worker(new URL('./log-window.ts', import.meta.url), {
    workerData: { port } satisfies LogWindowData,
    transferList: [port],
  });
  await once(window, 'message');
  return window;
}

async function seenBy(window: Worker): Promise<LogSeen> {
  try {
    const [seen] = await once(window, 'message');
    return seen;
  } finally {
    await window.terminate();
  }
}

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

function heapAfterCollection(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

function watchHeap(): { stop(): number } {
  let most = 0;
  const look = () => {
    most = Math.max(most, heapAfterCollection());
  };
  const timer = setInterval(look, 200);
  return {
    stop() {
      clearInterval(timer);
      look();
      return most;
    },
  };
}

function toldOf(timed: readonly Round[], weighed: readonly Round[]) {
  const times = timed.map(({ took }) => took);
  const figure = (
    what: string,
    unit: Figure['unit'],
    atMost: number,
    values: readonly number[],
    sum: (values: readonly number[]) => number,
  ): Figure => {
    const from = values.map((value) => value.toFixed(unit === 'ms' ? 1 : 0)).join(', ');
    return { what, value: sum(values), unit, atMost, from };
  };
  const most = (values: readonly number[]) => Math.max(...values);
  const of = (all: readonly Round[], name: keyof Round) => all.map((round) => round[name]);
  return {
    measured: [{ name: `${lines} lines from one step, app open`, times, median: medianOf(times) }],
    figures: [
      figure('lines of a step that are not in the ledger', 'lines', 0, of(timed, 'lost'), most),
      figure('event loop held up, 99 of 100 times', 'ms', loopDelayMs, of(timed, 'loopDelay'), medianOf),
      figure('to the first line of output', 'ms', firstLineMs, of(timed, 'firstLineAt'), medianOf),
      figure('heap in use while much is printed', 'bytes', heapInUse, of(weighed, 'heapInUse'), most),
      figure('heap in use after it', 'bytes', heapKept, of([...timed, ...weighed], 'heapKept'), medianOf),
    ],
  };
}
