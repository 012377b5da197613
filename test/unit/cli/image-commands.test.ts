import { describe, expect, test } from 'vitest';
import { GantryError } from '#shared/domain/errors.ts';
import type { RunEvent } from '#shared/domain/run-events.ts';
import { callsOf, runGantry } from './run-gantry.ts';
import { runEvents, samplePrune, sampleWorkspace } from './samples.ts';

const good = { events: runEvents('succeeded') };

describe('gantry prune', () => {
  test('shows what would go, asks, and removes exactly that', async () => {
    const run = await runGantry(['prune'], { ...good, typed: ['y'] });
    expect(run.code).toBe(0);
    expect(run.stdout.indexOf('may go')).toBeLessThan(run.stdout.indexOf('run 1'));
    expect(run.stderr).toContain('Remove them?');
    expect(callsOf(run, 'images.prune.apply')).toEqual([
      { workspaceId: 'w-1', requestId: 'request-0001', hash: samplePrune().hash },
    ]);
  });

  test.each([['n'], ['']])('removes nothing when the answer is %j', async (answer) => {
    const run = await runGantry(['prune'], { ...good, typed: [answer] });
    expect(run.code).toBe(130);
    expect(run.stderr).toContain('Nothing was removed.');
    expect(callsOf(run, 'images.prune.apply')).toEqual([]);
  });

  test('only looks with --preview, also where nothing is trusted', async () => {
    const run = await runGantry(['prune', '--preview'], {
      ...good,
      typed: ['y'],
      workspace: sampleWorkspace({ trusted: false }),
    });
    expect(run.code).toBe(0);
    expect(run.stderr).toBe('');
    expect(callsOf(run, 'images.prune.apply')).toEqual([]);
  });

  test('does not ask about nothing', async () => {
    const run = await runGantry(['prune'], { typed: ['y'], prune: samplePrune({ goes: [] }) });
    expect(run.code).toBe(0);
    expect(callsOf(run, 'images.prune.apply')).toEqual([]);
  });

  test('with --json and --yes prints the run and nothing else', async () => {
    const run = await runGantry(['prune', '--yes', '--json'], good);
    expect(JSON.parse(run.stdout)).toMatchObject({ run: { id: 1, state: 'succeeded' } });
  });

  test('a preview that is no longer true is told by its own exit code', async () => {
    const startError = new GantryError('plan-stale', 'Other images may go now.', 'Look again.');
    const run = await runGantry(['prune', '--yes'], { startError });
    expect(run.code).toBe(6);
  });
});

describe('gantry build --commit', () => {
  test('asks for that commit, and trusts what it runs only when told to', async () => {
    const asked = async (...more: readonly string[]) =>
      callsOf(await runGantry(['build', '--commit', 'v1', ...more], good), 'runs.build');
    expect(await asked()).toMatchObject([{ commit: 'v1', trustCommit: false }]);
    expect(await asked('--trust')).toMatchObject([{ commit: 'v1', trustCommit: true }]);
  });

  test('without it nothing is said of a commit', async () => {
    const [input] = callsOf(await runGantry(['build'], good), 'runs.build');
    expect(input).not.toHaveProperty('commit');
  });
});

test('gantry adopt asks for what was named, and follows the run', async () => {
  const run = await runGantry(['adopt', 'ghcr.io/acme/shop:2'], good);
  expect(run.code).toBe(0);
  expect(callsOf(run, 'releases.adopt')).toEqual([
    { workspaceId: 'w-1', requestId: 'request-0001', ref: 'ghcr.io/acme/shop:2' },
  ]);
});

test('a release is pinned by its version as well', async () => {
  const run = await runGantry(['pin', '0.2.0', '--note', 'the audit']);
  expect(callsOf(run, 'releases.pin')).toEqual([
    { workspaceId: 'w-1', release: 'r-77ab10', note: 'the audit' },
  ]);
});

test('gantry images --no-registry asks none', async () => {
  const run = await runGantry(['images', '--no-registry', '-n', '3']);
  expect(callsOf(run, 'images.list')).toEqual([{ workspaceId: 'w-1', limit: 3, registry: false }]);
});

test('gantry rollback --list starts nothing', async () => {
  const run = await runGantry(['rollback', 'prod', '--list'], good);
  expect(run.code).toBe(0);
  expect(run.gantry.calls.map(({ path }) => path)).not.toContain('plan');
});

describe('a name that moves', () => {
  const [a, b] = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`);
  const name = { ref: 'shop:latest', before: a ?? '', after: b ?? '' };
  const [requested, ...rest] = runEvents('failed');
  if (requested === undefined) throw new Error('no events');
  const moving: RunEvent = { kind: 'tags-moving', step: 'up', names: [name] };
  const moved: RunEvent = { kind: 'tag-moved', step: 'up', ...name };

  test.each([
    ['pipe', undefined, `from ${a} to ${b}`],
    // Of a line only as much is shown as fits.
    ['terminal', [], `from ${'a'.repeat(12)} to ${'b'.repeat(12)}\n`],
  ])('is shown on a %s with where it pointed before', async (_where, typed, move) => {
    const events = [requested, moving, moved, ...rest];
    const { stdout, stderr } = await runGantry(['build'], { events, ...(typed && { typed }) });
    expect(stdout + stderr).toContain(`- shop:latest moved ${move}`);
    expect(stdout + stderr).not.toContain('about to move');
  });

  test('is named when nobody knows whether it did', async () => {
    const { stdout } = await runGantry(['build'], { events: [requested, moving, rest.at(-1) ?? moving] });
    expect(stdout).toContain(`shop:latest was about to move from ${'a'.repeat(12)} to ${'b'.repeat(12)}`);
  });
});
