PRAGMA user_version = 4;

CREATE TABLE env_snapshots (
  id           TEXT    NOT NULL PRIMARY KEY,
  workspace    TEXT    NOT NULL REFERENCES workspaces (id),
  environment  TEXT    NOT NULL,
  taken_at     INTEGER NOT NULL,
  fingerprints TEXT    NOT NULL,
  sealed       BLOB    NOT NULL
) STRICT;

CREATE TABLE environment_hold (
  workspace   TEXT    NOT NULL REFERENCES workspaces (id),
  environment TEXT    NOT NULL,
  reason      TEXT    NOT NULL,
  by          TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  run         INTEGER REFERENCES runs (id),
  PRIMARY KEY (workspace, environment)
) STRICT, WITHOUT ROWID;

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

CREATE TRIGGER hold_events_keep BEFORE UPDATE ON hold_events
BEGIN SELECT RAISE (ABORT, 'hold_events is append-only'); END;

CREATE TRIGGER hold_events_stay BEFORE DELETE ON hold_events
BEGIN SELECT RAISE (ABORT, 'hold_events is append-only'); END;

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

CREATE TABLE lease_tokens (
  workspace TEXT    NOT NULL REFERENCES workspaces (id),
  scope     TEXT    NOT NULL,
  last      INTEGER NOT NULL,
  PRIMARY KEY (workspace, scope)
) STRICT, WITHOUT ROWID;

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

CREATE TRIGGER pin_events_keep BEFORE UPDATE ON pin_events
BEGIN SELECT RAISE (ABORT, 'pin_events is append-only'); END;

CREATE TRIGGER pin_events_stay BEFORE DELETE ON pin_events
BEGIN SELECT RAISE (ABORT, 'pin_events is append-only'); END;

CREATE TABLE pin_events (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  workspace TEXT    NOT NULL REFERENCES workspaces (id),
  release   TEXT    NOT NULL,
  act       TEXT    NOT NULL CHECK (act IN ('pin', 'unpin')),
  at        INTEGER NOT NULL,
  by        TEXT    NOT NULL,
  note      TEXT
) STRICT;

CREATE TABLE release_pin (
  workspace TEXT    NOT NULL REFERENCES workspaces (id),
  release   TEXT    NOT NULL,
  at        INTEGER NOT NULL,
  by        TEXT    NOT NULL,
  note      TEXT,
  PRIMARY KEY (workspace, release)
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

CREATE TRIGGER run_events_keep BEFORE UPDATE ON run_events
BEGIN SELECT RAISE (ABORT, 'run_events is append-only'); END;

CREATE TRIGGER run_events_stay BEFORE DELETE ON run_events
BEGIN SELECT RAISE (ABORT, 'run_events is append-only'); END;

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

CREATE INDEX image_places ON run_events (workspace, json_extract(event, '$.release'))
        WHERE kind = 'image-placed';

CREATE INDEX run_events_by_workspace ON run_events (workspace);

CREATE INDEX run_events_of_removals ON run_events (run) WHERE kind IN ('image-removing', 'image-removed');

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

CREATE INDEX runs_by_environment ON runs (workspace, environment);

CREATE INDEX runs_by_kind        ON runs (workspace, kind);

CREATE INDEX runs_by_release     ON runs (workspace, release);

CREATE INDEX runs_by_start       ON runs (workspace, started_at);

CREATE INDEX runs_by_state       ON runs (workspace, state);

CREATE INDEX runs_by_workspace   ON runs (workspace);

CREATE INDEX runs_succeeded      ON runs (workspace, environment, kind) WHERE state = 'succeeded';

CREATE INDEX runs_unfinished     ON runs (id) WHERE state = 'running';

CREATE TABLE schema_history (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL, app_version TEXT NOT NULL) STRICT;

CREATE TABLE workspace_trust (
  workspace     TEXT    NOT NULL REFERENCES workspaces (id),
  commands_hash TEXT    NOT NULL,
  at            INTEGER NOT NULL,
  PRIMARY KEY (workspace, commands_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE workspaces (
  id        TEXT    NOT NULL PRIMARY KEY,
  folder    TEXT    NOT NULL,
  name      TEXT    NOT NULL,
  opened_at INTEGER NOT NULL
) STRICT;

CREATE INDEX workspaces_by_opening ON workspaces (opened_at);
