import { expect, it } from 'vitest';
import type { LiveEvent } from '#shared/api/contract.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { recordedEventSchema } from '#shared/domain/run-events.ts';
import { watchStateSchema } from '#shared/domain/watch.ts';
import { callsOf, type RunOptions, runGantry } from './run-gantry.ts';
import { startedAt } from './samples.ts';

const on = (changes: object): LiveEvent => ({
  kind: 'watch-changed',
  workspaceId: 'w-1' as never,
  watch: watchStateSchema.parse({
    kind: 'on',
    environment: 'dev',
    since: startedAt,
    changed: [],
    ...changes,
  }),
});

/** A run of the loop, from its request to its end. */
function run(
  id: number,
  kind: 'build' | 'deploy',
  ended: { readonly outcome: string; readonly summary: string },
  takes: number,
  at = startedAt,
): LiveEvent[] {
  const by = { name: 'ada', shell: 'cli' };
  const place = kind === 'deploy' ? { environment: 'dev', release: 'r-77ab10' } : {};
  const events = [
    { kind: 'run-requested', workspaceId: 'w-1', run: kind, ...place, steps: [], by },
    ...(ended.outcome === 'cancelled' ? [{ kind: 'cancel-requested', by }] : []),
    { kind: 'run-ended', recovered: false, ...ended },
  ];
  return events.map((event, index) => ({
    kind: 'recorded',
    recorded: recordedEventSchema.parse({
      seq: id * 10 + index,
      runId: id,
      n: index + 1,
      at: event.kind === 'run-ended' ? at + takes : at,
      event,
    }),
  }));
}

const ok = (summary: string) => ({ outcome: 'succeeded', summary });
const changed = { changed: ['src/a.ts', 'src/b.ts', 'c', 'd'], changedMore: 80, changedAt: startedAt };

/** Three rounds: as it is, one that a change makes stale, one whose tests fail; then a hold. */
const rounds: LiveEvent[] = [
  on({ phase: 'settling' }),
  on({ phase: 'building' }),
  on({ phase: 'building', runId: 1 }),
  ...run(1, 'build', ok('r-77ab10: 2 of 4 steps cached, 3 tests passed'), 2_600),
  on({ phase: 'deploying', runId: 1 }),
  on({ phase: 'deploying', runId: 2 }),
  ...run(2, 'deploy', ok('dev is healthy'), 1_900, startedAt + 3_000),
  on({ phase: 'waiting', runId: 2, done: 'dev runs r-77ab10' }),
  on({ phase: 'settling', runId: 2, done: 'dev runs r-77ab10' }),
  on({ phase: 'building', ...changed }),
  on({ phase: 'building', ...changed, runId: 3 }),
  on({ phase: 'settling', ...changed, runId: 3 }),
  ...run(3, 'build', { outcome: 'cancelled', summary: 'Cancelled' }, 200),
  on({ phase: 'building', ...changed }),
  on({ phase: 'building', ...changed, runId: 4 }),
  ...run(4, 'build', ok('r-77ab10: all cached'), 1_000, startedAt + 300),
  on({ phase: 'deploying', ...changed, runId: 4 }),
  on({ phase: 'deploying', ...changed, runId: 5 }),
  ...run(5, 'deploy', ok('dev is healthy'), 1_000, startedAt + 1_400),
  on({ phase: 'waiting', ...changed, runId: 5, done: 'dev runs r-77ab10' }),
  on({ phase: 'building', changed: ['x'], changedAt: startedAt }),
  on({ phase: 'building', changed: ['x'], changedAt: startedAt, runId: 6 }),
  ...run(6, 'build', { outcome: 'failed', summary: 'Test unit failed' }, 500),
  on({ phase: 'waiting', changed: ['x'], changedAt: startedAt, runId: 6, trouble: 'Test unit failed' }),
  on({ phase: 'building', changed: [], changedAt: startedAt }),
  on({ phase: 'building', changed: [], changedAt: startedAt, runId: 7 }),
  ...run(7, 'build', ok('r-88ab10: all cached'), 500),
  on({ phase: 'deploying', changedAt: startedAt, runId: 7 }),
  on({ phase: 'waiting', changedAt: startedAt, runId: 7, trouble: 'dev is on hold: audit.' }),
];

const untilTrouble: RunOptions = {
  watch: rounds,
  onOutput: (all, interrupt) => {
    if (all.includes('on hold') && !all.includes('ending…')) interrupt();
  },
};

it('prints each round in a few lines, and ends with Ctrl-C', async () => {
  const ended = await runGantry(['build', '--watch', '--deploy', 'dev'], untilTrouble);
  expect(ended.stdout).toBe(`\
Watching /w/chatbot: each change is built, tested and deployed to dev. Ctrl-C ends it.
as it is now
  build   succeeded  2.6 s  run 1  r-77ab10: 2 of 4 steps cached, 3 tests passed
  deploy  succeeded  1.9 s  run 2  dev is healthy
  dev runs r-77ab10
src/a.ts, src/b.ts, c and 81 more changed
  build   given up  0.2 s  run 3  something changed meanwhile
src/a.ts, src/b.ts, c and 81 more changed
  build   succeeded  1.0 s  run 4  r-77ab10: all cached
  deploy  succeeded  1.0 s  run 5  dev is healthy
  healthy 2.4 s after the change: dev runs r-77ab10
x changed
  build   failed  0.5 s  run 6  Test unit failed
something changed
  build   succeeded  0.5 s  run 7  r-88ab10: all cached
  ! dev is on hold: audit.
`);
  expect(ended.stderr).toContain('ending… (Ctrl-C again leaves at once)');
  expect(ended.code).toBe(130);
  expect(callsOf(ended, 'watch.stop')).toHaveLength(1);
});

it('with --json prints one line for each state', async () => {
  const ended = await runGantry(['build', '--watch', '--json'], untilTrouble);
  const lines = ended.stdout.trim().split('\n');
  const states = rounds.flatMap((event) => (event.kind === 'watch-changed' ? [event.watch] : []));
  expect(lines.map((line) => JSON.parse(line))).toEqual([...states, { kind: 'off' }]);
});

it('on a terminal says the same, and draws what goes on', async () => {
  const ended = await runGantry(['build', '--watch'], { ...untilTrouble, typed: [] });
  expect(ended.stdout).toContain('healthy 2.4 s after the change: dev runs r-77ab10');
  expect(ended.code).toBe(130);
});

it.each([
  [[], {}],
  [['--deploy', 'dev'], { environment: 'dev' }],
  [['--no-deploy'], { environment: null }],
])('watches with %j', async (argv, environment) => {
  const ended = await runGantry(['build', '--watch', ...argv], untilTrouble);
  expect(callsOf(ended, 'watch.start')).toEqual([{ workspaceId: 'w-1', ...environment }]);
});

it('says why it does not watch', async () => {
  const startError = new GantryError('confirmation-required', 'prod wants its name typed.', 'Take another.');
  const ended = await runGantry(['build', '--watch'], { watch: [], startError });
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('prod wants its name typed.');
});

it.each([
  ['--deploy', 'dev'],
  ['--no-deploy'],
  ['--watch', '--replace'],
  ['--watch', '--no-wait'],
  ['--watch', '--no-cache'],
  ['--watch', '--commit', 'main'],
])('does not take %s %s', async (...argv) => {
  expect((await runGantry(['build', ...argv])).code).toBe(2);
});
