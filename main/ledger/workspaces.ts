import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import type { Ledger } from '#main/core/ports/ledger.ts';
import { type WorkspaceId, workspaceIdSchema } from '#shared/domain/ids.ts';
import { recentWorkspaceSchema } from '#shared/domain/workspace.ts';
import type { Connection } from './connection.ts';

const recentRowSchema = recentWorkspaceSchema.omit({ present: true });

export function createWorkspaces(connection: Connection): Ledger['workspaces'] {
  const { sql, read, write, writeSoon } = connection;
  return {
    // A run in it takes this along to the disk; without one nothing is lost with it.
    opened: (folder, name, at) => writeSoon(() => opened(connection, realPath(folder), name, at)),
    folder: (id) =>
      read(() =>
        z.string().optional().parse(sql('SELECT folder FROM workspaces WHERE id = ?').pluck().get(id)),
      ),
    recent: (limit) =>
      read(() =>
        sql(
          'SELECT id, name, folder, opened_at AS openedAt FROM workspaces ORDER BY opened_at DESC, rowid DESC LIMIT ?',
        )
          .all(limit)
          .map((row) => recentRowSchema.parse(row)),
      ),
    isTrusted: (id, trustedHash) =>
      read(
        () =>
          sql('SELECT 1 FROM workspace_trust WHERE workspace = ? AND commands_hash = ?').get(
            id,
            trustedHash,
          ) !== undefined,
      ),
    trust: (id, trustedHash, at) =>
      write(() => {
        sql(
          'INSERT INTO workspace_trust (workspace, commands_hash, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        ).run(id, trustedHash, at);
      }),
  };
}

function opened({ sql }: Connection, folder: string, name: string, at: number): WorkspaceId {
  const id = idOf(folder);
  sql(
    `INSERT INTO workspaces (id, folder, name, opened_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET folder = excluded.folder, name = excluded.name, opened_at = excluded.opened_at`,
  ).run(id, folder, name, at);
  return id;
}

/** From the folder alone, so that every ledger and every machine user calls it the same. */
function idOf(folder: string): WorkspaceId {
  return workspaceIdSchema.parse(`w-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`);
}

/** Symbolic links resolved, and on case-insensitive disks the case as it is on the disk. */
function realPath(folder: string): string {
  try {
    return realpathSync.native(folder);
  } catch {
    // Gone or unreadable: whoever opens it says so; its history must still read.
    return resolve(folder);
  }
}
