/** `node test/runner/main.ts all|check` runs every stage of a list, also after one has failed, and counts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GantryError } from '#shared/domain/errors.ts';
import type { Engine } from '#test/engine/engine.ts';
import { describeEngine, engineVariable } from '#test/engine/for-tests.ts';
import { startEngine } from '#test/engine/start.ts';
import { countsOf, createPrint, type Print } from './print.ts';
import { notRun, type Room, runStage, type StageResult } from './run-stage.ts';
import { lists, type Stage } from './stages.ts';

type Shared = { readonly engine?: Engine; readonly why?: string };

async function startShared(print: Print): Promise<Shared> {
  const start = performance.now();
  try {
    const engine = await startEngine({ say: (text) => print.line(`  engine: ${text}`) });
    const where = engine.kind === 'reachable' ? ` (${engine.via})` : '';
    print.line(
      `  engine: ${engine.kind}${where}, ready after ${((performance.now() - start) / 1000).toFixed(1)} s`,
    );
    return { engine };
  } catch (error) {
    const why = error instanceof GantryError ? `${error.message}\n${error.hint}` : String(error);
    return { why };
  }
}

async function runAll(stages: readonly Stage[], room: Room, print: Print): Promise<readonly StageResult[]> {
  const results: StageResult[] = [];
  let shared: Shared | undefined;
  try {
    for (const stage of stages) {
      if (room.signal.aborted) break;
      if (stage.needsEngine) shared ??= await startShared(print);
      if (!stage.needsEngine) print.begin(stage);
      const engine = stage.needsEngine ? shared?.engine : undefined;
      const env = engine ? { ...room.env, [engineVariable]: describeEngine(engine) } : room.env;
      const isStuck = stage.needsEngine && engine === undefined;
      const result = isStuck ? notRun(stage, shared?.why ?? '') : await runStage(stage, { ...room, env });
      results.push(result);
      if (!room.signal.aborted) print.end(result);
    }
  } finally {
    await shared?.engine?.stop();
  }
  return results;
}

async function main(): Promise<number> {
  const name = process.argv[2] === 'check' ? 'check' : 'all';
  const print = createPrint(process.stdout);
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort());
  const temp = await mkdtemp(join(tmpdir(), 'gantry-test-'));
  const room = {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    temp,
    env: {},
    signal: interrupt.signal,
  };
  const start = performance.now();
  const results = await runAll(lists[name], room, print).finally(() =>
    rm(temp, { recursive: true, force: true }),
  );
  const failed = results.filter((result) => result.failed > 0).map((result) => result.stage.name);
  const took = `${((performance.now() - start) / 1000).toFixed(0)} s`;
  print.line('');
  if (interrupt.signal.aborted) {
    print.line(`interrupted after ${results.length} of ${lists[name].length} stages`);
    return 130;
  }
  if (name === 'check') {
    const verdict = failed.length === 0 ? 'check passed' : `check FAILED: ${failed.join(', ')}`;
    print.line(`${verdict} (${countsOf(results)}, ${took})`);
  } else {
    print.line(
      failed.length === 0 ? `every stage passed in ${took}` : `failed: ${failed.join(', ')} (${took})`,
    );
    print.line(countsOf(results));
  }
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = await main();
