import type { Migration } from './migration.ts';

/*
 * Facts: pin_events. Projection: release_pin. And an index for what every deploy asks before it starts: the removals
 * of images that are going on, which are few among very many events.
 */
const schema = `
-- What people pinned and unpinned, in the order in which they did.
CREATE TABLE pin_events (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  workspace TEXT    NOT NULL REFERENCES workspaces (id),
  release   TEXT    NOT NULL,
  act       TEXT    NOT NULL CHECK (act IN ('pin', 'unpin')),
  at        INTEGER NOT NULL,
  by        TEXT    NOT NULL,
  note      TEXT
) STRICT;
CREATE TRIGGER pin_events_keep BEFORE UPDATE ON pin_events
BEGIN SELECT RAISE (ABORT, 'pin_events is append-only'); END;
CREATE TRIGGER pin_events_stay BEFORE DELETE ON pin_events
BEGIN SELECT RAISE (ABORT, 'pin_events is append-only'); END;

CREATE TABLE release_pin (
  workspace TEXT    NOT NULL REFERENCES workspaces (id),
  release   TEXT    NOT NULL,
  at        INTEGER NOT NULL,
  by        TEXT    NOT NULL,
  note      TEXT,
  PRIMARY KEY (workspace, release)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_events_of_removals ON run_events (run) WHERE kind IN ('image-removing', 'image-removed');
`;

export const pins: Migration = {
  version: 3,
  name: 'pinned releases',
  up: (db) => {
    db.exec(schema);
  },
};
