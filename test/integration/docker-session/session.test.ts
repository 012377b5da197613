import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { mkdir, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createEngine } from '#main/docker/engine.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { testEngine } from '#test/engine/for-tests.ts';
import { ignoreCase, withContext } from '#test/property/ignore-case.ts';
import { build, type Context, makeContext, request, unique } from '../docker/fixture.ts';

const shared = testEngine();
const env = { ...process.env, ...shared.env };
const engine = createEngine({ env, homeFolder: '/nonexistent' });
const from = `FROM ${shared.baseImage}\n`;
const run = promisify(execFile);
const contexts: Context[] = [];
const tags = new Set<string>();

async function context(files: Readonly<Record<string, string | Buffer>>): Promise<Context> {
  const made = await makeContext(files);
  contexts.push(made);
  return made;
}

function freshTag(): string {
  const tag = `${unique}-session:${tags.size}`;
  tags.add(tag);
  return tag;
}

async function docker(...argv: readonly string[]): Promise<string> {
  return (await run('docker', argv, { env, maxBuffer: 1 << 28, encoding: 'latin1' })).stdout;
}

/** What buildx makes of the same context. */
async function buildxId(folder: string, ...argv: readonly string[]): Promise<string> {
  const tag = freshTag();
  return (await docker('buildx', 'build', '--quiet', '--tag', tag, ...argv, folder)).trim();
}

afterEach(async () => {
  for (const made of contexts.splice(0)) await made.remove();
});
afterAll(async () => {
  for (const tag of tags) await engine.untag(tag);
});

describe('the same image as with buildx', () => {
  test('for names of any bytes, links, pipes, sockets and modes', async () => {
    const made = await context({
      Dockerfile: `${from}COPY . /app\n`,
      'a b, "c"': '1',
      'new\nline': '2',
      '-x': '3',
      'd/é': '4',
    });
    const { folder } = made;
    await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xff, 0x80])]), '5');
    await symlink('loop-b', join(folder, 'loop-a'));
    await symlink('loop-a', join(folder, 'loop-b'));
    await symlink('..', join(folder, 'd/up'));
    await run('sh', ['-c', 'mkfifo pipe; ln d/é hard; chmod 4711 ./-x; mkdir empty; chmod 1777 empty'], {
      cwd: folder,
    });
    const server = createServer().listen(join(folder, 'socket'));
    await once(server, 'listening');
    const { imageId } = await build(engine, request(made, { labels: {}, tag: freshTag() }));
    expect(await buildxId(folder)).toBe(imageId);
    server.close();
    const listed = await docker(
      'run',
      '--rm',
      imageId,
      'sh',
      '-c',
      'cd /app; ls -a | wc -l; stat -c %F socket pipe; cat f*',
    );
    expect(listed).toBe('14\nregular empty file\nfifo\n5');
  });

  test('for sources that are links, wildcards and outside of the folder', async () => {
    const made = await context({
      'docker/my.Dockerfile': `${from}COPY link/one two* /app/\nCOPY --chmod=700 ["a b", "/b"]\n`,
      'docker/my.Dockerfile.dockerignore': 'two-b\n*/ignored\n',
      '.dockerignore': '*\n',
      'real/one': '1',
      'real/ignored': 'no',
      'two-a': '2',
      'two-b': 'no',
      'a b': '3',
    });
    await symlink('real', join(made.folder, 'link'));
    const wanted = request(made, { labels: {}, tag: freshTag(), dockerfile: 'docker/my.Dockerfile' });
    const { imageId } = await build(engine, wanted);
    expect(await buildxId(made.folder, '--file', join(made.folder, 'docker/my.Dockerfile'))).toBe(imageId);
    expect(await docker('run', '--rm', imageId, 'ls', '/app')).toBe('one\ntwo-a\n');
  });

  test('for generated contexts', async () => {
    let compared = 0;
    for (const each of fc.sample(ignoreCase, 15)) {
      await withContext(each, async (folder) => {
        const theirs = await buildxId(folder).catch(() => undefined);
        const ours = build(
          engine,
          request({ folder, remove: async () => {} }, { labels: {}, tag: freshTag() }),
        );
        if (theirs === undefined) return void (await expect(ours).rejects.toThrow());
        expect((await ours).imageId, JSON.stringify({ ...each, tree: [...each.tree] })).toBe(theirs);
        compared += 1;
      });
    }
    expect(compared).toBeGreaterThan(5);
  });
});

describe('what travels', () => {
  let proxy: Server | undefined;
  afterEach(() => void proxy?.close());

  /** The engine behind a counter of what it is sent. */
  async function counted() {
    const path = join(tmpdir(), `${unique}-${tags.size}.sock`);
    let bytes = 0;
    proxy = createServer((socket) => {
      const onward = connect(shared.dockerHost.replace('unix://', ''));
      socket.on('data', (chunk) => {
        bytes += chunk.length;
      });
      socket.pipe(onward).pipe(socket);
      for (const end of [socket, onward]) end.on('error', () => end.destroy());
    }).listen(path);
    await once(proxy, 'listening');
    const through = createEngine({
      env: { ...env, DOCKER_HOST: `unix://${path}` },
      homeFolder: '/nonexistent',
    });
    return {
      through,
      taken: () => {
        const before = bytes;
        bytes = 0;
        return before;
      },
    };
  }

  test('is all at first, then what has changed', async ({ skip }) => {
    if (!shared.dockerHost.startsWith('unix://')) skip('the engine is not on a socket');
    const name = (i: number) => `src/${i % 10}/${i}`;
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [name(i), `${i} `.repeat(5_000)]));
    const made = await context({ ...files, Dockerfile: `${from}COPY . /app\nRUN sha256sum /app/src/7/7\n` });
    const { through, taken } = await counted();
    const wanted = () => request(made, { tag: freshTag() });
    await build(through, wanted());
    expect(taken()).toBeGreaterThan(5_000_000);
    await build(through, wanted());
    const nothing = taken();
    expect(nothing).toBeLessThan(40_000);
    await writeFile(join(made.folder, name(7)), 'x'.repeat(100_000));
    const { lines } = await build(through, wanted());
    expect(lines[0]).toMatch(/^[0-9a-f]{64} {2}\/app\/src\/7\/7$/);
    const one = taken() - nothing;
    expect(one).toBeGreaterThan(100_000);
    expect(one).toBeLessThan(105_000);
  });

  test('a file that changes before, during and after builds is never old in the image', async () => {
    const made = await context({ Dockerfile: `${from}COPY a /a\nRUN echo "is $(cat /a)"\n` });
    const start = Date.now() * 1_000;
    let last = start;
    // Always of the same length, and often within one tick of the clock.
    const write = () => {
      last += 1;
      writeFileSync(join(made.folder, 'a'), String(last));
    };
    const outcomes = { named: 0, built: 0 };
    for (let i = 0; i < 15; i += 1) {
      write();
      const oldest = last;
      // Never, all the time but not for long, and now and then.
      const writing = i % 3 === 0 ? undefined : setInterval(write, i % 3 === 1 ? 1 : 150);
      if (i % 3 === 1) setTimeout(() => clearInterval(writing), 50 * i);
      const built = await build(engine, request(made, { tag: freshTag(), noCache: true })).catch(
        (error: unknown) => error,
      );
      clearInterval(writing);
      if (built instanceof GantryError) {
        expect(built.message).toBe('a changed while the build context was sent.');
        outcomes.named += 1;
        continue;
      }
      expect(built).toMatchObject({ lines: [expect.stringMatching(/^is \d+$/)] });
      const { lines } = await build(engine, request(made, { tag: freshTag(), noCache: true }));
      expect(lines).toEqual([`is ${last}`]);
      const seen = Number(/is (\d+)/.exec(JSON.stringify(built))?.[1]);
      expect(seen).toBeGreaterThanOrEqual(oldest);
      outcomes.built += 1;
    }
    expect(outcomes.built).toBeGreaterThan(4);
  });

  test('a file that is written to all the time is named', async () => {
    const made = await context({ Dockerfile: `${from}COPY . /app\n`, 'app.log': Buffer.alloc(40_000_000) });
    const lines: string[] = [];
    // In the moment before each look: between the lines of any other writer there are pauses, and in one the file rests.
    const now = () => {
      appendFileSync(join(made.folder, 'app.log'), 'line\n');
      return Date.now();
    };
    const written = createEngine({ env, homeFolder: '/nonexistent', now });
    const running = build(written, request(made, { tag: freshTag() }), (output) => {
      if (output.kind === 'lines') lines.push(...output.texts);
    });
    await expect(running).rejects.toMatchObject({
      code: 'config-invalid',
      message: 'The build context did not come to rest for 5 s: app.log.',
    });
    expect(lines).toEqual(['note: the build context is changing; waiting for it to come to rest']);
  });

  test('a huge file is warned of before it travels, and not sent when it is ignored', async ({ skip }) => {
    if (!shared.dockerHost.startsWith('unix://')) skip('the engine is not on a socket');
    const made = await context({ Dockerfile: `${from}COPY Dockerfile /\n` });
    const file = await open(join(made.folder, 'disk.img'), 'w');
    await file.truncate(10_000_000_000);
    await file.close();
    const { through, taken } = await counted();
    await build(through, request(made, { tag: freshTag() }));
    await writeFile(join(made.folder, 'Dockerfile'), `${from}COPY . /\n`);
    const abort = new AbortController();
    let [sentBefore, abortedAt] = [0, 0];
    taken();
    const running = build(through, request(made, { tag: freshTag(), signal: abort.signal }), (output) => {
      if (output.kind !== 'lines') return;
      sentBefore = taken();
      abortedAt = performance.now();
      abort.abort(new Error(output.texts.join('\n')));
    });
    await expect(running).rejects.toThrow('disk.img has 10.0 GB');
    expect(performance.now() - abortedAt).toBeLessThan(1_000);
    expect(sentBefore).toBeLessThan(100_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    // The little that was on its way; the transfer ends with the build.
    expect(taken()).toBeLessThan(50_000_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(taken()).toBe(0);
    await writeFile(join(made.folder, '.dockerignore'), '*.img\n');
    const { lines } = await build(engine, request(made, { tag: freshTag() }));
    expect(lines).toEqual([]);
  });
});

describe('bad input', () => {
  test('a file that cannot be read is named', async ({ skip }) => {
    const made = await context({ Dockerfile: `${from}COPY . /app\n` });
    // Not even root may read this one, and it has the type of a file.
    const unreadable = '/proc/sys/vm/compact_memory';
    const mounted = await run('sh', ['-c', `touch closed && mount --bind ${unreadable} closed`], {
      cwd: made.folder,
    }).catch(() => undefined);
    if (mounted === undefined) return skip('nothing may be mounted here');
    try {
      await expect(build(engine, request(made, { tag: freshTag() }))).rejects.toMatchObject({
        code: 'config-invalid',
        message: 'closed in the build context cannot be read: this user may not read it.',
      });
    } finally {
      await run('umount', [join(made.folder, 'closed')]);
    }
  });

  test('a pattern that is malformed', async () => {
    const made = await context({ Dockerfile: `${from}COPY . /app\n`, '.dockerignore': 'ok\na[\n' });
    await expect(build(engine, request(made, { tag: freshTag() }))).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('"a["'),
    });
  });

  test('a Dockerfile that vanishes, or is a folder', async () => {
    const made = await context({ Dockerfile: from });
    await rm(join(made.folder, 'Dockerfile'));
    await expect(build(engine, request(made))).rejects.toMatchObject({ code: 'config-invalid' });
    await mkdir(join(made.folder, 'Dockerfile'));
    await expect(build(engine, request(made))).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

describe('a secret', () => {
  const secret = 'tr0ub4dor&3 €\nsecond line';
  const Dockerfile = `${from}RUN --mount=type=secret,id=token sha256sum < /run/secrets/token > /sum; wc -c < /run/secrets/token\n`;

  test('reaches its step, and no layer, history, output or label', async () => {
    const made = await context({ Dockerfile });
    const tag = freshTag();
    const { imageId, outputs, lines } = await build(
      engine,
      request(made, { tag, noCache: true, secrets: { token: Buffer.from(secret) } }),
    );
    expect(lines).toEqual([String(Buffer.byteLength(secret))]);
    expect(JSON.stringify(outputs)).not.toContain('tr0ub4dor');
    const archive = join(made.folder, 'image.tar');
    await docker('save', '--output', archive, imageId);
    expect((await readFile(archive)).includes('tr0ub4dor')).toBe(false);
    expect(await docker('history', '--no-trunc', imageId)).not.toContain('tr0ub4dor');
    expect(await docker('run', '--rm', imageId, 'ls', '/run')).not.toContain('secrets');
  });

  test('that there is not is named', async () => {
    const made = await context({ Dockerfile: Dockerfile.replace('id=token', 'id=token,required=true') });
    const wanted = request(made, {
      tag: freshTag(),
      noCache: true,
      secrets: { other: Buffer.from('x-value') },
    });
    const failure = await build(engine, wanted).catch((error: Error) => error.message);
    expect(failure).toContain('token');
    expect(failure).not.toContain('x-value');
  });

  test('is refused, not left out, where it cannot travel', async () => {
    const classic = createEngine({ env: { ...env, DOCKER_BUILDKIT: '0' }, homeFolder: '/nonexistent' });
    const made = await context({ Dockerfile: from });
    await expect(
      build(classic, request(made, { tag: freshTag(), secrets: { token: Buffer.from('x') } })),
    ).rejects.toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining('build secrets'),
    });
  });
});

describe('a session', () => {
  test('outlives the engine’s patience', async () => {
    // Files are asked for after 25 seconds, when a session without health would be gone.
    const made = await context({
      Dockerfile: `${from}RUN sleep 25\nRUN --mount=type=secret,id=late,required=true cat /run/secrets/late | wc -c\n`,
    });
    const wanted = request(made, { tag: freshTag(), noCache: true, secrets: { late: Buffer.from('12345') } });
    expect((await build(engine, wanted)).lines).toEqual(['5']);
  });

  test('cancelled while files travel leaves no tag, within a second', async () => {
    const made = await context({ Dockerfile: `${from}COPY . /\n`, big: Buffer.alloc(300_000_000, 1) });
    const tag = freshTag();
    const abort = new AbortController();
    let at = 0;
    const running = build(engine, request(made, { tag, signal: abort.signal }), (output) => {
      if (output.kind !== 'progress' || at !== 0) return;
      at = performance.now();
      abort.abort(new Error('cancelled'));
    });
    await expect(running).rejects.toThrow('cancelled');
    expect(performance.now() - at).toBeLessThan(1_000);
    expect(await engine.image(tag)).toBeUndefined();
  });

  test('is each build’s own when one context is built several times at once', async () => {
    const one = await context({ Dockerfile: `${from}COPY a /a\nRUN cat /a\n`, a: 'one' });
    const both = [1, 2, 3].map(() => build(engine, request(one, { tag: freshTag(), noCache: true })));
    for (const { lines } of await Promise.all(both)) expect(lines).toEqual(['one']);
  });
});
