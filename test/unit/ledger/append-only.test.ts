import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createConnection } from '#main/ledger/connection.ts';
import { dev, finish, freshLedger, releaseA } from './scaffold.ts';

describe.each(['run_events', 'hold_events', 'pin_events'])('%s', (table) => {
  it.each([
    ['an update', `UPDATE ${table} SET at = 0`],
    ['a deletion', `DELETE FROM ${table}`],
    ['a replacement', `INSERT OR REPLACE INTO ${table} SELECT * FROM ${table}`],
  ])('refuses %s', (_case, sql) => {
    const { ledger, path, workspaceId } = freshLedger();
    finish(ledger, workspaceId, { environment: dev });
    ledger.environments.putHold(workspaceId, dev, { reason: 'wait', by: 'ada', at: 1 });
    ledger.pins.put(workspaceId, { release: releaseA, by: 'ada', at: 1 });
    const db = new Database(path);
    db.pragma('recursive_triggers = ON');
    const before = db.prepare(`SELECT * FROM ${table}`).all();
    expect(() => db.exec(sql)).toThrow('append-only');
    expect(db.prepare(`SELECT * FROM ${table}`).all()).toEqual(before);
    db.close();
  });
});

describe('events', () => {
  it('come in order of seq, only of the workspace, after the one asked for', () => {
    const { ledger, workspaceId, folder } = freshLedger();
    const other = ledger.workspaces.opened(`${folder}-2`, 'other', 1);
    finish(ledger, workspaceId, { environment: dev });
    finish(ledger, other, { environment: dev });
    finish(ledger, workspaceId, { environment: dev });
    const seqs = (after: number, limit = 9) =>
      ledger.events.after(workspaceId, after, limit).map(({ seq }) => seq);
    expect(seqs(0)).toEqual([1, 2, 5, 6]);
    expect(seqs(2)).toEqual([5, 6]);
    expect(seqs(0, 3)).toEqual([1, 2, 5]);
    expect(seqs(6)).toEqual([]);
    expect(ledger.events.lastSeq()).toBe(6);
  });

  it('are noticed once, whoever wrote them', () => {
    const { ledger, workspaceId, another } = freshLedger();
    const other = another();
    ledger.events.hasChanged();
    expect(ledger.events.hasChanged()).toBe(false);
    finish(other, workspaceId, { environment: dev });
    expect(ledger.events.hasChanged()).toBe(true);
    expect(ledger.events.hasChanged()).toBe(false);
    finish(ledger, workspaceId, { environment: dev });
    expect(ledger.events.hasChanged()).toBe(true);
    expect(ledger.events.hasChanged()).toBe(false);
    ledger.runs.list({ workspaceId, limit: 5 });
    expect(ledger.events.hasChanged()).toBe(false);
  });
});

describe('a write', () => {
  it('waits for the disk, unless a power cut may have it', () => {
    const db = new Database(':memory:');
    const connection = createConnection(db, ':memory:', () => 0, 100);
    const synchronous = () => db.pragma('synchronous', { simple: true });
    connection.writeSoon(() => undefined);
    expect(synchronous()).toBe(1);
    connection.write(() => undefined);
    expect(synchronous()).toBe(2);
    db.close();
  });
});
