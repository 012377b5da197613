import { expect, it } from 'vitest';
import { limit, moment, portNumber, runNumber } from '#main/shell/cli/commands/arguments.ts';
import { callsOf, runGantry } from './run-gantry.ts';
import { runEvents, startedAt } from './samples.ts';

it.each([
  [runNumber, '12', 12],
  [runNumber, '#12', 12],
  [limit, '500', 500],
  [portNumber, '0', 0],
  [portNumber, '65535', 65_535],
])('%o takes %s', (parse, text, value) => {
  expect(parse(text)).toBe(value);
});

it.each([
  [runNumber, '0'],
  [runNumber, '-1'],
  [runNumber, '1.5'],
  [runNumber, '0x10'],
  [runNumber, ''],
  [limit, '501'],
  [portNumber, '65536'],
])('%o refuses %s', (parse, text) => {
  expect(() => parse(text)).toThrow('Wanted: ');
});

it.each([
  ['90m', startedAt - 90 * 60_000],
  ['12h', startedAt - 12 * 3_600_000],
  ['3d', startedAt - 3 * 86_400_000],
  ['2w', startedAt - 14 * 86_400_000],
  ['2026-06-30', Date.parse('2026-06-30')],
  ['99999w', 0],
])('%s is a moment', (text, at) => {
  expect(moment(text)(startedAt)).toBe(at);
});

it.each(['soon', '3x', '', '2026-13-01'])('%j is none', (text) => {
  expect(() => moment(text)).toThrow('Wanted: a date');
});

it('history passes every filter on', async () => {
  const filters = [
    '-n',
    '5',
    '-e',
    'prod',
    '--kind',
    'promote',
    '--state',
    'failed',
    '--since',
    '1h',
    '--before',
    '9',
  ];
  const run = await runGantry(['history', ...filters]);
  expect(callsOf(run, 'runs.list')).toEqual([
    {
      workspaceId: 'w-1',
      limit: 5,
      environment: 'prod',
      kind: 'promote',
      state: 'failed',
      since: startedAt - 3_600_000,
      before: 9,
    },
  ]);
});

it.each([
  [['plan', 'dev'], { kind: 'deploy', to: 'dev' }],
  [['plan', 'prod'], { kind: 'promote', to: 'prod' }],
  [['plan', 'rollback', 'prod'], { kind: 'rollback', to: 'prod' }],
  [['plan', 'promote', 'prod', '--from', 'dev'], { kind: 'promote', to: 'prod', from: 'dev' }],
])('%j asks for a plan', async (argv, request) => {
  const run = await runGantry(argv);
  expect(callsOf(run, 'plan')).toEqual([{ workspaceId: 'w-1', ...request }]);
});

it('knows no other kind of plan', async () => {
  const run = await runGantry(['plan', 'build', 'prod']);
  expect(run.code).toBe(2);
  expect(run.stderr).toContain('There is no plan of the kind build.');
});

it.each([
  [[], 'queue'],
  [['--replace'], 'replace'],
  [['--no-wait'], 'refuse'],
])('build %j while another goes on: %s', async (argv, whenBusy) => {
  const run = await runGantry(['build', ...argv], { events: runEvents('succeeded') });
  expect(callsOf(run, 'runs.build')).toMatchObject([{ noCache: false, whenBusy }]);
});

it('build does not both wait and replace', async () => {
  expect((await runGantry(['build', '--replace', '--no-wait'])).code).toBe(2);
});

it('status asks the targets unless told not to', async () => {
  expect(callsOf(await runGantry(['status']), 'board.get')).toEqual([{ workspaceId: 'w-1', observe: true }]);
  expect(callsOf(await runGantry(['status', '--no-observe']), 'board.get')).toEqual([
    { workspaceId: 'w-1', observe: false },
  ]);
});

it('-C and --json are taken before and after the command', async () => {
  for (const argv of [
    ['-C', '/other', '--json', 'status'],
    ['status', '--json', '--workspace', '/other'],
  ]) {
    const run = await runGantry(argv);
    expect(callsOf(run, 'workspaces.open')).toEqual([{ folder: '/other', git: false }]);
    expect(JSON.parse(run.stdout).workspace.name).toBe('chatbot');
  }
});
