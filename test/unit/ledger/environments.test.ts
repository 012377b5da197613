import { describe, expect, it } from 'vitest';
import { dev, finish, freshLedger, prod, releaseA, releaseB, snapshot1, take } from './scaffold.ts';

const hold = { reason: 'looking into it', by: 'ada', at: 5000 };

describe('what runs in an environment', () => {
  it('is nothing before a run left something', () => {
    const { ledger, workspaceId } = freshLedger();
    take(ledger, workspaceId, { environment: dev });
    expect(ledger.environments.state(workspaceId, dev)).toBeUndefined();
    expect(ledger.environments.history(workspaceId, dev, 10)).toEqual([]);
    expect(ledger.environments.wasLeft(workspaceId, dev, releaseA)).toBeUndefined();
  });

  it('has a history with every run that left a release, newest first', () => {
    const { ledger, workspaceId } = freshLedger();
    const leave = (release: typeof releaseA, more = {}) =>
      finish(ledger, workspaceId, { environment: dev }, { leaves: { release, ...more } });
    const first = leave(releaseA, { envSnapshot: snapshot1 });
    const second = leave(releaseB);
    finish(ledger, workspaceId, { environment: dev }, { outcome: 'failed' });
    const third = leave(releaseA);
    finish(ledger, workspaceId, { environment: prod }, { leaves: { release: releaseB } });
    const history = ledger.environments.history(workspaceId, dev, 10);
    expect(history.map(({ release, runId, envSnapshot }) => [release, runId, envSnapshot])).toEqual([
      [releaseA, third, undefined],
      [releaseB, second, undefined],
      [releaseA, first, snapshot1],
    ]);
    expect(ledger.environments.state(workspaceId, dev)).toEqual(history[0]);
    expect(ledger.environments.history(workspaceId, dev, 2)).toEqual(history.slice(0, 2));
    expect(ledger.environments.wasLeft(workspaceId, dev, releaseB)).toBe('seen');
    expect(ledger.environments.wasLeft(workspaceId, prod, releaseA)).toBeUndefined();
  });

  it('is believed and not known after a run that nobody could verify', () => {
    const { ledger, workspaceId } = freshLedger();
    const leave = (outcome: 'unverified' | 'succeeded') =>
      finish(ledger, workspaceId, { environment: dev }, { outcome, leaves: { release: releaseA } });
    leave('unverified');
    expect(ledger.environments.state(workspaceId, dev)).toMatchObject({
      release: releaseA,
      isUnverified: true,
    });
    expect(ledger.environments.wasLeft(workspaceId, dev, releaseA)).toBe('unverified');
    leave('succeeded');
    expect(ledger.environments.state(workspaceId, dev)).not.toHaveProperty('isUnverified');
    expect(ledger.environments.wasLeft(workspaceId, dev, releaseA)).toBe('seen');
  });

  it('counts a release as having run here only where its run ended well', () => {
    const { ledger, workspaceId } = freshLedger();
    const leave = (outcome: 'failed' | 'errored' | 'interrupted' | 'succeeded') =>
      finish(ledger, workspaceId, { environment: dev }, { outcome, leaves: { release: releaseA } });
    for (const outcome of ['failed', 'errored', 'interrupted'] as const) leave(outcome);
    expect(ledger.environments.state(workspaceId, dev)?.release).toBe(releaseA);
    expect(ledger.environments.wasLeft(workspaceId, dev, releaseA)).toBeUndefined();
    leave('succeeded');
    expect(ledger.environments.wasLeft(workspaceId, dev, releaseA)).toBe('seen');
  });

  it('is decided by which run ended last, not by which began last', () => {
    const { ledger, workspaceId } = freshLedger();
    finish(ledger, workspaceId, { environment: dev, at: 9000 }, { leaves: { release: releaseA } });
    finish(ledger, workspaceId, { environment: dev, at: 1000 }, { leaves: { release: releaseB } });
    expect(ledger.environments.state(workspaceId, dev)?.release).toBe(releaseB);
  });
});

describe('a hold', () => {
  it('is put and lifted by a person, and seen by other processes', () => {
    const { ledger, workspaceId, another } = freshLedger();
    ledger.environments.putHold(workspaceId, dev, hold);
    const other = another();
    expect(other.environments.hold(workspaceId, dev)).toEqual(hold);
    expect(other.environments.hold(workspaceId, prod)).toBeUndefined();
    other.environments.liftHold(workspaceId, dev, 'bob');
    expect(ledger.environments.hold(workspaceId, dev)).toBeUndefined();
  });

  it('of a run names the run and who asked for it; the newest reason counts', () => {
    const { ledger, workspaceId } = freshLedger();
    ledger.environments.putHold(workspaceId, dev, hold);
    const runId = finish(
      ledger,
      workspaceId,
      { environment: dev },
      { outcome: 'rolled-back', hold: { reason: 'it was unhealthy' } },
    );
    expect(ledger.environments.hold(workspaceId, dev)).toEqual({
      reason: 'it was unhealthy',
      by: 'ada',
      at: 1500,
      runId,
    });
  });

  it('stays through a run that says nothing of it', () => {
    const { ledger, workspaceId } = freshLedger();
    ledger.environments.putHold(workspaceId, dev, hold);
    finish(ledger, workspaceId, { environment: dev }, { leaves: { release: releaseA } });
    expect(ledger.environments.hold(workspaceId, dev)).toEqual(hold);
  });
});
