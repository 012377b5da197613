import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exitCodes } from '#main/shell/cli/exit-codes.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';

const token = 's3cret-of-the-whole-story';

let world: GantryWorld;
let server: Server;
const called: string[] = [];
beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    called.push(`${request.method} ${request.url} ${body}`);
    response.writeHead(202).end(`took ${request.url}`);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  // A server that listens on a port has an address with one.
  const hook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/${token}`;
  world = await createGantryWorld(undefined, { DEPLOY_HOOK: hook, DEPLOY_TOKEN: token });
  const writes = `require('fs').writeFileSync('live', process.argv[1]); console.log('token ' + process.env.TOKEN)`;
  const reads = `try { console.log(require('fs').readFileSync('live', 'utf8')) } catch {}`;
  const node = (code: string, ...args: readonly string[]) =>
    JSON.stringify([process.execPath, '-e', code, ...args]);
  const command = `{ kind: command, run: ${node(writes, '{{release}}')}, env: { TOKEN: "secret://env/DEPLOY_TOKEN" }, observe: { run: ${node(reads)}, poll: 20ms } }`;
  const webhook = `{ kind: webhook, url: "secret://env/DEPLOY_HOOK", body: { release: "{{release}}" } }`;
  await world.workspace.edit('gantry.yml', (text) =>
    text
      .replace(/staging:\n(.*\n) {4}target: \{ kind: compose \}/, `staging:\n$1    target: ${command}`)
      .replace(/prod:\n(.*\n) {4}target: \{ kind: compose \}/, `prod:\n$1    target: ${webhook}`)
      .replaceAll(/ {4}health: .*\n/g, ''),
  );
  await world.workspace.edit('.gitignore', (text) => `${text}\nlive\n`).catch(() => undefined);
});
afterAll(async () => {
  server.close();
  await world.remove();
});

const told: string[] = [];
async function gantry(...args: readonly string[]) {
  const ended = await world.gantry(...args);
  told.push(ended.stdout, ended.stderr);
  return ended;
}

// One story, told in order.
test('nothing runs before somebody trusts it, and what would run is said', async () => {
  expect((await world.environment('staging')).observed).toMatchObject({
    kind: 'unreachable',
    why: expect.stringContaining('not trusted'),
  });
  expect((await gantry('build', '--trust')).code).toBe(0);
  expect((await gantry('deploy', 'dev', '--yes')).code).toBe(0);
});

test('a command deploys, and what it says is live is what the board shows', async () => {
  const { code, stdout } = await gantry('promote', 'staging', '--yes');
  expect([code, stdout]).toEqual([0, expect.stringContaining('is live')]);
  const { id } = (await world.history())[0] ?? {};
  expect((await gantry('logs', String(id))).stdout).toContain('token [redacted]');
  const { observed, release, drift } = await world.environment('staging');
  expect(await readFile(join(world.workspace.folder, 'live'), 'utf8')).toBe(release?.id);
  expect(observed).toMatchObject({ kind: 'running', services: [{ releaseLabel: release?.id }] });
  expect(drift).toBeUndefined();
});

test('a webhook alone is called once, ends as unverified, and the board says so', async () => {
  const { code, stdout } = await gantry('promote', 'prod', '--confirm', 'prod');
  expect(code).toBe(exitCodes.unverified);
  expect(stdout).toContain('cannot be verified');
  const { release } = await world.environment('prod');
  expect(called).toEqual([`POST /hooks/${token} {"release":"${release?.id}"}`]);
  expect((await gantry('status')).stdout).toContain('unverified');
  expect((await gantry('history')).stdout).toContain('unverified');
});

test('another command is trusted anew', async () => {
  await world.workspace.edit('gantry.yml', (text) => text.replace('{{release}}', 'r-000000'));
  const { code, stderr } = await gantry('promote', 'staging', '--yes');
  expect(code).not.toBe(0);
  expect(stderr).toContain('trust');
});

test('the secret was never printed', () => {
  expect(told.join('\n')).not.toContain(token);
});
