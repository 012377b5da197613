import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countsOf } from '#test/runner/print.ts';
import { runStage } from '#test/runner/run-stage.ts';
import type { Stage } from '#test/runner/stages.ts';

const repository = join(import.meta.dirname, '..', '..');

let temp: string;

beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'gantry-runner-'));
});

afterEach(() => rmSync(temp, { recursive: true, force: true }));

function runOne(stage: Omit<Stage, 'name'>, signal: AbortSignal = new AbortController().signal) {
  return runStage(
    { name: 'the stage', ...stage },
    { root: repository, temp, env: {}, signal, patienceMs: 300 },
  );
}

/** A stand-in for a test program: writes the report that is given and ends with the code. */
function writes(report: unknown, code: number): Stage['command'] {
  const text = JSON.stringify(JSON.stringify(report));
  const script = `require('fs').writeFileSync(process.env.GANTRY_RUNNER_REPORT, ${text}); process.exit(${code})`;
  return ['node', '-e', script, '--'];
}

describe('a stage is counted', () => {
  it('as one check where it has no tests', async () => {
    const good = await runOne({ kind: 'static', command: ['node', '-e', ''] });
    const bad = await runOne({
      kind: 'static',
      command: ['node', '-e', 'console.log("why"); process.exit(3)'],
    });
    expect(good).toMatchObject({ passed: 1, failed: 0 });
    expect(bad).toMatchObject({ passed: 0, failed: 1, output: 'why\n' });
  });

  it('as nothing where it only prepares, unless it fails', async () => {
    expect(await runOne({ kind: 'prepare', command: ['node', '-e', ''] })).toMatchObject({
      passed: 0,
      failed: 0,
    });
    const bad = await runOne({ kind: 'prepare', command: ['node', '-e', 'process.exit(1)'] });
    expect(bad).toMatchObject({ passed: 0, failed: 1 });
  });

  it.each(['vitest', 'playwright'] as const)('as failed where %s ends without a report', async (kind) => {
    expect(await runOne({ kind, command: ['node', '-e', '', '--'] })).toMatchObject({ passed: 0, failed: 1 });
  });

  it('as failed where every test passed and the program did not', async () => {
    const report = { passed: 7, failed: 0, skipped: [] };
    expect(await runOne({ kind: 'vitest', command: writes(report, 1) })).toMatchObject({
      passed: 7,
      failed: 1,
    });
    expect(await runOne({ kind: 'vitest', command: writes(report, 0) })).toMatchObject({
      passed: 7,
      failed: 0,
    });
  });

  it('as failed where its program is not there', async () => {
    const result = await runOne({ kind: 'static', command: ['no-such-program'] });
    expect(result).toMatchObject({ passed: 0, failed: 1, output: expect.stringContaining('ENOENT') });
  });

  it('and ended when the run is interrupted', async () => {
    const command: Stage['command'] = ['node', '-e', 'setTimeout(() => {}, 60_000)'];
    const result = await runOne({ kind: 'static', command }, AbortSignal.timeout(300));
    expect(result.failed).toBe(1);
    expect(result.ms).toBeLessThan(20_000);
  });

  it('and ended when it does not want to', async () => {
    const script = 'process.on("SIGTERM", () => {}); setTimeout(() => {}, 60_000); console.log("up")';
    const result = await runOne(
      { kind: 'static', command: ['node', '-e', script] },
      AbortSignal.timeout(500),
    );
    expect(result.failed).toBe(1);
  });

  it('and done with when something of it runs on', async () => {
    const script =
      'require("child_process").spawn("sleep", ["3"], { stdio: "inherit", detached: true }).unref()';
    const result = await runOne({ kind: 'static', command: ['node', '-e', script] });
    expect(result).toMatchObject({ passed: 1, failed: 0 });
    expect(result.ms).toBeLessThan(2_500);
  });

  it('and leaves no report behind', async () => {
    await runOne({ kind: 'vitest', command: writes({ passed: 1, failed: 0, skipped: [] }, 0) });
    expect(readdirSync(temp)).toEqual([]);
  });
});

it('reads Playwright’s report, nested suites and reasons to skip included', async () => {
  const test = (status: string, ...annotations: object[]) => ({ status, annotations });
  const spec = (title: string, ...tests: object[]) => ({ title, tests });
  const report = {
    suites: [
      {
        specs: [spec('a', test('expected')), spec('b', test('unexpected')), spec('c', test('flaky'))],
        suites: [
          {
            specs: [
              spec('d', test('skipped', { type: 'skip', description: 'no Electron runtime' })),
              spec('e', test('skipped', { type: 'skip' })),
              spec('f', test('expected')),
            ],
          },
        ],
      },
    ],
    errors: [{ message: 'the setup threw' }],
  };
  expect(await runOne({ kind: 'playwright', command: writes(report, 1) })).toMatchObject({
    passed: 2,
    failed: 3,
    skipped: [
      { name: 'd', why: 'no Electron runtime' },
      { name: 'e', why: 'no reason given' },
    ],
  });
});

it('counts what Vitest ran, with a broken hook as a failure and with the reasons to skip', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-vitest-'));
  writeFileSync(join(folder, 'vitest.config.mjs'), 'export default { test: { globals: true } };');
  writeFileSync(
    join(folder, 'a.test.js'),
    `it('passes', () => {});
     it('fails', () => { expect(1).toBe(2); });
     it('is skipped', (test) => { test.skip('there is no printer'); });
     describe('broken', () => { beforeAll(() => { throw new Error('no'); }); it('never runs', () => {}); });`,
  );
  writeFileSync(join(folder, 'b.test.js'), "throw new Error('cannot even be loaded');");
  const reporter = join(repository, 'test/runner/vitest-report.ts');
  const command: Stage['command'] = ['vitest', 'run', '--root', folder, `--reporter=${reporter}`];
  const result = await runOne({ kind: 'vitest', command });
  rmSync(folder, { recursive: true });
  expect(result).toMatchObject({
    passed: 1,
    failed: 3,
    skipped: [
      { name: 'is skipped', why: 'there is no printer' },
      { name: 'broken > never runs', why: expect.any(String) },
    ],
  });
}, 30_000);

it('sums up in one plain line', () => {
  const skipped = [{ name: 'a', why: 'b' }];
  const line = countsOf([
    { passed: 2, failed: 0, skipped },
    { passed: 3, failed: 1, skipped: [] },
  ]);
  expect(line).toBe('5 passed, 1 failed, 1 skipped');
});
