import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * In the place of better-sqlite3's lib/binding.js: that file as it was installed, which looks for the shared library around
 * itself. The dozen of files beside it are bundled.
 */
export function getBinding(given) {
  const require = createRequire(import.meta.filename);
  const installed = dirname(require.resolve('better-sqlite3'));
  return require(join(installed, 'binding.js')).getBinding(given);
}
