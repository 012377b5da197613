import { describe, expect, it } from 'vitest';
import {
  dev,
  end,
  finish,
  freshLedger,
  otherOwner,
  owner,
  prod,
  requestOf,
  staleAfterMs,
  take,
} from './scaffold.ts';

const dead = () => false;
const alive = () => true;

describe('a heartbeat', () => {
  it('keeps the lease fresh while its token is the newest', () => {
    const { ledger, workspaceId } = freshLedger();
    const { runId, token } = take(ledger, workspaceId, { environment: dev });
    expect(ledger.leases.heartbeat(runId, token, 5000)).toBe(true);
    expect(ledger.leases.get(workspaceId, dev)).toMatchObject({ takenAt: 1000, heartbeatAt: 5000 });
    const late = requestOf(workspaceId, { environment: dev, at: 5000 + staleAfterMs, isOwnerAlive: dead });
    expect(ledger.runs.request(late).kind).toBe('busy');
  });

  it('tells that the lease was lost, to a successor or with the end', () => {
    const { ledger, workspaceId } = freshLedger();
    const { runId, token } = take(ledger, workspaceId, { environment: dev });
    const next = ledger.leases.takeOver(runId, otherOwner, 1e6, staleAfterMs, dead);
    expect(ledger.leases.heartbeat(runId, token, 1e6)).toBe(false);
    expect(ledger.leases.heartbeat(runId, next ?? 0, 1e6)).toBe(true);
    ledger.runs.append(runId, next ?? 0, 1e6, end());
    expect(ledger.leases.heartbeat(runId, next ?? 0, 1e6)).toBe(false);
  });
});

describe('a token', () => {
  it('rises with every lease on an environment, also after it was free', () => {
    const { ledger, workspaceId } = freshLedger();
    finish(ledger, workspaceId, { environment: dev });
    finish(ledger, workspaceId, { environment: dev });
    const { runId, token } = take(ledger, workspaceId, { environment: dev });
    expect(token).toBe(3);
    expect(ledger.leases.takeOver(runId, otherOwner, 1e6, staleAfterMs, dead)).toBe(4);
    expect(take(ledger, workspaceId, { environment: prod }).token).toBe(1);
    expect(take(ledger, workspaceId, {}).token).toBe(1);
  });
});

describe('taking over', () => {
  it('passes the lease on with its run, its reason and a new owner', () => {
    const { ledger, workspaceId } = freshLedger();
    const { runId } = take(ledger, workspaceId, { environment: dev });
    ledger.leases.takeOver(runId, otherOwner, 1e6, staleAfterMs, dead);
    expect(ledger.leases.get(workspaceId, dev)).toMatchObject({
      runId,
      owner: otherOwner,
      reason: 'deploy it',
      takenAt: 1000,
      heartbeatAt: 1e6,
      token: 2,
    });
  });

  it.each([
    ['the owner lives', 1e6, alive],
    ['the heartbeat is fresh', 1000 + staleAfterMs, dead],
  ])('is refused while %s', (_case, at, isAlive) => {
    const { ledger, workspaceId } = freshLedger();
    const { runId, token } = take(ledger, workspaceId, { environment: dev });
    expect(ledger.leases.takeOver(runId, otherOwner, at, staleAfterMs, isAlive)).toBeUndefined();
    expect(ledger.leases.get(workspaceId, dev)).toMatchObject({ owner, token });
  });

  it('is done by one only: the second finds a fresh lease', () => {
    const { ledger, workspaceId, another } = freshLedger();
    const { runId } = take(ledger, workspaceId, { environment: dev });
    expect(ledger.leases.takeOver(runId, otherOwner, 1e6, staleAfterMs, dead)).toBe(2);
    expect(another().leases.takeOver(runId, owner, 1e6 + 1, staleAfterMs, dead)).toBeUndefined();
  });

  it('works on a heartbeat from the future: a clock was set back', () => {
    const { ledger, workspaceId } = freshLedger();
    const { runId } = take(ledger, workspaceId, { environment: dev, at: 1e9 });
    expect(ledger.leases.takeOver(runId, otherOwner, 1000, staleAfterMs, dead)).toBe(2);
  });

  it('finds nothing to take of a run that has ended', () => {
    const { ledger, workspaceId } = freshLedger();
    const runId = finish(ledger, workspaceId, { environment: dev });
    expect(ledger.leases.takeOver(runId, otherOwner, 1e6, staleAfterMs, dead)).toBeUndefined();
  });
});
