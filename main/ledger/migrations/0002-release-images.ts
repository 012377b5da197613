import type { Migration } from './migration.ts';

/** A release may have several images, one for each cell of its build's matrix: its only one becomes the first of them. */
export const releaseImages: Migration = {
  version: 2,
  name: 'several images in a release',
  up: (db) => {
    db.exec(`
      UPDATE releases SET release = json_remove(
        json_set(release, '$.images', json_array(json_object(
          'image', json_extract(release, '$.image'),
          'tags', json_extract(release, '$.tags')
        ))),
        '$.image', '$.tags'
      ) WHERE json_extract(release, '$.images') IS NULL;
    `);
  },
};
