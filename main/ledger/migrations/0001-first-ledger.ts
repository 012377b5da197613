import type { Migration } from './migration.ts';

/*
 * Facts: run_events, hold_events, releases, env_snapshots, log_chunks, workspaces, workspace_trust, and of runs the
 * columns up to `token`. Projections, which `rebuild` writes anew from the facts: the other columns of runs,
 * environment_state and environment_hold. Times are milliseconds since 1970, UTC.
 */
const schema = `
CREATE TABLE workspaces (
  id        TEXT    NOT NULL PRIMARY KEY,
  folder    TEXT    NOT NULL,
  name      TEXT    NOT NULL,
  opened_at INTEGER NOT NULL
) STRICT;
CREATE INDEX workspaces_by_opening ON workspaces (opened_at);

CREATE TABLE workspace_trust (
  workspace     TEXT    NOT NULL REFERENCES workspaces (id),
  commands_hash TEXT    NOT NULL,
  at            INTEGER NOT NULL,
  PRIMARY KEY (workspace, commands_hash)
) STRICT, WITHOUT ROWID;

-- token: the newest fencing token given out for this run.
CREATE TABLE runs (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  workspace   TEXT    NOT NULL REFERENCES workspaces (id),
  request_id  TEXT    NOT NULL,
  scope       TEXT    NOT NULL,
  token       INTEGER NOT NULL,
  kind        TEXT    NOT NULL,
  environment TEXT,
  release     TEXT,
  state       TEXT    NOT NULL,
  started_at  INTEGER NOT NULL,
  ended_at    INTEGER,
  summary     TEXT    NOT NULL,
  UNIQUE (workspace, request_id)
) STRICT;
-- The id is the last column of every index, so each of these also gives the newest first.
CREATE INDEX runs_by_workspace   ON runs (workspace);
CREATE INDEX runs_by_environment ON runs (workspace, environment);
CREATE INDEX runs_by_kind        ON runs (workspace, kind);
CREATE INDEX runs_by_state       ON runs (workspace, state);
CREATE INDEX runs_by_release     ON runs (workspace, release);
CREATE INDEX runs_by_start       ON runs (workspace, started_at);
CREATE INDEX runs_succeeded      ON runs (workspace, environment, kind) WHERE state = 'succeeded';
CREATE INDEX runs_unfinished     ON runs (id) WHERE state = 'running';

CREATE TABLE run_events (
  seq       INTEGER PRIMARY KEY AUTOINCREMENT,
  workspace TEXT    NOT NULL,
  run       INTEGER NOT NULL REFERENCES runs (id),
  n         INTEGER NOT NULL CHECK (n > 0),
  at        INTEGER NOT NULL,
  kind      TEXT    NOT NULL,
  event     TEXT    NOT NULL,
  UNIQUE (run, n)
) STRICT;
CREATE INDEX run_events_by_workspace ON run_events (workspace);
CREATE TRIGGER run_events_keep BEFORE UPDATE ON run_events
BEGIN SELECT RAISE (ABORT, 'run_events is append-only'); END;
CREATE TRIGGER run_events_stay BEFORE DELETE ON run_events
BEGIN SELECT RAISE (ABORT, 'run_events is append-only'); END;

-- A row for each lease that is held; every unfinished run has one.
CREATE TABLE environment_lease (
  workspace    TEXT    NOT NULL REFERENCES workspaces (id),
  scope        TEXT    NOT NULL,
  run          INTEGER NOT NULL UNIQUE REFERENCES runs (id),
  owner        TEXT    NOT NULL,
  by           TEXT    NOT NULL,
  reason       TEXT    NOT NULL,
  taken_at     INTEGER NOT NULL,
  heartbeat_at INTEGER NOT NULL,
  token        INTEGER NOT NULL,
  PRIMARY KEY (workspace, scope)
) STRICT, WITHOUT ROWID;

-- The last token given out; it outlives the leases, so that tokens only rise.
CREATE TABLE lease_tokens (
  workspace TEXT    NOT NULL REFERENCES workspaces (id),
  scope     TEXT    NOT NULL,
  last      INTEGER NOT NULL,
  PRIMARY KEY (workspace, scope)
) STRICT, WITHOUT ROWID;

-- What each run left in an environment; the row with the highest seq is what runs there now.
CREATE TABLE environment_state (
  workspace    TEXT    NOT NULL REFERENCES workspaces (id),
  environment  TEXT    NOT NULL,
  seq          INTEGER NOT NULL,
  run          INTEGER NOT NULL REFERENCES runs (id),
  release      TEXT    NOT NULL,
  env_snapshot TEXT,
  at           INTEGER NOT NULL,
  PRIMARY KEY (workspace, environment, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX environment_state_by_release ON environment_state (workspace, environment, release);

-- Holds that a person put or lifted: no run says so, and without these rows a rebuild would lose them.
-- after_seq: the last run event before it. A row without a reason lifts.
CREATE TABLE hold_events (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  workspace   TEXT    NOT NULL REFERENCES workspaces (id),
  environment TEXT    NOT NULL,
  after_seq   INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  by          TEXT    NOT NULL,
  reason      TEXT,
  run         INTEGER REFERENCES runs (id)
) STRICT;
CREATE TRIGGER hold_events_keep BEFORE UPDATE ON hold_events
BEGIN SELECT RAISE (ABORT, 'hold_events is append-only'); END;
CREATE TRIGGER hold_events_stay BEFORE DELETE ON hold_events
BEGIN SELECT RAISE (ABORT, 'hold_events is append-only'); END;

CREATE TABLE environment_hold (
  workspace   TEXT    NOT NULL REFERENCES workspaces (id),
  environment TEXT    NOT NULL,
  reason      TEXT    NOT NULL,
  by          TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  run         INTEGER REFERENCES runs (id),
  PRIMARY KEY (workspace, environment)
) STRICT, WITHOUT ROWID;

CREATE TABLE releases (
  workspace TEXT    NOT NULL REFERENCES workspaces (id),
  id        TEXT    NOT NULL,
  full_hash TEXT    NOT NULL,
  built_at  INTEGER NOT NULL,
  built_by  INTEGER NOT NULL REFERENCES runs (id),
  release   TEXT    NOT NULL,
  PRIMARY KEY (workspace, id),
  UNIQUE (workspace, full_hash)
) STRICT;
CREATE INDEX releases_by_time ON releases (workspace, built_at);

CREATE TABLE env_snapshots (
  id           TEXT    NOT NULL PRIMARY KEY,
  workspace    TEXT    NOT NULL REFERENCES workspaces (id),
  environment  TEXT    NOT NULL,
  taken_at     INTEGER NOT NULL,
  fingerprints TEXT    NOT NULL,
  sealed       BLOB    NOT NULL
) STRICT;

-- Lines first_n .. first_n + count - 1 of a run, one JSON array a line. bytes: before compression.
CREATE TABLE log_chunks (
  id      INTEGER PRIMARY KEY,
  run     INTEGER NOT NULL REFERENCES runs (id),
  first_n INTEGER NOT NULL CHECK (first_n > 0),
  count   INTEGER NOT NULL CHECK (count > 0),
  bytes   INTEGER NOT NULL,
  codec   TEXT    NOT NULL CHECK (codec IN ('plain', 'deflate')),
  data    BLOB    NOT NULL,
  UNIQUE (run, first_n)
) STRICT;
`;

export const firstLedger: Migration = {
  version: 1,
  name: 'first ledger',
  up: (db) => {
    db.exec(schema);
  },
};
