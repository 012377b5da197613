import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { freshLedger } from '../unit/ledger/scaffold.ts';

it('the migrated schema', async () => {
  const { path } = freshLedger();
  const db = new Database(path, { readonly: true });
  const statements = z
    .array(z.string())
    .parse(
      db
        .prepare("SELECT sql || ';' FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY tbl_name, type DESC, name")
        .pluck()
        .all(),
    );
  const version = db.pragma('user_version', { simple: true });
  db.close();
  const dump = [`PRAGMA user_version = ${version};`, ...statements].join('\n\n');
  await expect(`${dump}\n`).toMatchFileSnapshot('ledger-schema.sql');
});
