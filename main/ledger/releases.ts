import * as z from 'zod';
import type { Ledger } from '#main/core/ports/ledger.ts';
import { type ReleaseId, releaseIdSchema, type WorkspaceId } from '#shared/domain/ids.ts';
import { type Release, releaseSchema } from '#shared/domain/release.ts';
import type { Connection } from './connection.ts';
import { jsonOf } from './rows.ts';

const releaseColumnSchema = jsonOf(releaseSchema);

/** Hex digits of the hash that an id shows at least. */
const shortest = 6;

export function createReleases(connection: Connection): Ledger['releases'] {
  const { read, write } = connection;
  return {
    put: (release, fullHash) => {
      // Outside of `write`, which takes a misfit for a bad row; this one is the caller's.
      const checked = releaseSchema.parse(release);
      write(() => put(connection, checked, fullHash));
    },
    get: (workspaceId, id) => read(() => find(connection, 'id', workspaceId, id)),
    byHash: (workspaceId, fullHash) => read(() => find(connection, 'full_hash', workspaceId, fullHash)),
    list: (workspaceId, limit) => read(() => list(connection, workspaceId, limit)),
    count: (workspaceId) => read(() => count(connection, workspaceId)),
    freeId: (workspaceId, fullHash) => read(() => freeId(connection, workspaceId, fullHash)),
  };
}

function put(connection: Connection, release: Release, fullHash: string): void {
  const { sql } = connection;
  const known = sql('SELECT full_hash FROM releases WHERE workspace = ? AND id = ?')
    .pluck()
    .get(release.workspaceId, release.id);
  if (known === fullHash) {
    putTests(connection, release);
    return;
  }
  if (known !== undefined) throw new Error(`${release.id} is another release already`);
  sql(
    'INSERT INTO releases (workspace, id, full_hash, built_at, built_by, release) VALUES (?, ?, ?, ?, ?, ?)',
  ).run(release.workspaceId, release.id, fullHash, release.builtAt, release.builtBy, JSON.stringify(release));
}

/** The only thing about a release that may change. */
function putTests(connection: Connection, { workspaceId, id, tests }: Release): void {
  const known = find(connection, 'id', workspaceId, id);
  if (known === undefined) return;
  connection
    .sql('UPDATE releases SET release = ? WHERE workspace = ? AND id = ?')
    .run(JSON.stringify({ ...known, tests }), workspaceId, id);
}

function find(
  { sql }: Connection,
  column: 'id' | 'full_hash',
  workspaceId: WorkspaceId,
  value: string,
): Release | undefined {
  const text = sql(`SELECT release FROM releases WHERE workspace = ? AND ${column} = ?`)
    .pluck()
    .get(workspaceId, value);
  return text === undefined ? undefined : releaseColumnSchema.parse(text);
}

function list({ sql }: Connection, workspaceId: WorkspaceId, limit: number): readonly Release[] {
  return sql('SELECT release FROM releases WHERE workspace = ? ORDER BY built_at DESC, rowid DESC LIMIT ?')
    .pluck()
    .all(workspaceId, limit)
    .map((text) => releaseColumnSchema.parse(text));
}

function count({ sql }: Connection, workspaceId: WorkspaceId): number {
  return z.number().parse(sql('SELECT count(*) FROM releases WHERE workspace = ?').pluck().get(workspaceId));
}

function freeId({ sql }: Connection, workspaceId: WorkspaceId, fullHash: string): ReleaseId {
  const hashOf = sql('SELECT full_hash FROM releases WHERE workspace = ? AND id = ?').pluck();
  for (let length = shortest; length <= fullHash.length; length += 1) {
    const id = releaseIdSchema.parse(`r-${fullHash.slice(0, length)}`);
    const taken = hashOf.get(workspaceId, id);
    if (taken === undefined || taken === fullHash) return id;
  }
  throw new Error(`no id is free for the hash ${fullHash}`);
}
