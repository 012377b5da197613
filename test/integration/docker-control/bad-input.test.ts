import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { testEngine } from '#test/engine/for-tests.ts';
import { look } from '../docker/fixture.ts';
import { built, createWorld, from } from './world.ts';

const run = promisify(execFile);
const shared = testEngine();
const world = createWorld(shared.env, 'bad');
afterEach(() => world.clean());
afterAll(() => world.clean());

describe('a context', () => {
  test('that is a link, with a Dockerfile that is a link', async () => {
    const context = await world.context({ 'real/app/a': '1', 'real/D': `${from}COPY . /app\n` });
    await symlink('real/app', join(context.folder, 'linked'));
    await symlink('../D', join(context.folder, 'real/app/Dockerfile'));
    const told = await world.build(context, { contextFolder: join(context.folder, 'linked') });
    // The engine gets the link alone: what it points to lies outside. The docker CLI says no as well.
    expect(told.failure).toMatchObject({ code: expect.stringMatching(/^(engine-refused|config-invalid)$/) });
    await writeFile(join(context.folder, 'real/app/own'), `${from}COPY . /app\n`);
    const own = { contextFolder: join(context.folder, 'linked'), dockerfile: 'own' };
    expect(await look(world.engine, built(await world.build(context, own)), 'cat /app/a; echo')).toEqual([
      '1',
    ]);
  });

  test('that is a file', async () => {
    const context = await world.context({ Dockerfile: from });
    const told = await world.build(context, { contextFolder: join(context.folder, 'Dockerfile') });
    expect(told.failure).toMatchObject({ code: 'config-invalid' });
  });

  test('with links in a ring, links out of it and a socket', async () => {
    const context = await world.context({ Dockerfile: `${from}COPY ring /r\nCOPY d /d\n`, 'd/x': '1' });
    await symlink('gnir', join(context.folder, 'ring'));
    await symlink('ring', join(context.folder, 'gnir'));
    const ring = await world.build(context);
    expect(ring.failure).toMatchObject({ code: 'engine-refused', problems: [{ line: 2 }] });
    await writeFile(join(context.folder, 'Dockerfile'), `${from}COPY d /d\n`);
    await symlink('/etc/passwd', join(context.folder, 'd/out'));
    await symlink('.', join(context.folder, 'd/self'));
    const server = createServer().listen(join(context.folder, 'd/socket'));
    await once(server, 'listening');
    const imageId = built(await world.build(context));
    server.close();
    const lines = await look(world.engine, imageId, 'cd /d; readlink out; readlink self; stat -c %F socket');
    expect(lines).toEqual(['/etc/passwd', '.', 'regular empty file']);
  });

  test('that this user may not read is an error that names what', async ({ skip }) => {
    if (process.getuid?.() !== 0) return skip('only root can become somebody else');
    const context = await world.context({
      Dockerfile: `${from}COPY . /app\n`,
      'sub/closed': 'secret',
      'shut/x': '1',
    });
    await run('sh', ['-c', 'chmod 755 .; chmod 000 sub/closed; chmod 644 Dockerfile'], {
      cwd: context.folder,
    });
    expect(await asNobody(context.folder)).toMatchObject({
      code: 'config-invalid',
      message: 'sub/closed in the build context cannot be read: this user may not read it.',
    });
    await run('sh', ['-c', 'chmod 644 sub/closed; chmod 000 shut'], { cwd: context.folder });
    expect(await asNobody(context.folder)).toMatchObject({
      code: 'config-invalid',
      message: 'shut in the build context cannot be read: this user may not read it.',
    });
    await writeFile(join(context.folder, '.dockerignore'), 'shut\n');
    expect(await asNobody(context.folder)).toEqual({ code: 'none' });
  });
});

/** Builds as another user of this machine, who may use the engine. */
async function asNobody(folder: string): Promise<unknown> {
  const script = `
    import { createEngine } from '#main/docker/engine.ts';
    import { request } from '#test/integration/docker/fixture.ts';
    const engine = createEngine({ env: process.env, homeFolder: '/nonexistent' });
    const wanted = request({ folder: ${JSON.stringify(folder)}, remove: async () => {} }, { tag: ${JSON.stringify(world.tag())} });
    let said = { code: 'none' };
    try { for await (const _ of engine.build(wanted)); } catch ({ code, message }) { said = { code, message }; }
    process.stdout.write(JSON.stringify(said));
  `;
  // The engine is root's; a door for the other user.
  const door = join(folder, '..', `door-${process.pid}`);
  const bridge = createServer((socket) => {
    const onward = connect(shared.dockerHost.replace('unix://', ''));
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on('error', () => end.destroy());
  }).listen(door);
  await once(bridge, 'listening');
  await run('chmod', ['666', door]);
  try {
    const env = {
      ...world.env,
      DOCKER_HOST: `unix://${door}`,
      DOCKER_CONFIG: '/nonexistent',
      HOME: '/nonexistent',
    };
    const argv = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      process.execPath,
      '--input-type=module-typescript',
      '-e',
      script,
    ];
    const { stdout } = await run('setpriv', argv, { env, cwd: process.cwd() });
    return JSON.parse(stdout);
  } finally {
    bridge.close();
  }
}
