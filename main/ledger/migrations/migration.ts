import type { Database } from 'better-sqlite3';

/**
 * One step of the schema, from `version - 1` to `version`. It runs inside the runner's transaction with foreign keys
 * off (a table can only be rebuilt that way); the runner checks them before it commits.
 */
export type Migration = {
  readonly version: number;
  readonly name: string;
  readonly up: (db: Database) => void;
};
