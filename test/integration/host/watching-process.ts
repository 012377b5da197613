import { createInterface } from 'node:readline';
import { createFolderWatcher } from '#main/host/watch-folder.ts';

// `node watching-process.ts FOLDER`: tells each change as a line of JSON, and `settled` for each line that it gets.
const [folder = ''] = process.argv.slice(2);
const tell = (what: unknown) => process.stdout.write(`${JSON.stringify(what)}\n`);

try {
  const watch = await createFolderWatcher().watch(folder, tell);
  tell({ kind: 'watching' });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'leave') break;
    await watch.settled().then(
      () => tell({ kind: 'settled' }),
      (error: Error) => tell({ kind: 'ended', why: error.message }),
    );
  }
} catch (error) {
  tell({ kind: 'refused', why: error instanceof Error ? error.message : String(error) });
}
// A watch is still open, and keeps nobody here.
process.stdin.destroy();
