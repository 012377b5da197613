import { describe, expect, it } from 'vitest';
import { GantryError } from '#shared/domain/errors.ts';
import { runEventSchema } from '#shared/domain/run-events.ts';
import { callsOf, runGantry } from './run-gantry.ts';
import { runEvents, sampleLog, samplePlan, sampleRelease, sampleWorkspace } from './samples.ts';

const good = { events: runEvents('succeeded') };
const typedPlan = { ...good, plan: () => samplePlan({ confirm: 'typed' }) };

describe('on a terminal', () => {
  it('shows the plan, asks, and starts what was shown', async () => {
    const run = await runGantry(['promote', 'staging'], { ...good, typed: ['y'] });
    expect(run.stdout).toContain('Promote 0.2.0 r-77ab10 from dev to staging');
    expect(run.stderr).toContain('Go ahead? [y/N] ');
    expect(callsOf(run, 'runs.start')).toEqual([
      { request: samplePlan().request, planHash: samplePlan().hash, requestId: 'request-0001' },
    ]);
    expect(run.code).toBe(0);
  });

  it.each([['n'], [''], ['staging']])('changes nothing after %j', async (answer) => {
    const run = await runGantry(['promote', 'staging'], { ...good, typed: [answer] });
    expect(run.code).toBe(130);
    expect(run.stderr).toContain('Nothing was changed.');
    expect(callsOf(run, 'runs.start')).toEqual([]);
  });

  it('wants the name typed where the environment does', async () => {
    const run = await runGantry(['promote', 'staging'], { ...typedPlan, typed: ['staging'] });
    expect(run.stderr).toContain('Type staging to go ahead: ');
    expect(callsOf(run, 'runs.start')).toMatchObject([{ confirmation: 'staging' }]);
  });

  it.each([['y'], ['Staging'], ['']])('does not take %j for the name', async (answer) => {
    const run = await runGantry(['promote', 'staging', '--yes'], { ...typedPlan, typed: [answer] });
    expect(run.code).toBe(130);
    expect(callsOf(run, 'runs.start')).toEqual([]);
  });

  it('asks whether to trust, and shows what would run', async () => {
    const workspace = sampleWorkspace({ trusted: false });
    const run = await runGantry(['build'], { ...good, workspace, typed: ['y'] });
    expect(run.stderr).toContain('  sh test/unit.sh\n');
    expect(callsOf(run, 'workspaces.trust')).toEqual([{ workspaceId: 'w-1' }]);
    expect(run.code).toBe(0);
  });

  it('draws the run in place and rings when it ends', async () => {
    const run = await runGantry(['promote', 'staging'], { ...good, typed: ['y'] });
    expect(run.stdout).toContain('  ✓ Start the containers  2.0 s  as it turned out\n');
    expect(run.stderr.endsWith('\u0007')).toBe(true);
  });
});

describe('in a pipe', () => {
  it('asks nothing, draws nothing, and prints a line for each change', async () => {
    const run = await runGantry(['promote', 'staging', '--confirm', 'staging'], good);
    expect(run.stdout.slice(run.stdout.indexOf('run 1:'))).toBe(
      [
        'run 1: promote 0.2.0 to staging',
        '- Find the image: started',
        '- Find the image: succeeded in 1.0 s - it is here',
        '- Start the containers: started',
        '- Start the containers: healthy 1 of 2 times',
        '- Start the containers: succeeded in 2.0 s - as it turned out',
        'run 1 succeeded in 6.0 s: it succeeded',
        '',
      ].join('\n'),
    );
    expect(run.stderr).toBe('');
    expect(callsOf(run, 'runs.start')).toMatchObject([{ confirmation: 'staging' }]);
  });

  it('says once what the engine says twice, and nothing of what says nothing', async () => {
    const vertex = { id: 'v', name: '[1/2] RUN make', inputs: [], startedAt: 0 };
    const changed = (state: string, more: object = {}) =>
      runEventSchema.parse({
        kind: 'vertex-changed',
        step: 'start',
        vertex: { ...vertex, state, ...more },
      });
    const done = changed('done', { endedAt: 2_100 });
    const failed = changed('failed', { endedAt: 1_000, error: 'exit code: 1' });
    const [first, ...rest] = runEvents('succeeded');
    const events = [
      first,
      changed('waiting'),
      changed('running'),
      done,
      done,
      changed('cached'),
      failed,
      ...rest,
    ];
    const run = await runGantry(['promote', 'staging', '--yes'], {
      events: events.filter((event) => event !== undefined),
    });
    expect(run.stdout.match(/^ {2}\[1\/2\].*$/gm)).toEqual([
      '  [1/2] RUN make: done in 2.1 s',
      '  [1/2] RUN make: cached',
      '  [1/2] RUN make: failed in 1.0 s - exit code: 1',
    ]);
  });

  it('shows the end of the failed step’s output, made harmless', async () => {
    const problem = { file: 'Dockerfile', line: 7, what: 'web crashed', hint: 'Look at its log. Twice.' };
    const error = {
      code: 'target-refused',
      message: 'web crashed',
      hint: 'Look at its log.',
      problems: [problem],
    };
    const run = await runGantry(['promote', 'staging', '--yes'], {
      events: runEvents('failed', { error }),
      log: sampleLog(),
    });
    expect(run.stdout.slice(run.stdout.indexOf('run 1 failed'))).toBe(
      [
        'run 1 failed in 6.0 s: it failed',
        'error: web crashed',
        'hint:  Look at its log.',
        'at:    Dockerfile:7 Twice.',
        '  | Container chatbot-web-1 Started',
        '  | web crashed',
        'gantry logs 1 shows all of its output.',
        // The board of this test is one of another run.
        'next:  gantry retry 1                    goes on from “Start the containers” (not now: Run 7 was in staging since)',
        '       gantry rollback staging r-1234ab  takes it back to what ran before',
        '       gantry give-up 1                  gives up: the run stays failed, staging as it is',
        '',
      ].join('\n'),
    );
  });
});

describe('--plan', () => {
  it.each(['deadbeef', 'cd'.repeat(31), 'latest'])('%s is no plan’s hash', async (given) => {
    const run = await runGantry(['deploy', 'dev', '--plan', given], good);
    expect(run.code).toBe(2);
    expect(run.stderr.split('\n')).toEqual([
      `error: ${given} is no plan’s hash: that has 64 digits from 0 to f.`,
      'hint:  gantry plan deploy dev prints the plan with its hash; copy all of it.',
      '',
    ]);
    expect(callsOf(run, 'runs.start')).toEqual([]);
  });

  it('starts that plan without planning or asking again', async () => {
    const hash = 'cd'.repeat(32);
    const run = await runGantry(
      ['rollback', 'prod', '--plan', hash, '--confirm', 'prod', '--note', 'why'],
      good,
    );
    expect(callsOf(run, 'plan')).toEqual([]);
    expect(callsOf(run, 'runs.start')).toEqual([
      {
        request: { workspaceId: 'w-1', kind: 'rollback', to: 'prod' },
        planHash: hash,
        requestId: 'request-0001',
        confirmation: 'prod',
        note: 'why',
      },
    ]);
  });
});

describe('--release', () => {
  const releases = [
    sampleRelease(),
    sampleRelease({
      id: 'r-77cd10',
      version: '0.3.0',
      images: [{ ...sampleRelease().images[0], tags: ['chatbot:x'] }],
    }),
  ];

  it.each([
    ['0.3.0', 'r-77cd10'],
    ['r-77c', 'r-77cd10'],
    ['chatbot:x', 'r-77cd10'],
    ['r-77ab10', 'r-77ab10'],
  ])('%s names %s', async (named, id) => {
    const run = await runGantry(['deploy', 'dev', '--yes', '--release', named], { ...good, releases });
    expect(callsOf(run, 'plan')).toEqual([{ workspaceId: 'w-1', kind: 'deploy', to: 'dev', release: id }]);
  });

  it.each([
    [['plan', 'deploy', 'dev', '0.3.0'], 'deploy', 'dev'],
    [['plan', 'dev', '0.3.0'], 'deploy', 'dev'],
    [['plan', 'staging', 'r-77cd10'], 'promote', 'staging'],
    [['plan', 'rollback', 'prod', '0.3.0'], 'rollback', 'prod'],
    [['plan', 'rollback', 'prod', '--release', '0.3.0'], 'rollback', 'prod'],
    [['promote', 'staging', '0.3.0', '--yes'], 'promote', 'staging'],
    [['promote', 'staging', '--release', '0.3.0', '--yes'], 'promote', 'staging'],
  ])('%j takes the release', async (argv, kind, to) => {
    const run = await runGantry(argv, { ...good, releases });
    expect(callsOf(run, 'plan')).toEqual([{ workspaceId: 'w-1', kind, to, release: 'r-77cd10' }]);
  });

  it.each([
    ['0.9.0', 'There is no release 0.9.0'],
    ['r-77', 'r-77 names 2 releases: r-77ab10, r-77cd10.'],
  ])('%s is refused', async (named, message) => {
    const run = await runGantry(['deploy', 'dev', '--yes', '--release', named], { ...good, releases });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(message);
  });
});

describe('Ctrl-C', () => {
  const waiting = {
    events: runEvents('succeeded'),
    waitBefore: 5,
    eventsAfterCancel: runEvents('cancelled').slice(-1),
  };

  it('cancels the run and waits for its end', async () => {
    let pressed = 0;
    const run = await runGantry(['promote', 'staging', '--yes'], {
      ...waiting,
      onOutput: (everything, interrupt) => {
        if (pressed === 0 && everything.includes('healthy 1 of 2')) {
          pressed += 1;
          interrupt();
        }
      },
    });
    expect(callsOf(run, 'runs.cancel')).toEqual([{ runId: 1 }]);
    expect(run.stderr).toContain('cancelling… (Ctrl-C again leaves at once)');
    expect(run.stdout).toContain('run 1 cancelled');
    expect(run.left).toBe(false);
    expect(run.code).toBe(130);
  });

  it('pressed again leaves at once and says what becomes of the run', async () => {
    let pressed = 0;
    const run = await runGantry(['promote', 'staging', '--yes'], {
      ...waiting,
      onOutput: (everything, interrupt) => {
        if (pressed > 0 || !everything.includes('healthy 1 of 2')) return;
        pressed += 1;
        interrupt();
        interrupt();
      },
    });
    expect(run.stderr).toContain('Run 1 is left as it is; a Gantry that starts later finds out');
    expect(run.left).toBe(true);
  });

  it('while the run is only being asked for cancels it once it is there', async () => {
    const run = await runGantry(['promote', 'staging', '--yes'], {
      ...waiting,
      onStart: (interrupt) => interrupt(),
    });
    expect(callsOf(run, 'runs.cancel')).toEqual([{ runId: 1 }]);
    expect(run.left).toBe(false);
    expect(run.code).toBe(130);
  });

  it('ends the process at once where nothing runs', async () => {
    const run = await runGantry(['hold', 'prod', 'audit', 'time'], {
      onOutput: (_everything, interrupt) => interrupt(),
    });
    expect(run.left).toBe(true);
  });
});

describe('--json', () => {
  it('prints one document: the run and its steps', async () => {
    const run = await runGantry(['promote', 'staging', '--yes', '--json'], good);
    const document = JSON.parse(run.stdout);
    expect(document).toMatchObject({ run: { id: 1, state: 'succeeded' }, steps: [{ id: 'find-image' }, {}] });
    expect(run.stderr).toBe('');
  });

  it('with a yes plans once: the start does', async () => {
    const run = await runGantry(['promote', 'staging', '--confirm', 'staging', '--json'], good);
    expect(callsOf(run, 'plan')).toEqual([]);
    expect(callsOf(run, 'runs.start')).toMatchObject([{ planHash: null, confirmation: 'staging' }]);
  });

  it('with --follow prints each event on a line', async () => {
    const run = await runGantry(['promote', 'staging', '--yes', '--json', '--follow'], good);
    const kinds = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).event.kind);
    expect(kinds).toEqual(good.events.map((event) => event.kind));
  });

  it('never asks, even on a terminal', async () => {
    const run = await runGantry(['promote', 'staging', '--json'], { ...good, typed: ['y'] });
    expect(run.code).toBe(2);
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'confirmation-required' }, exitCode: 2 });
  });
});

it('closes Gantry whatever happens', async () => {
  const startError = new GantryError('environment-busy', 'Busy.', 'Wait.');
  const run = await runGantry(['promote', 'staging', '--yes'], { startError });
  expect(run.gantry.disposals()).toBe(1);
});
