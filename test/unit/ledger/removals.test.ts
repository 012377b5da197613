import { describe, expect, it } from 'vitest';
import type { ReleaseId } from '#shared/domain/ids.ts';
import type { RunEvent } from '#shared/domain/run-events.ts';
import { dev, end, freshLedger, refusal, releaseA, releaseB, requestOf, take } from './scaffold.ts';

const facts = (release: ReleaseId) => ({
  step: 'remove',
  release,
  digests: [`sha256:${release}`],
  names: [],
  manifests: [],
});
const removing = (release: ReleaseId): RunEvent => ({ kind: 'image-removing', ...facts(release) });
const removed = (release: ReleaseId): RunEvent => ({ kind: 'image-removed', ...facts(release), left: [] });

describe('removals', () => {
  it('go on from their announcement until they are said to be over, and are new to whoever looked before', () => {
    const { ledger, workspaceId, another } = freshLedger();
    const other = another();
    const since = (seq: number) => other.removals.since(seq).map(({ release }) => release);
    const { runId, token } = take(ledger, workspaceId, { kind: 'prune' });
    const before = ledger.events.lastSeq();
    expect(since(before)).toEqual([]);
    const announced = ledger.runs.append(runId, token, 1, removing(releaseA)).seq;
    expect(new Set(since(before))).toEqual(new Set([releaseA]));
    // It goes on, so it matters also to whoever looked after the announcement.
    expect(since(announced)).toEqual([releaseA]);
    const over = ledger.runs.append(runId, token, 2, removed(releaseA)).seq;
    expect(since(announced)).toEqual([releaseA]);
    expect(since(over)).toEqual([]);
    ledger.runs.append(runId, token, 3, removing(releaseB));
    expect(since(9_999)).toEqual([releaseB]);
    ledger.runs.append(runId, token, 4, end());
    expect(since(9_999)).toEqual([]);
  });

  it('of one workspace are told to the others, with what was removed', () => {
    const { ledger, workspaceId } = freshLedger();
    const { runId, token } = take(ledger, workspaceId, { kind: 'prune' });
    ledger.runs.append(runId, token, 1, removing(releaseA));
    expect(ledger.removals.since(9_999)).toEqual([
      { runId, release: releaseA, digests: [`sha256:${releaseA}`] },
    ]);
  });
});

describe('in the transaction', () => {
  it('an event is only written when what was asked holds there', () => {
    const { ledger, workspaceId, another } = freshLedger();
    const { runId, token } = take(ledger, workspaceId, { kind: 'prune' });
    const isFree = () => ledger.runs.list({ workspaceId, limit: 9, state: 'running' }).length === 1;
    expect(ledger.runs.appendIf(runId, token, 1, removing(releaseA), isFree)?.n).toBe(2);
    take(another(), workspaceId, { environment: dev, release: releaseB });
    expect(ledger.runs.appendIf(runId, token, 1, removing(releaseB), isFree)).toBeUndefined();
    expect(ledger.runs.events(runId)).toHaveLength(2);
    // Nothing of what was refused is remembered.
    expect(ledger.runs.append(runId, token, 2, removed(releaseA)).n).toBe(3);
  });

  it('a run that is refused leaves no lease and no number behind', () => {
    const { ledger, workspaceId } = freshLedger();
    const check = () => {
      throw Object.assign(new Error('it is being removed'), { code: 'plan-stale', hint: 'Plan again.' });
    };
    const wish = requestOf(workspaceId, { environment: dev });
    expect(refusal(() => ledger.runs.request({ ...wish, check })).message).toBe('it is being removed');
    expect(ledger.leases.get(workspaceId, dev)).toBeUndefined();
    expect(ledger.runs.request(wish)).toEqual({ kind: 'taken', runId: 1, token: 1 });
  });
});
