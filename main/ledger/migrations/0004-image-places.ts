import type { Migration } from './migration.ts';

/** Where an image was put is asked for by its release; the events themselves are the record. */
export const imagePlaces: Migration = {
  version: 4,
  name: 'where images were put',
  up: (db) => {
    db.exec(`
      CREATE INDEX image_places ON run_events (workspace, json_extract(event, '$.release'))
        WHERE kind = 'image-placed';
    `);
  },
};
