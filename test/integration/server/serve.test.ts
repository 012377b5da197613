import type { ChildProcess } from 'node:child_process';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { GantryClient } from '#main/shell/gantry-client.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { startBuilt } from '#test/integration/cli/built-gantry.ts';

let world: GantryWorld;
const children = new Set<ChildProcess>();
beforeAll(async () => {
  world = await createGantryWorld();
});
afterAll(async () => {
  // Only those of a test that failed are still there.
  for (const child of children) child.kill('SIGKILL');
  await world.remove();
});

type Served = ReturnType<typeof startBuilt> & {
  readonly origin: string;
  readonly cookie: string;
  connect(): Promise<{ readonly client: GantryClient; readonly closed: Promise<number> }>;
};

/** `gantry serve`, and a browser's way in. */
async function served(): Promise<Served> {
  const started = startBuilt(world, ['serve']);
  children.add(started.child);
  const [url = ''] = /^http\S+/m.exec(await started.said('Ctrl-C stops.')) ?? [];
  const welcome = await fetch(url);
  const cookie = welcome.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const { origin } = new URL(url);
  const connect = async () => {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/ws`, { headers: { origin, cookie } });
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    // ws and the DOM differ in what a listener gets; oRPC takes both.
    const client: GantryClient = createORPCClient(new RPCLink({ websocket: socket as never }));
    return { client, closed };
  };
  return { ...started, origin, cookie, connect };
}

it('shows the built app to the one browser that has the link, until Ctrl-C', async () => {
  const { origin, cookie, connect, child, ended } = await served();
  const page = await fetch(origin, { headers: { cookie } });
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<title>Gantry</title>');
  expect((await fetch(origin)).status).toBe(401);
  const { client, closed } = await connect();
  const opened = await client.workspaces.open({ folder: world.workspace.folder });
  expect(opened.name).toBe(world.workspace.name);
  child.kill('SIGINT');
  expect((await ended).code).toBe(0);
  expect(await closed).toBe(1001);
});

it('waits for a run that was started in the browser, and starts no other', { timeout: 60_000 }, async () => {
  const { connect, child, ended, said } = await served();
  const { client } = await connect();
  const { id: workspaceId } = await client.workspaces.open({ folder: world.workspace.folder });
  await client.workspaces.trust({ workspaceId });
  const { runId } = await client.runs.build({ workspaceId, requestId: 'serve-test-1' });
  child.kill('SIGINT');
  await said(`Waiting for run ${runId}.`);
  await expect(client.runs.build({ workspaceId, requestId: 'serve-test-2' })).rejects.toMatchObject({
    data: { code: 'environment-busy' },
  });
  expect((await ended).code).toBe(0);
  expect((await world.history())[0]).toMatchObject({
    id: runId,
    state: 'succeeded',
    by: { shell: 'server' },
  });
});
