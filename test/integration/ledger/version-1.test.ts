import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '#main/core/ports/ledger.ts';
import { migrations } from '#main/ledger/migrations/index.ts';
import { environmentNameSchema, type WorkspaceId } from '#shared/domain/ids.ts';
import { open, temporaryFolder } from '#test/unit/ledger/scaffold.ts';

/** A ledger that Gantry wrote when it had one image a release: two builds, two deploys, a hold. */
const dump = fileURLToPath(new URL('../../fixtures/ledger/version-1.sql', import.meta.url));
const dev = environmentNameSchema.parse('dev');
const staging = environmentNameSchema.parse('staging');

let folder: string;
let path: string;
let ledger: Ledger;
let workspaceId: WorkspaceId;
let before: readonly { readonly id: string; readonly release: string }[];

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'ledger.db');
  const old = new Database(path);
  old.exec(readFileSync(dump, 'utf8'));
  before = releaseRows(old);
  old.close();
  ledger = open(path);
  const [recent] = ledger.workspaces.recent(1);
  if (recent === undefined) throw new Error('it has no workspace');
  workspaceId = recent.id;
});

function releaseRows(db: Database.Database) {
  return db.prepare('SELECT id, release FROM releases ORDER BY built_at').all() as {
    readonly id: string;
    readonly release: string;
  }[];
}

describe('a ledger of version 1', () => {
  it('is brought to the newest, after a copy was made of it', () => {
    expect(ledger.facts().schemaVersion).toBe(migrations.length);
    expect(ledger.check()).toEqual([]);
    const [name, ...others] = readdirSync(folder).filter((file) => file.includes('backup'));
    expect(others).toEqual([]);
    const copyPath = join(folder, name ?? '');
    expect(statSync(copyPath).mode & 0o777).toBe(0o600);
    const copy = new Database(copyPath, { readonly: true });
    expect(copy.pragma('user_version', { simple: true })).toBe(1);
    expect(releaseRows(copy)).toEqual(before);
    copy.close();
  });

  it('has each release’s image as the first of its images, and nothing else of it changed', () => {
    const now = new Database(path, { readonly: true });
    const rows = new Map(releaseRows(now).map(({ id, release }) => [id, JSON.parse(release)]));
    now.close();
    for (const row of before) {
      const { image, tags, ...rest } = JSON.parse(row.release);
      const release = ledger.releases.list(workspaceId, 10).find(({ id }) => id === row.id);
      expect(release).toEqual({ ...rest, images: [{ image, tags }] });
      expect(rows.get(row.id)).toEqual(release);
      expect(image).toBeDefined();
    }
    expect(ledger.releases.list(workspaceId, 10)).toHaveLength(2);
  });

  it('is opened again without another copy, and its rows stay', () => {
    const releases = ledger.releases.list(workspaceId, 10);
    const again = open(path);
    expect(again.releases.list(workspaceId, 10)).toEqual(releases);
    expect(readdirSync(folder).filter((file) => file.includes('backup'))).toHaveLength(1);
  });

  it('tells all that it told before', () => {
    const runs = ledger.runs.list({ workspaceId, limit: 10 });
    expect(runs.map(({ id, kind, state, version }) => [id, kind, state, version])).toEqual([
      [4, 'deploy', 'succeeded', '1.0.1'],
      [3, 'build', 'succeeded', '1.0.1'],
      [2, 'deploy', 'succeeded', '1.0.0'],
      [1, 'build', 'succeeded', '1.0.0'],
    ]);
    for (const { id } of runs) expect(ledger.runs.events(id).length).toBeGreaterThan(10);
    expect(runs.map(({ id }) => ledger.logs.read(id, 1, 100).length > 5)).toContain(true);
    expect(ledger.environments.history(workspaceId, dev, 10)).toMatchObject([
      { release: runs[0]?.release, runId: 4 },
      { release: runs[2]?.release, runId: 2 },
    ]);
    expect(ledger.environments.hold(workspaceId, staging)).toMatchObject({
      reason: 'audit',
    });
    const state = ledger.environments.state(workspaceId, dev);
    ledger.environments.rebuild();
    expect(ledger.environments.state(workspaceId, dev)).toEqual(state);
  });
});
