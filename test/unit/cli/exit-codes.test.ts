import { describe, expect, it } from 'vitest';
import { exitCodeOfError, exitCodeOfOutcome } from '#main/shell/cli/exit-codes.ts';
import { errorCodeSchema, GantryError } from '#shared/domain/errors.ts';
import { runOutcomeSchema } from '#shared/domain/outcome.ts';
import { callsOf, runGantry } from './run-gantry.ts';
import { runEvents, samplePlan, sampleWorkspace } from './samples.ts';

describe('the table', () => {
  it('knows every error code and every outcome', () => {
    for (const code of errorCodeSchema.options) expect(exitCodeOfError(code), code).toBeGreaterThan(0);
    expect(runOutcomeSchema.options.map((outcome) => [outcome, exitCodeOfOutcome(outcome)])).toEqual([
      ['succeeded', 0],
      ['failed', 1],
      ['errored', 1],
      ['cancelled', 130],
      ['rolled-back', 1],
      ['unverified', 8],
      ['interrupted', 1],
    ]);
  });
});

const promote = ['promote', 'staging', '--yes'];
const refusal = (code: ConstructorParameters<typeof GantryError>[0]) => ({
  startError: new GantryError(code, 'It was refused.', 'Do something.'),
});

describe('gantry ends with', () => {
  it('0 when the run succeeded', async () => {
    expect((await runGantry(promote, { events: runEvents('succeeded') })).code).toBe(0);
  });

  it.each(['failed', 'errored', 'rolled-back', 'interrupted'] as const)(
    '1 when the run %s',
    async (outcome) => {
      expect((await runGantry(promote, { events: runEvents(outcome) })).code).toBe(1);
    },
  );

  it.each([
    ['an unknown command', ['fly']],
    ['an unknown option', ['status', '--loudly']],
    ['no command', []],
    ['a missing argument', ['promote']],
    ['a run that is no number', ['logs', 'newest']],
  ])('2 after %s', async (_case, argv) => {
    const run = await runGantry(argv);
    expect(run.code).toBe(2);
    expect(run.stderr).not.toBe('');
    expect(run.gantry.calls).toEqual([]);
  });

  it('2 when a pipe gives no confirmation', async () => {
    const run = await runGantry(['promote', 'staging']);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('Add --yes.');
    expect(callsOf(run, 'runs.start')).toEqual([]);
  });

  it('2 when --yes is all that an environment gets that wants its name typed', async () => {
    const run = await runGantry(promote, { plan: () => samplePlan({ confirm: 'typed' }) });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('Add --confirm staging.');
    expect(callsOf(run, 'runs.start')).toEqual([]);
  });

  it('2 when something blocks the plan', async () => {
    const warnings = [{ level: 'block', what: 'TOKEN is missing', detail: '', about: 'env' }];
    const run = await runGantry(promote, { plan: () => samplePlan({ warnings }) });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('error: TOKEN is missing');
  });

  it.each([
    ['order', 'gate-closed'],
    ['tests', 'gate-closed'],
    ['hold', 'environment-held'],
  ] as const)('3 when the gate %s is closed', async (id, code) => {
    const gates = [{ id, title: 'Gate', state: 'closed', detail: 'not yet' }];
    const run = await runGantry(promote, { plan: () => samplePlan({ gates }) });
    expect(run.code).toBe(3);
    expect(run.stderr).toContain('error: Gate: not yet');
    expect(callsOf(run, 'runs.start')).toEqual([]);
    // The core itself refuses what nobody has looked at.
    const unseen = await runGantry([...promote, '--json'], refusal(code));
    expect(unseen.code).toBe(3);
    expect(JSON.parse(unseen.stdout)).toMatchObject({ error: { code }, exitCode: 3 });
  });

  it('4 when the environment is busy', async () => {
    expect((await runGantry(promote, refusal('environment-busy'))).code).toBe(4);
  });

  it.each(['engine-unreachable', 'registry-unreachable', 'target-unreachable'] as const)(
    '5 after %s',
    async (code) => {
      const plan = () => {
        throw new GantryError(code, 'Nobody answers.', 'Start it.');
      };
      expect((await runGantry(promote, { plan })).code).toBe(5);
    },
  );

  it.each([
    ['registry-refused', 1],
    ['image-unfit', 2],
  ] as const)('after %s: %i', async (code, exitCode) => {
    expect((await runGantry(promote, refusal(code))).code).toBe(exitCode);
  });

  it('6 when the plan is stale', async () => {
    const run = await runGantry([...promote, '--plan', 'ab'.repeat(32)], refusal('plan-stale'));
    expect(run.code).toBe(6);
    expect(callsOf(run, 'runs.start')).toMatchObject([{ planHash: 'ab'.repeat(32) }]);
  });

  it('7 in a pipe when the workspace is not trusted, and runs it with --trust', async () => {
    const untrusted = { workspace: sampleWorkspace({ trusted: false }), events: runEvents('succeeded') };
    expect((await runGantry(['build'], untrusted)).code).toBe(7);
    expect((await runGantry(['build', '--trust'], untrusted)).code).toBe(0);
  });

  it('8 when the result cannot be observed', async () => {
    expect((await runGantry(promote, { events: runEvents('unverified') })).code).toBe(8);
  });

  it('130 when the run was cancelled', async () => {
    expect((await runGantry(promote, { events: runEvents('cancelled') })).code).toBe(130);
  });

  it('1 after a bug, and hides nothing that helps', async () => {
    const board = () => {
      throw new Error('a bug');
    };
    const run = await runGantry(['status', '--json'], { board });
    expect(run.code).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'internal' }, exitCode: 1 });
  });
});
