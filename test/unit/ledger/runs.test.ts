import { describe, expect, it } from 'vitest';
import { runIdSchema } from '#shared/domain/ids.ts';
import { foldRun, toSummary } from '#shared/domain/run-reducer.ts';
import {
  ada,
  dev,
  end,
  finish,
  freshLedger,
  otherOwner,
  prod,
  progress,
  refusal,
  releaseA,
  releaseB,
  requestOf,
  snapshot1,
  staleAfterMs,
  take,
} from './scaffold.ts';

const unknown = runIdSchema.parse(9);

describe('a request', () => {
  it('takes the lease, makes the run and its first event at once', () => {
    const { ledger, workspaceId } = freshLedger();
    const request = requestOf(workspaceId, { environment: dev, release: releaseA });
    const answer = ledger.runs.request(request);
    expect(answer).toEqual({ kind: 'taken', runId: 1, token: 1 });
    const { runId } = take(ledger, workspaceId, {});
    expect(ledger.runs.events(runIdSchema.parse(1))).toEqual([
      { seq: 1, runId: 1, n: 1, at: 1000, event: request.event },
    ]);
    expect(ledger.runs.unfinished()).toEqual([1, runId]);
    expect(ledger.leases.get(workspaceId, dev)).toEqual({
      runId: 1,
      owner: request.owner,
      by: ada,
      reason: 'deploy it',
      takenAt: 1000,
      heartbeatAt: 1000,
      token: 1,
    });
  });

  it('says in the same breath what comes next, and nothing of it where that may not be written', () => {
    const { ledger, workspaceId } = freshLedger();
    const request = requestOf(workspaceId, { environment: dev, release: releaseA });
    const wrong = { ...progress('?'), text: Number.NaN as unknown as string };
    expect(() => ledger.runs.request({ ...request, next: wrong })).toThrow('does not fit its schema');
    expect(ledger.runs.unfinished()).toEqual([]);
    expect(ledger.runs.request({ ...request, next: progress('begun') })).toMatchObject({ kind: 'taken' });
    const [run] = ledger.runs.unfinished();
    const events = ledger.runs.events(run ?? unknown);
    expect(events.map(({ n, event }) => [n, event])).toEqual([
      [1, request.event],
      [2, progress('begun')],
    ]);
    expect(ledger.runs.get(run ?? unknown)).toEqual(toSummary(foldRun(events) ?? expect.fail()));
  });

  it('that is repeated answers with the run it made, also after that run has ended', () => {
    const { ledger, workspaceId, another } = freshLedger();
    const wish = { environment: dev, requestId: 'again' };
    const { runId, token } = take(ledger, workspaceId, wish);
    expect(another().runs.request(requestOf(workspaceId, wish))).toEqual({ kind: 'repeated', runId });
    ledger.runs.append(runId, token, 2000, end());
    expect(ledger.runs.request(requestOf(workspaceId, wish))).toEqual({ kind: 'repeated', runId });
    expect(ledger.runs.byRequest(workspaceId, 'again')).toBe(runId);
    expect(ledger.runs.byRequest(workspaceId, 'never')).toBeUndefined();
  });

  it('for an environment in use is told who has it, and leaves nothing behind', () => {
    const { ledger, workspaceId } = freshLedger();
    const { runId } = take(ledger, workspaceId, { environment: dev });
    const answer = ledger.runs.request(requestOf(workspaceId, { environment: dev, requestId: 'second' }));
    expect(answer).toMatchObject({ kind: 'busy', lease: { runId, by: ada } });
    expect(ledger.runs.byRequest(workspaceId, 'second')).toBeUndefined();
    expect(ledger.events.lastSeq()).toBe(1);
  });

  it('for another environment, a build and another workspace goes ahead beside it', () => {
    const { ledger, workspaceId, folder } = freshLedger();
    const second = ledger.workspaces.opened(`${folder}-2`, 'other', 1);
    const runs = [
      take(ledger, workspaceId, { environment: dev }),
      take(ledger, workspaceId, { environment: prod }),
      take(ledger, workspaceId, {}),
      take(ledger, second, { environment: dev }),
    ];
    expect(runs.map(({ runId }) => runId)).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ['a fresh heartbeat of a dead owner', 1000 + staleAfterMs, false, 'busy'],
    ['an old heartbeat of a living owner', 1001 + staleAfterMs, true, 'busy'],
    ['an old heartbeat of a dead owner', 1001 + staleAfterMs, false, 'abandoned'],
  ] as const)('after %s is told so', (_case, at, alive, kind) => {
    const { ledger, workspaceId } = freshLedger();
    take(ledger, workspaceId, { environment: dev });
    const answer = ledger.runs.request(
      requestOf(workspaceId, { environment: dev, at, isOwnerAlive: () => alive }),
    );
    expect(answer).toMatchObject({ kind });
  });

  it('must say the same as its event', () => {
    const { ledger, workspaceId } = freshLedger();
    const request = requestOf(workspaceId, { environment: dev });
    expect(() => ledger.runs.request({ ...request, scope: prod })).toThrow('must begin with');
    expect(() => ledger.runs.request({ ...request, event: progress('?') })).toThrow('must begin with');
    expect(ledger.leases.get(workspaceId, prod)).toBeUndefined();
  });
});

describe('appending', () => {
  it('numbers a run’s events and gives every event of the ledger a rising seq', () => {
    const { ledger, workspaceId } = freshLedger();
    const one = take(ledger, workspaceId, { environment: dev });
    const two = take(ledger, workspaceId, { environment: prod });
    const recorded = [one, two, one].map(({ runId, token }) =>
      ledger.runs.append(runId, token, 1500, progress('x')),
    );
    expect(recorded.map(({ seq, runId, n }) => [seq, runId, n])).toEqual([
      [3, 1, 2],
      [4, 2, 2],
      [5, 1, 3],
    ]);
    expect(ledger.runs.events(one.runId, 1).map(({ n }) => n)).toEqual([2, 3]);
  });

  it('keeps the summary that folding the events gives', () => {
    const { ledger, workspaceId } = freshLedger();
    const { runId, token } = take(ledger, workspaceId, { environment: dev, release: releaseA });
    ledger.runs.append(runId, token, 1500, { kind: 'recovery-started', by: otherOwner });
    ledger.runs.append(runId, token, 1600, end({ summary: 'Over', recovered: true }));
    const view = foldRun(ledger.runs.events(runId));
    expect(ledger.runs.get(runId)).toEqual(view && toSummary(view));
    expect(ledger.runs.get(runId)).toMatchObject({ state: 'succeeded', recovered: true, summary: 'Over' });
  });

  it('folds in what another process appended in between', () => {
    const { ledger, workspaceId, another } = freshLedger();
    const { runId, token } = take(ledger, workspaceId, { environment: dev });
    ledger.runs.append(runId, token, 1100, progress('one'));
    expect(another().runs.requestCancel(runId, 1200, ada)).toBe(true);
    expect(ledger.runs.append(runId, token, 1300, progress('two')).n).toBe(4);
    expect(ledger.runs.get(runId)?.isCancelRequested).toBe(true);
  });

  it('with a token that is no longer the lease’s is refused and writes nothing', () => {
    const { ledger, workspaceId } = freshLedger();
    const { runId, token } = take(ledger, workspaceId, { environment: dev });
    expect(ledger.leases.takeOver(runId, otherOwner, 1e6, staleAfterMs, () => false)).toBe(2);
    const refused = refusal(() =>
      ledger.runs.append(runId, token, 2000, end({ leaves: { release: releaseA } })),
    );
    expect(refused.code).toBe('environment-busy');
    expect(ledger.runs.events(runId)).toHaveLength(1);
    expect(ledger.environments.state(workspaceId, dev)).toBeUndefined();
    ledger.runs.append(runId, 2, 3000, end());
    expect(refusal(() => ledger.runs.append(runId, token, 4000, progress('late'))).code).toBe(
      'environment-busy',
    );
  });

  it('after the end is a bug', () => {
    const { ledger, workspaceId } = freshLedger();
    const { runId, token } = take(ledger, workspaceId, { environment: dev });
    ledger.runs.append(runId, token, 2000, end());
    expect(() => ledger.runs.append(runId, token, 3000, progress('late'))).toThrow('has ended');
    expect(ledger.runs.events(runId)).toHaveLength(2);
  });

  it('what could not be read back is refused', () => {
    const { ledger, workspaceId } = freshLedger();
    const { runId, token } = take(ledger, workspaceId, { environment: dev });
    const broken = { kind: 'child-ended', step: 'up', pid: Number.NaN, exitCode: 0 } as const;
    expect(() => ledger.runs.append(runId, token, 2000, broken)).toThrow('does not fit its schema');
    expect(ledger.runs.events(runId)).toHaveLength(1);
  });

  it('to a run that is not there says so', () => {
    const { ledger } = freshLedger();
    expect(refusal(() => ledger.runs.append(unknown, 1, 1, progress('x'))).code).toBe('run-unknown');
    expect(refusal(() => ledger.runs.requestCancel(unknown, 1, ada)).code).toBe('run-unknown');
    expect(ledger.runs.get(unknown)).toBeUndefined();
    expect(ledger.runs.events(unknown)).toEqual([]);
  });
});

describe('the end', () => {
  it('frees the environment and leaves what it says, in one step', () => {
    const { ledger, workspaceId } = freshLedger();
    const runId = finish(
      ledger,
      workspaceId,
      { environment: dev },
      { leaves: { release: releaseA, envSnapshot: snapshot1 } },
    );
    expect(ledger.leases.get(workspaceId, dev)).toBeUndefined();
    expect(ledger.runs.unfinished()).toEqual([]);
    expect(ledger.environments.state(workspaceId, dev)).toEqual({
      workspaceId,
      environment: dev,
      release: releaseA,
      envSnapshot: snapshot1,
      runId,
      at: 1500,
    });
  });

  it('without `leaves` keeps the state as it was', () => {
    const { ledger, workspaceId } = freshLedger();
    finish(ledger, workspaceId, { environment: dev }, { leaves: { release: releaseA } });
    finish(ledger, workspaceId, { environment: dev }, { outcome: 'failed' });
    expect(ledger.environments.state(workspaceId, dev)?.release).toBe(releaseA);
  });
});

describe('giving up', () => {
  it('is written down once, with who and when, of a run that has ended', () => {
    const { ledger, workspaceId } = freshLedger();
    const { runId, token } = take(ledger, workspaceId, { environment: dev });
    expect(ledger.runs.giveUp(runId, 1100, ada)).toBe(false);
    ledger.runs.append(runId, token, 1200, end({ outcome: 'failed' }));
    expect(ledger.runs.giveUp(runId, 1300, ada)).toBe(true);
    expect(ledger.runs.giveUp(runId, 1400, { ...ada, name: 'mo' })).toBe(false);
    expect(ledger.runs.get(runId)).toMatchObject({ state: 'failed', givenUp: { by: ada, at: 1300 } });
    expect(ledger.runs.events(runId).map(({ event, n }) => [event.kind, n])).toEqual([
      ['run-requested', 1],
      ['run-ended', 2],
      ['run-given-up', 3],
    ]);
    const before = ledger.runs.get(runId);
    ledger.environments.rebuild();
    expect(ledger.runs.get(runId)).toEqual(before);
    expect(ledger.environments.state(workspaceId, dev)).toBeUndefined();
  });
});

describe('cancelling', () => {
  it('is asked once, and not of a run that has ended', () => {
    const { ledger, workspaceId } = freshLedger();
    const { runId, token } = take(ledger, workspaceId, { environment: dev });
    expect(ledger.runs.requestCancel(runId, 1100, ada)).toBe(true);
    expect(ledger.runs.requestCancel(runId, 1200, ada)).toBe(false);
    ledger.runs.append(runId, token, 1300, end({ outcome: 'cancelled' }));
    expect(ledger.runs.requestCancel(runId, 1400, ada)).toBe(false);
    expect(ledger.runs.events(runId).map(({ event }) => event.kind)).toEqual([
      'run-requested',
      'cancel-requested',
      'run-ended',
    ]);
  });
});

describe('the list', () => {
  it('gives the newest first, page by page', () => {
    const { ledger, workspaceId } = freshLedger();
    for (let at = 1000; at < 1005; at += 1) finish(ledger, workspaceId, { environment: dev, at });
    const first = ledger.runs.list({ workspaceId, limit: 2 });
    expect(first.map(({ id }) => id)).toEqual([5, 4]);
    const before = first.at(-1)?.id;
    if (before === undefined) throw new Error('an empty page');
    expect(ledger.runs.list({ workspaceId, limit: 9, before }).map(({ id }) => id)).toEqual([3, 2, 1]);
  });

  it('filters by environment, kind, state, release and time, alone and together', () => {
    const { ledger, workspaceId, folder } = freshLedger();
    finish(ledger, ledger.workspaces.opened(`${folder}-2`, 'other', 1), { environment: dev });
    const build = finish(ledger, workspaceId, { at: 100 });
    const deployA = finish(ledger, workspaceId, { environment: dev, release: releaseA, at: 200 });
    const failedB = finish(
      ledger,
      workspaceId,
      { environment: dev, release: releaseB, at: 300 },
      { outcome: 'failed' },
    );
    const promoteA = finish(ledger, workspaceId, {
      environment: prod,
      kind: 'promote',
      release: releaseA,
      at: 400,
    });
    const running = take(ledger, workspaceId, { environment: prod, at: 500 }).runId;
    const ids = (filter: object) =>
      ledger.runs.list({ workspaceId, limit: 10, ...filter }).map(({ id }) => id);
    expect(ids({})).toEqual([running, promoteA, failedB, deployA, build]);
    expect(ids({ environment: dev })).toEqual([failedB, deployA]);
    expect(ids({ kind: 'build' })).toEqual([build]);
    expect(ids({ state: 'running' })).toEqual([running]);
    expect(ids({ state: 'failed' })).toEqual([failedB]);
    expect(ids({ release: releaseA })).toEqual([promoteA, deployA]);
    expect(ids({ since: 300 })).toEqual([running, promoteA, failedB]);
    expect(ids({ release: releaseA, environment: prod, since: 400, before: running })).toEqual([promoteA]);
  });

  it('knows how long the last success of a kind took there', () => {
    const { ledger, workspaceId } = freshLedger();
    expect(ledger.runs.lastDuration(workspaceId, 'deploy', dev)).toBeUndefined();
    finish(ledger, workspaceId, { environment: dev, at: 1000 });
    const slow = take(ledger, workspaceId, { environment: dev, at: 1000 });
    ledger.runs.append(slow.runId, slow.token, 9000, end());
    finish(ledger, workspaceId, { environment: dev, at: 1000 }, { outcome: 'failed' });
    finish(ledger, workspaceId, { at: 1000 });
    expect(ledger.runs.lastDuration(workspaceId, 'deploy', dev)).toBe(8000);
    expect(ledger.runs.lastDuration(workspaceId, 'build')).toBe(500);
    expect(ledger.runs.lastDuration(workspaceId, 'promote', dev)).toBeUndefined();
  });
});
