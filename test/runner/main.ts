/** `node test/runner/main.ts all|check` runs every stage of a list, also after one has failed, and counts. */
import { mkdtempSync, rmSync } from 'node:fs';
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

type ListName = keyof typeof lists;

/** The closing lines; of `npm test` the very last one has the counts and nothing else, for machines to read. */
function verdict(name: ListName, results: readonly StageResult[], ms: number): readonly string[] {
  const failed = results.filter((result) => result.failed > 0).map((result) => result.stage.name);
  const took = `${(ms / 1000).toFixed(0)} s`;
  if (name === 'check') {
    const word = failed.length === 0 ? 'check passed' : `check FAILED: ${failed.join(', ')}`;
    return [`${word} (${countsOf(results)}, ${took})`];
  }
  const stages = failed.length === 0 ? 'every stage passed' : `failed: ${failed.join(', ')}`;
  return [`${stages} (${took})`, countsOf(results)];
}

async function main(): Promise<number> {
  const name: ListName = process.argv[2] === 'check' ? 'check' : 'all';
  const print = createPrint(process.stdout);
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort());
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const temp = mkdtempSync(join(tmpdir(), 'gantry-runner-'));
  // Whoever read our output may go away in the middle: `npm test | head`.
  process.stdout.on('error', () => process.exit(1));
  process.once('exit', () => rmSync(temp, { recursive: true, force: true }));
  const room = { root, temp, env: {}, signal: interrupt.signal, patienceMs: 5_000 };
  const start = performance.now();
  const results = await runAll(lists[name], room, print);
  print.line('');
  if (interrupt.signal.aborted) {
    print.line(`interrupted in stage ${results.length} of ${lists[name].length}`);
    return 130;
  }
  for (const text of verdict(name, results, performance.now() - start)) print.line(text);
  return results.some((result) => result.failed > 0) ? 1 : 0;
}

process.exitCode = await main();
