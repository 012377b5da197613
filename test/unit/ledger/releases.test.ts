import { describe, expect, it } from 'vitest';
import { releaseIdSchema } from '#shared/domain/ids.ts';
import { dev, finish, freshLedger, releaseA, releaseB, releaseOf, snapshot1 } from './scaffold.ts';

const hashA = `aaaaaa${'0'.repeat(58)}`;
const hashA2 = `aaaaaa1${'0'.repeat(57)}`;
const hashB = `bbbbbb${'0'.repeat(58)}`;

describe('a release', () => {
  it('is found by id and by hash, in its workspace only', () => {
    const { ledger, workspaceId, folder } = freshLedger();
    const other = ledger.workspaces.opened(`${folder}-2`, 'other', 1);
    const release = releaseOf(workspaceId, finish(ledger, workspaceId, {}));
    ledger.releases.put(release, hashA);
    expect(ledger.releases.get(workspaceId, releaseA)).toEqual(release);
    expect(ledger.releases.byHash(workspaceId, hashA)).toEqual(release);
    expect(ledger.releases.get(other, releaseA)).toBeUndefined();
    expect(ledger.releases.byHash(workspaceId, hashB)).toBeUndefined();
  });

  it('stays as it was first put', () => {
    const { ledger, workspaceId } = freshLedger();
    const release = releaseOf(workspaceId, finish(ledger, workspaceId, {}));
    ledger.releases.put(release, hashA);
    ledger.releases.put({ ...release, version: '2.0.0' }, hashA);
    expect(ledger.releases.get(workspaceId, releaseA)?.version).toBe('1.0.0');
    expect(() => ledger.releases.put(release, hashB)).toThrow('another release');
  });

  it('that does not fit its schema is not written', () => {
    const { ledger, workspaceId } = freshLedger();
    const release = releaseOf(workspaceId, finish(ledger, workspaceId, {}));
    expect(() =>
      ledger.releases.put({ ...release, images: [{ ...release.images[0], tags: [] }] }, hashA),
    ).toThrow();
    expect(ledger.releases.list(workspaceId, 5)).toEqual([]);
  });

  it('list has the newest first', () => {
    const { ledger, workspaceId } = freshLedger();
    const builtBy = finish(ledger, workspaceId, {});
    ledger.releases.put(releaseOf(workspaceId, builtBy, releaseA, 2000), hashA);
    ledger.releases.put(releaseOf(workspaceId, builtBy, releaseB, 1000), hashB);
    const newestLast = releaseIdSchema.parse('r-cccccc');
    ledger.releases.put(releaseOf(workspaceId, builtBy, newestLast, 2000), 'c'.repeat(64));
    expect(ledger.releases.list(workspaceId, 9).map(({ id }) => id)).toEqual([
      newestLast,
      releaseA,
      releaseB,
    ]);
    expect(ledger.releases.list(workspaceId, 1)).toHaveLength(1);
  });

  it('gets the shortest id that no other has', () => {
    const { ledger, workspaceId } = freshLedger();
    expect(ledger.releases.freeId(workspaceId, hashA)).toBe('r-aaaaaa');
    ledger.releases.put(releaseOf(workspaceId, finish(ledger, workspaceId, {})), hashA);
    expect(ledger.releases.freeId(workspaceId, hashA)).toBe('r-aaaaaa');
    expect(ledger.releases.freeId(workspaceId, hashA2)).toBe('r-aaaaaa1');
    expect(ledger.releases.freeId(workspaceId, hashB)).toBe('r-bbbbbb');
  });
});

describe('an env snapshot', () => {
  it('keeps its sealed bytes and fingerprints as they were first put', () => {
    const { ledger, workspaceId } = freshLedger();
    const row = {
      id: snapshot1,
      workspaceId,
      environment: dev,
      takenAt: 1000,
      fingerprints: { PORT: 'f1', TOKEN: 'f2' },
      sealed: new Uint8Array([0, 255, 7]),
    };
    ledger.envSnapshots.put(row);
    ledger.envSnapshots.put({ ...row, takenAt: 2000 });
    const found = ledger.envSnapshots.get(snapshot1);
    expect(found).toEqual({ ...row, sealed: Buffer.from(row.sealed) });
  });

  it('that is not there is undefined', () => {
    expect(freshLedger().ledger.envSnapshots.get(snapshot1)).toBeUndefined();
  });
});
