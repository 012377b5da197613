/**
 * `gantry status --json` and `gantry history --json` in one process that does not wait for a dead process's heartbeat to
 * grow old: `node recovering-gantry.ts HOME FOLDER`. With `stay` behind it, it stays until nothing is followed any more.
 */
import { createGantry } from '#main/create-gantry.ts';
import { createInProcessClient } from '#main/shell/in-process-client.ts';

const [, , home, folder, stay] = process.argv;
if (home === undefined || folder === undefined) throw new Error('usage: recovering-gantry.ts HOME FOLDER');

const gantry = await createGantry({
  home,
  shell: 'cli',
  env: process.env,
  version: '0.0.0-test',
  leaseStaleAfterMs: -1,
});
const { client, close } = createInProcessClient(gantry.router);
try {
  const { id: workspaceId } = await client.workspaces.open({ folder });
  if (stay === 'stay') {
    await client.board.get({ workspaceId });
    await gantry.idle();
  }
  const board = await client.board.get({ workspaceId });
  const history = await client.runs.list({ workspaceId });
  const releases = await client.releases.list({ workspaceId });
  process.stdout.write(JSON.stringify({ board, history, releases }));
} finally {
  close();
  await gantry.dispose();
}
