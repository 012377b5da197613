import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGantry } from '#main/create-gantry.ts';
import { createInProcessClient } from '#main/shell/in-process-client.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';

let world: GantryWorld;

beforeAll(async () => {
  world = await createGantryWorld();
});
afterAll(() => world.remove());

/** Folders that this process watches. */
function watchedFolders(): number {
  let count = 0;
  for (const file of readdirSync('/proc/self/fdinfo')) {
    try {
      count += readFileSync(`/proc/self/fdinfo/${file}`, 'utf8').match(/^inotify /gm)?.length ?? 0;
    } catch {
      // Closed meanwhile, such as the one by which they are listed.
    }
  }
  return count;
}

async function buildIn(shell: 'cli' | 'server'): Promise<{ during: number; after: number }> {
  const gantry = await createGantry({ home: world.workspace.home, shell, env: world.env, version: '0.0.0' });
  const { client, close } = createInProcessClient(gantry.router);
  const { id: workspaceId } = await client.workspaces.open({ folder: realpathSync(world.workspace.folder) });
  await client.workspaces.trust({ workspaceId });
  const before = watchedFolders();
  const { runId } = await client.runs.build({ workspaceId, requestId: randomUUID() });
  await gantry.idle();
  expect((await client.runs.get({ runId })).summary.state).toBe('succeeded');
  const during = watchedFolders() - before;
  close();
  await gantry.dispose();
  return { during, after: watchedFolders() - before };
}

test.runIf(process.platform === 'linux')(
  'a context is watched from its first build on, in an app that stays open',
  async () => {
    expect(await buildIn('cli')).toEqual({ during: 0, after: 0 });
    const { during, after } = await buildIn('server');
    // The context’s folders, and the file by which the thread knows that all is told.
    expect(during).toBeGreaterThan(1);
    expect(after).toBe(0);
  },
);
