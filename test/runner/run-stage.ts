import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Counts, readReport, type Skipped } from './report.ts';
import type { Stage } from './stages.ts';

export type StageResult = {
  readonly stage: Stage;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly Skipped[];
  readonly ms: number;
  readonly output: string;
};

export type Room = {
  readonly root: string;
  /** For the reports, removed by the caller. */
  readonly temp: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** How long a program that was asked to end may take, and one that has ended may leave its output open. */
  readonly patienceMs: number;
};

/** A stage that hangs must not hang the whole list. */
const longestStageMs = 12 * 60_000;

type Ended = { readonly code: number; readonly output: string };

function runCommand(stage: Stage, room: Room, report: string): Promise<Ended> {
  const [program, ...args] = stage.command;
  const reporters =
    stage.kind === 'vitest' ? ['--reporter=default', '--reporter=./test/runner/vitest-report.ts'] : [];
  const env = {
    ...process.env,
    ...room.env,
    PATH: [join(room.root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter),
    GANTRY_RUNNER_REPORT: report,
    PLAYWRIGHT_JSON_OUTPUT_FILE: report,
    NO_COLOR: '1',
  };
  return new Promise((resolve) => {
    const timeout = AbortSignal.timeout(longestStageMs);
    const signal = AbortSignal.any([room.signal, timeout]);
    const child = spawn(program, [...args, ...reporters], {
      cwd: room.root,
      env,
      signal,
      // npm and npx are scripts on Windows.
      shell: process.platform === 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    let trouble = '';
    child.on('error', (error) => {
      trouble = timeout.aborted ? `\nended after ${longestStageMs / 60_000} minutes` : `\n${error.message}`;
    });
    const end = () => {
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ code: child.exitCode ?? 1, output: Buffer.concat(chunks).toString() + trouble });
    };
    child.on('close', end);
    // What the program left running may hold its output open.
    child.on('exit', () => setTimeout(end, room.patienceMs).unref());
    // And it may not end when asked.
    signal.addEventListener('abort', () => setTimeout(() => child.kill('SIGKILL'), room.patienceMs).unref());
  });
}

/** A stage's exit code and its report must agree: one that failed without a failed test counts as a failure. */
function honest(stage: Stage, code: number, counted: Counts | undefined): Counts {
  if (stage.kind === 'static') return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [] };
  const counts = counted ?? { passed: 0, failed: 0, skipped: [] };
  const isMissing = counted === undefined && stage.kind !== 'prepare';
  return (code !== 0 || isMissing) && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

export async function runStage(stage: Stage, room: Room): Promise<StageResult> {
  const report = join(room.temp, `${stage.name}.json`);
  const start = performance.now();
  const { code, output } = await runCommand(stage, room, report);
  const counted =
    stage.kind === 'vitest' || stage.kind === 'playwright' ? await readReport(stage.kind, report) : undefined;
  await rm(report, { force: true });
  return { stage, ...honest(stage, code, counted), ms: performance.now() - start, output };
}

export function notRun(stage: Stage, why: string): StageResult {
  return { stage, passed: 0, failed: 1, skipped: [], ms: 0, output: why };
}
