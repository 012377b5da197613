import Database from 'better-sqlite3';
import { openLedger } from '#main/ledger/open.ts';

/** `node open-as-nobody.ts PATH`: opens the ledger without root's rights and prints the refusal as JSON, or `{}`. */
const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: open-as-nobody.ts PATH');

const settings = { now: () => 0, appVersion: '0.1.0' };
// Loads the native library while it can still be read: the project may lie in root's own folder.
new Database(':memory:').close();
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(65534);
  process.setuid?.(65534);
}
try {
  openLedger({ ...settings, path }).close();
  console.log('{}');
} catch (error) {
  console.log(JSON.stringify({ ...(error as object), message: (error as Error).message }));
}
