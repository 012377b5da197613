import { describe, expect, it } from 'vitest';
import { GantryError } from '#shared/domain/errors.ts';
import { freshLedger, refusal, releaseA, releaseB } from './scaffold.ts';

describe('a pin', () => {
  it('stays until it is taken back, and a second one replaces the first', () => {
    const { ledger, workspaceId, another } = freshLedger();
    ledger.pins.put(workspaceId, { release: releaseA, by: 'ada', at: 1 });
    ledger.pins.put(workspaceId, { release: releaseA, by: 'bob', at: 2, note: 'the audit' });
    ledger.pins.put(workspaceId, { release: releaseB, by: 'ada', at: 3 });
    expect(another().pins.list(workspaceId)).toEqual([
      { release: releaseA, by: 'bob', at: 2, note: 'the audit' },
      { release: releaseB, by: 'ada', at: 3 },
    ]);
    expect(ledger.pins.remove(workspaceId, releaseA, 'cem')).toBe(true);
    expect(ledger.pins.remove(workspaceId, releaseA, 'cem')).toBe(false);
    expect(ledger.pins.list(workspaceId).map(({ release }) => release)).toEqual([releaseB]);
  });

  it('is its workspace’s own', () => {
    const { ledger, workspaceId, folder } = freshLedger();
    const other = ledger.workspaces.opened(`${folder}-2`, 'other', 1);
    ledger.pins.put(other, { release: releaseA, by: 'ada', at: 1 });
    expect(ledger.pins.list(workspaceId)).toEqual([]);
    expect(ledger.pins.remove(workspaceId, releaseA, 'ada')).toBe(false);
    expect(ledger.pins.list(other)).toHaveLength(1);
  });

  it('is not written when it is refused in its transaction', () => {
    const { ledger, workspaceId } = freshLedger();
    const refused = refusal(() =>
      ledger.pins.put(workspaceId, { release: releaseA, by: 'ada', at: 1 }, () => {
        throw new GantryError('environment-busy', 'It goes.', 'Wait.');
      }),
    );
    expect(refused.message).toBe('It goes.');
    expect(ledger.pins.list(workspaceId)).toEqual([]);
  });
});
