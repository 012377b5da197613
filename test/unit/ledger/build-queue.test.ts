import { describe, expect, it } from 'vitest';
import type { Ledger, RequestRun } from '#main/core/ports/ledger.ts';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import {
  dev,
  end,
  freshLedger,
  otherOwner,
  progress,
  refusal,
  requestOf,
  staleAfterMs,
  type TakenRun,
  take,
} from './scaffold.ts';

const dead = () => false;

function placeOf(workspaceId: WorkspaceId, requestId: string): RequestRun {
  return { ...requestOf(workspaceId, { requestId }), scope: `#waiting:build:${requestId}` };
}

function wait(ledger: Ledger, workspaceId: WorkspaceId, requestId: string): TakenRun {
  const answer = ledger.runs.request(placeOf(workspaceId, requestId));
  if (answer.kind !== 'taken') throw new Error(`the place was not taken but ${answer.kind}`);
  return answer;
}

const leave = (ledger: Ledger, { runId, token }: TakenRun) => ledger.runs.append(runId, token, 9_000, end());
const idsOf = (leases: readonly { readonly runId: number }[]) => leases.map(({ runId }) => runId);

describe('builds of one workspace', () => {
  it('take their turn in the order in which they asked, whoever looks first', () => {
    const { ledger, workspaceId, another } = freshLedger();
    const building = take(ledger, workspaceId, {});
    const second = wait(another(), workspaceId, 'second');
    const third = wait(ledger, workspaceId, 'third');
    const ids = [building, second, third].map(({ runId }) => runId);
    expect(idsOf(ledger.leases.queue(workspaceId))).toEqual(ids);
    expect(ledger.leases.advance(third.runId, third.token, 2_000)).toMatchObject({
      kind: 'behind',
      leases: [{ runId: building.runId }, { runId: second.runId }],
    });

    leave(ledger, building);
    expect(ledger.leases.advance(third.runId, third.token, 3_000)).toMatchObject({
      kind: 'behind',
      leases: [{ runId: second.runId }],
    });
    const turn = ledger.leases.advance(second.runId, second.token, 3_500);
    if (turn.kind !== 'taken') throw new Error(`not taken but ${turn.kind}`);
    expect(ledger.leases.get(workspaceId, '#build')).toMatchObject({
      runId: second.runId,
      takenAt: 3_500,
      heartbeatAt: 3_500,
      token: turn.token,
    });
    expect(ledger.leases.get(workspaceId, '#waiting:build:second')).toBeUndefined();
    expect(idsOf(ledger.leases.queue(workspaceId))).toEqual([second.runId, third.runId]);
  });

  it('go on when one that waits is cancelled', () => {
    const { ledger, workspaceId } = freshLedger();
    const building = take(ledger, workspaceId, {});
    const second = wait(ledger, workspaceId, 'second');
    const third = wait(ledger, workspaceId, 'third');
    leave(ledger, second);
    leave(ledger, building);
    expect(ledger.leases.advance(third.runId, third.token, 3_000).kind).toBe('taken');
  });

  it('let nobody in front: one that asks as the build ends is behind those that wait', () => {
    const { ledger, workspaceId } = freshLedger();
    const building = take(ledger, workspaceId, {});
    const second = wait(ledger, workspaceId, 'second');
    leave(ledger, building);
    expect(ledger.runs.request(requestOf(workspaceId, {}))).toMatchObject({
      kind: 'busy',
      lease: { runId: second.runId },
    });
    const later = ledger.leases.advance(second.runId, second.token, 2_000);
    expect(later.kind).toBe('taken');
  });

  it('are one queue a workspace, and no other lease is in it', () => {
    const { ledger, workspaceId, folder } = freshLedger();
    const elsewhere = ledger.workspaces.opened(`${folder}/other`, 'other', 1);
    take(ledger, elsewhere, {});
    wait(ledger, elsewhere, 'there');
    take(ledger, workspaceId, { environment: dev });
    const alone = wait(ledger, workspaceId, 'alone');
    expect(idsOf(ledger.leases.queue(workspaceId))).toEqual([alone.runId]);
    expect(ledger.leases.advance(alone.runId, alone.token, 2_000).kind).toBe('taken');
  });

  it('ask twice and are one', () => {
    const { ledger, workspaceId } = freshLedger();
    take(ledger, workspaceId, {});
    const { runId } = wait(ledger, workspaceId, 'once');
    expect(ledger.runs.request(placeOf(workspaceId, 'once'))).toEqual({ kind: 'repeated', runId });
    expect(ledger.runs.request(requestOf(workspaceId, { requestId: 'once' }))).toEqual({
      kind: 'repeated',
      runId,
    });
  });
});

describe('a token of one that waits', () => {
  it('is no good any more once it is its turn: it gets a newer one, above all before', () => {
    const { ledger, workspaceId } = freshLedger();
    const building = take(ledger, workspaceId, {});
    const second = wait(ledger, workspaceId, 'second');
    const third = wait(ledger, workspaceId, 'third');
    leave(ledger, building);
    const turn = ledger.leases.advance(second.runId, second.token, 2_000);
    if (turn.kind !== 'taken') throw new Error(`not taken but ${turn.kind}`);
    expect(turn.token).toBeGreaterThan(Math.max(building.token, second.token, third.token));
    expect(ledger.leases.heartbeat(second.runId, second.token, 3_000)).toBe(false);
    expect(ledger.leases.heartbeat(second.runId, turn.token, 3_000)).toBe(true);
    const append = (token: number) => ledger.runs.append(second.runId, token, 3_000, progress('goes on'));
    expect(refusal(() => append(second.token)).code).toBe('environment-busy');
    append(turn.token);
    // Asking again with the new one changes nothing.
    expect(ledger.leases.advance(second.runId, turn.token, 4_000)).toEqual(turn);
  });

  it('is lost to whoever closes its run: the dead process does not get its turn', () => {
    const { ledger, workspaceId, another } = freshLedger();
    const building = take(ledger, workspaceId, {});
    const second = wait(ledger, workspaceId, 'second');
    const token = another().leases.takeOver(second.runId, otherOwner, 1e6, staleAfterMs, dead);
    expect(token).toBeGreaterThan(second.token);
    leave(ledger, building);
    const advance = (held: number) => ledger.leases.advance(second.runId, held, 1e6);
    expect(refusal(() => advance(second.token)).code).toBe('environment-busy');
    leave(another(), { ...second, token: token ?? 0 });
    expect(refusal(() => advance(token ?? 0)).code).toBe('environment-busy');
    expect(ledger.leases.queue(workspaceId)).toEqual([]);
  });

  it('leaves no counter of its own behind', () => {
    const { ledger, workspaceId } = freshLedger();
    const building = take(ledger, workspaceId, {});
    expect(building.token).toBe(1);
    const second = wait(ledger, workspaceId, 'second');
    leave(ledger, second);
    leave(ledger, building);
    expect(take(ledger, workspaceId, {}).token).toBe(3);
  });
});

describe('one that died while it waited', () => {
  it('must be closed before another gets in', () => {
    const { ledger, workspaceId } = freshLedger();
    const building = take(ledger, workspaceId, {});
    const second = wait(ledger, workspaceId, 'second');
    leave(ledger, building);
    const late = requestOf(workspaceId, { at: 1000 + staleAfterMs + 1, isOwnerAlive: dead });
    expect(ledger.runs.request(late)).toMatchObject({ kind: 'abandoned', runId: second.runId });
  });
});
