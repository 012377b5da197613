import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshLedger } from './scaffold.ts';

describe('a workspace', () => {
  it('has one id for one folder, by whatever path it is opened', () => {
    const { ledger, workspaceId, folder } = freshLedger();
    symlinkSync(folder, join(folder, 'link'));
    expect(workspaceId).toMatch(/^w-[0-9a-f]{12}$/);
    expect(ledger.workspaces.opened(`${folder}/`, 'shop', 2)).toBe(workspaceId);
    expect(ledger.workspaces.opened(join(folder, 'link'), 'shop', 3)).toBe(workspaceId);
    mkdirSync(join(folder, 'other'));
    expect(ledger.workspaces.opened(join(folder, 'other'), 'other', 4)).not.toBe(workspaceId);
    expect(ledger.workspaces.folder(workspaceId)).toBe(folder);
  });

  it('keeps its id in another ledger', () => {
    const { workspaceId, folder } = freshLedger();
    expect(freshLedger().ledger.workspaces.opened(folder, 'shop', 1)).toBe(workspaceId);
  });

  it('is listed by when it was last opened, also when its folder is gone', () => {
    const { ledger, workspaceId, folder } = freshLedger();
    const gone = ledger.workspaces.opened(join(folder, 'gone'), 'gone', 5);
    expect(ledger.workspaces.recent(9)).toEqual([
      { id: gone, name: 'gone', folder: join(folder, 'gone'), openedAt: 5 },
      { id: workspaceId, name: 'shop', folder, openedAt: 1 },
    ]);
    ledger.workspaces.opened(folder, 'renamed', 9);
    expect(ledger.workspaces.recent(1)).toEqual([{ id: workspaceId, name: 'renamed', folder, openedAt: 9 }]);
  });

  it('is trusted for exactly the commands that were trusted', () => {
    const { ledger, workspaceId, folder } = freshLedger();
    const other = ledger.workspaces.opened(join(folder, 'other'), 'other', 1);
    expect(ledger.workspaces.isTrusted(workspaceId, 'h1')).toBe(false);
    ledger.workspaces.trust(workspaceId, 'h1', 5);
    ledger.workspaces.trust(workspaceId, 'h1', 6);
    expect(ledger.workspaces.isTrusted(workspaceId, 'h1')).toBe(true);
    expect(ledger.workspaces.isTrusted(workspaceId, 'h2')).toBe(false);
    expect(ledger.workspaces.isTrusted(other, 'h1')).toBe(false);
  });
});
