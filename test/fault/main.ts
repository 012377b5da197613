/**
 * `node test/fault/main.ts [kills [place …]]`: the tests, then the whole campaign, also where a test has failed. The last
 * line is a verdict over both.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Ended, verdictPrefix, wholeVerdict } from './verdict.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort());

/** What it writes is shown as it comes, and where it is heard kept as well. */
function run(args: readonly string[], isHeard: boolean): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    signal: interrupt.signal,
    stdio: ['inherit', isHeard ? 'pipe' : 'inherit', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    process.stdout.write(chunk);
  });
  return new Promise((resolve) => {
    // That it was told to end; `close` comes all the same.
    child.on('error', () => undefined);
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}

const tests = await run(['node_modules/vitest/vitest.mjs', 'run', '--project', 'fault'], false);
const campaign = interrupt.signal.aborted
  ? { code: 1, output: '' }
  : await run(['test/fault/campaign/main.ts', ...process.argv.slice(2)], true);
const { text, isGood } = wholeVerdict(tests, campaign);
process.exitCode = interrupt.signal.aborted ? 130 : isGood ? 0 : 1;
process.stdout.write(`${verdictPrefix}${interrupt.signal.aborted ? 'interrupted' : text}\n`);
