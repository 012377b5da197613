import { describe, expect, test } from 'vitest';
import type { CommandFacts } from '#renderer/app/command-types.ts';
import { paletteGroups } from '#renderer/app/commands.ts';
import { buildQueue } from '#renderer/stores/build-queue.ts';
import type { Circumstances } from '#renderer/stores/refusals.ts';
import {
  refuseBuild,
  refuseDeploy,
  refuseHold,
  refuseLift,
  refuseRollback,
  refuseSecondBuild,
} from '#renderer/stores/refusals.ts';
import { systemStatusSchema } from '#shared/domain/system.ts';
import { workspaceViewSchema } from '#shared/domain/workspace.ts';
import { chatbot, status, workspace } from '#test/fakes/renderer/chatbot.ts';
import { scenarios } from '#test/fakes/renderer/scenarios.ts';

const fine: Circumstances = {
  workspace: workspaceViewSchema.parse(workspace),
  status: systemStatusSchema.parse(status),
  isConnected: true,
  building: undefined,
};

function commands(changes: Partial<CommandFacts> = {}) {
  const data = chatbot();
  const groups = paletteGroups({
    board: data.board,
    runs: data.runs,
    recent: data.recent,
    theme: 'dark',
    around: fine,
    queue: { building: undefined, waiting: [] },
    watch: undefined,
    canAskToNotify: true,
    ...changes,
  });
  return new Map(groups.flatMap((group) => group.commands).map((command) => [command.id, command]));
}

test('every action of the board can be reached from the palette', () => {
  const ids = [...commands().keys()];
  for (const id of [
    'promote-dev-staging',
    'promote-staging-prod',
    'rollback-prod',
    'deploy-dev',
    'hold-prod',
    'build',
    'build-no-cache',
    'build-and-deploy',
    'git-tag',
    'observe',
    'cancel-218',
    'compare-dev-staging',
    'compare-dev-prod',
    'view-history',
    'run-211',
    'workspace-w-shop',
    'open-folder',
    'theme-light',
    'notify',
  ]) {
    expect(ids).toContain(id);
  }
});

test('ids are unique, as the palette needs them', () => {
  const groups = paletteGroups({
    board: chatbot().board,
    runs: chatbot().runs,
    recent: chatbot().recent,
    theme: 'system',
    around: fine,
    queue: { building: undefined, waiting: [] },
    watch: undefined,
    canAskToNotify: false,
  });
  const ids = groups.flatMap((group) => group.commands.map((command) => command.id));
  expect(new Set(ids).size).toBe(ids.length);
});

test('what is refused now says why', () => {
  const all = commands();
  const [, staging] = chatbot().board.environments;
  expect(staging?.lease, 'its plan waits for the run').toBeDefined();
  expect(all.get('promote-dev-staging')?.reason).toBeUndefined();
  expect(all.get('rollback-staging')?.reason).toBeUndefined();
  expect(all.get('theme-dark')?.reason).toBe('in use');
});

test('while a build goes on, another queues or takes its place', () => {
  const { board, runs } = scenarios['builds-queued']?.().data ?? chatbot();
  const all = commands({ board, runs, queue: buildQueue(runs, undefined) });
  expect(all.get('build')).toMatchObject({
    label: 'Queue another build',
    act: { kind: 'build', whenBusy: 'queue' },
  });
  expect(all.get('build-no-cache')?.act).toEqual({ kind: 'build', whenBusy: 'queue', noCache: true });
  expect(all.get('build-replace')).toMatchObject({
    detail: 'cancels runs 241, 242, 243',
    act: { kind: 'build', whenBusy: 'replace' },
  });
  expect(commands().get('build')).toMatchObject({ label: 'Build', act: { kind: 'build' } });
  expect(commands().has('build-replace')).toBe(false);
});

test('watching is started where no name has to be typed, and stopped while it is on', () => {
  const off = commands();
  expect([...off.keys()].filter((id) => id.startsWith('watch-'))).toEqual([
    'watch-dev',
    'watch-staging',
    'watch-nowhere',
  ]);
  expect(off.get('watch-nowhere')?.act).toEqual({ kind: 'watch', environment: null });
  const on = commands({ watch: scenarios['watch-waiting']?.().data.watch });
  expect(on.get('watch-stop')?.act).toEqual({ kind: 'stop-watch' });
  expect(on.get('watch-dev')?.reason).toBe('is on');
  expect(on.get('watch-staging')?.reason).toBeUndefined();
  expect(commands({ around: { ...fine, isConnected: false } }).get('watch-dev')?.reason).toBe(
    'Gantry is not answering',
  );
});

test('without a workspace there is one to open, and a theme', () => {
  const all = commands({ board: undefined, runs: [], around: { ...fine, workspace: undefined } });
  expect([...all.keys()]).toEqual([
    'workspace-w-chatbot',
    'workspace-w-shop',
    'open-folder',
    'theme-light',
    'theme-dark',
    'theme-system',
    'notify',
  ]);
});

test('an environment on hold offers to lift it', () => {
  const board = scenarios.states?.().data.board;
  const all = commands({ board });
  expect(all.has('hold-prod')).toBe(false);
  expect(all.get('lift-prod')?.act).toEqual({
    kind: 'dialog',
    dialog: { kind: 'lift', environment: 'prod' },
  });
});

describe('refusals', () => {
  const { board } = chatbot();
  const [dev, staging, prod] = board.environments;
  if (dev === undefined || staging === undefined || prod === undefined)
    throw new Error('the fixture changed');
  const view = fine.workspace;
  if (view === undefined) throw new Error('the fixture changed');
  const problem = { file: 'gantry.yml', what: 'x', hint: 'y' };
  const silent = systemStatusSchema.parse({
    ...status,
    engine: { kind: 'unreachable', why: 'gone', tried: [] },
  });

  test.each<readonly [string, Partial<Circumstances>, string]>([
    ['not connected', { isConnected: false }, 'notice-connection'],
    ['not trusted', { workspace: { ...view, trusted: false } }, 'notice-trust'],
    [
      'problems come before trust',
      { workspace: { ...view, trusted: false, problems: [problem] } },
      'notice-problems',
    ],
    ['no engine', { status: silent }, 'notice-engine'],
  ])('%s refuses builds and deploys, and is said once above', (_name, changes, noticeId) => {
    const around = { ...fine, ...changes };
    expect(refuseBuild(around)).toMatchObject({ kind: 'above', noticeId });
    expect(refuseDeploy(board, dev, around)).toMatchObject({ kind: 'above', noticeId });
    expect(refuseRollback(dev, around)).toMatchObject({ kind: 'above', noticeId });
  });

  test('a target that needs no engine is deployed to without one', () => {
    const elsewhere = { ...dev, target: { ...dev.target, kind: 'render' } };
    expect(refuseDeploy(board, elsewhere, { ...fine, status: silent })).toBeUndefined();
  });

  test('hold, nothing built and nothing earlier refuse beside the button', () => {
    const hold = { reason: 'freeze', by: 'mo', at: 1 };
    const { rollbackTo: __, ...fresh } = dev;
    expect(refuseRollback(staging, fine), 'what is leased can be waited for').toBeUndefined();
    expect(refuseDeploy(board, { ...prod, hold }, fine)).toEqual({ kind: 'here', reason: 'On hold' });
    expect(refuseRollback({ ...prod, hold }, fine), 'there is always a way back').toBeUndefined();
    expect(refuseDeploy({}, dev, fine)).toEqual({ kind: 'here', reason: 'Nothing is built yet' });
    expect(refuseRollback(fresh, fine)).toEqual({ kind: 'here', reason: 'Nothing earlier' });
    expect(refuseHold({ ...prod, hold }, fine)).toEqual({ kind: 'here', reason: 'On hold already' });
    expect(refuseLift(prod, fine)).toEqual({ kind: 'here', reason: 'Not on hold' });
  });

  test('a hold needs no trust: it runs nothing', () => {
    expect(refuseHold(prod, { ...fine, workspace: { ...view, trusted: false } })).toBeUndefined();
  });

  test('a build that goes on refuses none where one says what happens to it, and a second one elsewhere', () => {
    const around = { ...fine, building: staging.currentRun?.id };
    expect(refuseBuild(around)).toBeUndefined();
    expect(refuseSecondBuild(around)).toEqual({ kind: 'here', reason: 'Run 218 is building' });
    expect(refuseSecondBuild(fine)).toBeUndefined();
    expect(refuseSecondBuild({ ...around, status: silent })).toMatchObject({ noticeId: 'notice-engine' });
  });
});
