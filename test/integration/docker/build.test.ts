import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createEngine } from '#main/docker/engine.ts';
import { testEngine } from '#test/engine/for-tests.ts';
import { build, type Context, labels, look, makeContext, never, request, unique } from './fixture.ts';

const shared = testEngine();
const env = { ...process.env, ...shared.env };
const engine = createEngine({ env, homeFolder: '/nonexistent' });
const classic = createEngine({ env: { ...env, DOCKER_BUILDKIT: '0' }, homeFolder: '/nonexistent' });
const from = `FROM ${shared.baseImage}\n`;
const contexts: Context[] = [];
const tags = new Set<string>();

async function context(files: Readonly<Record<string, string | Buffer>>): Promise<Context> {
  const made = await makeContext(files);
  contexts.push(made);
  return made;
}

let last = 0;
function freshTag(): string {
  last += 1;
  const tag = `${unique}:${last}`;
  tags.add(tag);
  return tag;
}

afterEach(async () => {
  for (const made of contexts.splice(0)) await made.remove();
});
afterAll(async () => {
  for (const tag of tags) await engine.untag(tag);
  expect(await engine.containers(labels)).toEqual([]);
});

describe('a build', () => {
  test('arguments, target, labels and the tag reach the image', async () => {
    const made = await context({
      Dockerfile: `ARG BASE=nothing\nFROM \${BASE} AS first\nARG GREETING\nRUN echo "$GREETING" > /greeting\nFROM first AS second\nRUN echo two > /greeting\n`,
    });
    const tag = freshTag();
    const wanted = request(made, {
      tag,
      target: 'first',
      args: { BASE: shared.baseImage, GREETING: 'hello "you" & €' },
      labels: { ...labels, 'org.opencontainers.image.version': '1.2' },
    });
    const { imageId } = await build(engine, wanted);
    expect(await look(engine, imageId, 'cat /greeting')).toEqual(['hello "you" & €']);
    const facts = await engine.image(tag);
    expect(facts).toMatchObject({
      identity: { imageId },
      tags: [tag],
      platform: expect.stringMatching(/^linux\//),
      config: { labels: { ...labels, 'org.opencontainers.image.version': '1.2' }, envKeys: ['PATH'] },
    });
    expect(facts?.layers).toHaveLength(2);
    expect(facts?.size).toBeGreaterThan(500_000);
    expect(Math.abs((facts?.createdAt ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  test('built again from the same files it is cached and the same image', async () => {
    const files = { Dockerfile: `${from}COPY a.txt /\nRUN cat /a.txt\n`, 'a.txt': 'one' };
    const made = await context(files);
    const first = await build(engine, request(made, { tag: freshTag(), noCache: true }));
    expect(first.lines).toEqual(['one']);
    // Another folder and other times, but the same bytes.
    const again = await build(engine, request(await context(files), { tag: freshTag() }));
    const steps = [...again.steps].filter(([name]) => /COPY|RUN/.test(name));
    expect(steps.map(([, state]) => state)).toEqual(['cached', 'cached']);
    expect(again.imageId).toBe(first.imageId);
    await writeFile(join(made.folder, 'a.txt'), 'two');
    const changed = await build(engine, request(made, { tag: freshTag() }));
    expect(changed.lines).toEqual(['two']);
    const forced = await build(engine, request(made, { tag: freshTag(), noCache: true }));
    expect([...forced.steps].find(([name]) => /RUN/.test(name))?.[1]).toBe('done');
  });

  test('lines come while the build runs', async () => {
    const made = await context({ Dockerfile: `${from}RUN echo early; sleep 1; echo late\n` });
    const seen: number[] = [];
    await build(engine, request(made, { tag: freshTag(), noCache: true }), (output) => {
      if (output.kind === 'lines') seen.push(performance.now());
    });
    expect(seen).toHaveLength(2);
    expect((seen[1] ?? 0) - (seen[0] ?? 0)).toBeGreaterThan(700);
  });

  test('a long output is complete', async () => {
    const made = await context({
      Dockerfile: `${from}RUN i=0; while [ $i -lt 20000 ]; do echo "line $i €"; i=$((i+1)); done\n`,
    });
    const { lines } = await build(engine, request(made, { tag: freshTag(), noCache: true }));
    if (shared.kind === 'provisioned')
      expect(lines).toEqual(Array.from({ length: 20_000 }, (_, i) => `line ${i} €`));
    else expect(lines.length).toBeGreaterThan(1_000);
  });

  test('a step that fails is the error, and nothing is tagged', async () => {
    const made = await context({ Dockerfile: `${from}RUN echo before; echo bad >&2; exit 7\n` });
    const tag = freshTag();
    const lines: string[] = [];
    const running = build(engine, request(made, { tag }), (output) => {
      if (output.kind === 'lines') lines.push(...output.texts);
    });
    await expect(running).rejects.toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining('exit code: 7'),
      hint: expect.stringContaining('RUN echo before; echo bad >&2; exit 7'),
      problems: [{ file: 'Dockerfile', line: 2 }],
    });
    expect(lines.toSorted()).toEqual(['bad', 'before']);
    expect(await engine.image(tag)).toBeUndefined();
  });

  test.each([
    ['an instruction that does not exist', 'FRM x\n', 'unknown instruction: FRM'],
    ['a base image that does not exist', 'FROM gantry.invalid/none:1\n', 'gantry.invalid/none'],
    ['a file that is not in the context', `${from}COPY missing /\n`, 'missing'],
    ['a target that does not exist', `${from}`, 'nowhere'],
  ])('%s', async (_name, Dockerfile, said) => {
    const made = await context({ Dockerfile });
    const target = said === 'nowhere' ? { target: 'nowhere' } : {};
    await expect(build(engine, request(made, { tag: freshTag(), ...target }))).rejects.toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining(said),
    });
  });

  test('a tag that is none', async () => {
    const made = await context({ Dockerfile: from });
    await expect(build(engine, request(made, { tag: 'NOT-a:tag' }))).rejects.toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining('lowercase'),
    });
  });

  test('no Dockerfile, and no folder', async () => {
    const made = await context({ README: '' });
    await expect(build(engine, request(made, { tag: freshTag() }))).rejects.toMatchObject({
      code: 'config-invalid',
      message: `There is no Dockerfile at ${join(made.folder, 'Dockerfile')}.`,
    });
    const gone = request(made, { contextFolder: join(made.folder, 'gone'), tag: freshTag() });
    await expect(build(engine, gone)).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

describe('a build without BuildKit', () => {
  test('makes the same of it', async () => {
    const made = await context({
      Dockerfile: `${from}COPY a.txt /\nRUN cat /a.txt; echo bad >&2\n`,
      'a.txt': 'one',
    });
    const tag = freshTag();
    const { imageId, lines, steps } = await build(classic, request(made, { tag, noCache: true }));
    expect([...steps]).toEqual([
      [`FROM ${shared.baseImage}`, 'done'],
      ['COPY a.txt /', 'done'],
      ['RUN cat /a.txt; echo bad >&2', 'done'],
      [`LABEL dev.gantry.test=${unique}`, 'done'],
    ]);
    expect(lines.toSorted()).toEqual(['bad', 'one']);
    expect(await engine.image(tag)).toMatchObject({ identity: { imageId }, config: { labels } });
    const again = await build(classic, request(made, { tag: freshTag() }));
    expect([...again.steps.values()]).toEqual(['done', 'cached', 'cached', 'cached']);
  });

  test('a step that fails', async () => {
    const made = await context({ Dockerfile: `${from}RUN exit 7\n` });
    await expect(build(classic, request(made, { tag: freshTag() }))).rejects.toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining('non-zero code: 7'),
      hint: expect.stringContaining('RUN exit 7'),
      problems: [{ file: 'Dockerfile', line: 2 }],
    });
  });

  test('cancelled it leaves no container', async () => {
    const made = await context({ Dockerfile: `${from}RUN echo started; sleep 67\n` });
    const abort = new AbortController();
    const tag = freshTag();
    const running = build(classic, request(made, { tag, signal: abort.signal, noCache: true }), (output) => {
      if (output.kind === 'lines') abort.abort(new Error('cancelled'));
    });
    await expect(running).rejects.toThrow('cancelled');
    expect(await engine.image(tag)).toBeUndefined();
    await expect.poll(() => isRunning('sleep 67'), { timeout: 10_000 }).toBe(false);
  });
});

/** Whether a process on this machine has this in its command; an engine's containers are visible on Linux. */
async function isRunning(command: string): Promise<boolean> {
  const ps = spawn('ps', ['-eo', 'args']);
  let text = '';
  ps.stdout.on('data', (chunk) => {
    text += chunk;
  });
  await once(ps, 'close');
  return text.split('\n').some((line) => line.trim() === command);
}

describe('a cancelled build', () => {
  test('ends at once, its process too, and nothing is tagged', async () => {
    const made = await context({ Dockerfile: `${from}RUN echo started; sleep 61\n` });
    const abort = new AbortController();
    const tag = freshTag();
    let cancelledAt = 0;
    const states: string[] = [];
    const running = build(engine, request(made, { tag, signal: abort.signal, noCache: true }), (output) => {
      if (output.kind === 'vertex') states.push(output.vertex.state);
      if (output.kind !== 'lines') return;
      cancelledAt = performance.now();
      abort.abort(new Error('cancelled by a person'));
    });
    await expect(running).rejects.toThrow('cancelled by a person');
    expect(performance.now() - cancelledAt).toBeLessThan(2_000);
    expect(states).toContain('cancelled');
    expect(await engine.image(tag)).toBeUndefined();
    if (shared.kind === 'provisioned')
      await expect.poll(() => isRunning('sleep 61'), { timeout: 5_000 }).toBe(false);
  });

  test('gives the tag back to the image that had it', async () => {
    const made = await context({ Dockerfile: `${from}RUN echo one > /x\n` });
    const tag = freshTag();
    const { imageId } = await build(engine, request(made, { tag }));
    await writeFile(join(made.folder, 'Dockerfile'), `${from}RUN echo two > /x\n`);
    const abort = new AbortController();
    const running = build(engine, request(made, { tag, signal: abort.signal }), (output) => {
      // The last words of the engine: the image has its name, or is about to get it.
      if (
        output.kind === 'vertex' &&
        output.vertex.name === 'exporting to image' &&
        output.vertex.state === 'done'
      ) {
        abort.abort(new Error('too late'));
      }
    });
    await expect(running).rejects.toThrow('too late');
    expect((await engine.image(tag))?.identity.imageId).toBe(imageId);
  });

  test('before it began, and while the context is sent', async () => {
    const made = await context({ Dockerfile: `${from}COPY . /\n`, big: Buffer.alloc(200_000_000, 1) });
    const before = AbortSignal.abort(new Error('not today'));
    await expect(build(engine, request(made, { tag: freshTag(), signal: before }))).rejects.toThrow(
      'not today',
    );
    const during = AbortSignal.timeout(60);
    const began = performance.now();
    await expect(build(engine, request(made, { tag: freshTag(), signal: during }))).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  test('a caller that stops listening cancels it too', async () => {
    const made = await context({ Dockerfile: `${from}RUN echo started; sleep 62\n` });
    const tag = freshTag();
    for await (const output of engine.build(request(made, { tag, noCache: true }))) {
      if (output.kind === 'lines') break;
    }
    expect(await engine.image(tag)).toBeUndefined();
    if (shared.kind === 'provisioned')
      await expect.poll(() => isRunning('sleep 62'), { timeout: 5_000 }).toBe(false);
  });
});

describe('the context', () => {
  test('modes, links, times and long names arrive as they are, and belong to root', async () => {
    const long = `${'d'.repeat(120)}/${'e'.repeat(130)}/${'ü'.repeat(60)}`;
    const made = await context({
      Dockerfile: `${from}COPY . /ctx/\n`,
      'run.sh': '#!/bin/sh\n',
      'plain €.txt': 'x',
      [long]: 'deep',
      'dir/inner': 'y',
    });
    await chmod(join(made.folder, 'run.sh'), 0o750);
    await symlink('dir/inner', join(made.folder, 'link'));
    await symlink('/nowhere', join(made.folder, 'dangling'));
    await mkdir(join(made.folder, 'empty'));
    await utimes(join(made.folder, 'plain €.txt'), 1_600_000_000, 1_600_000_000);
    const server = createServer().listen(join(made.folder, 'socket'));
    await once(server, 'listening');
    const { imageId } = await build(engine, request(made, { tag: freshTag() }));
    server.close();
    const lines = await look(
      engine,
      imageId,
      `cd /ctx; stat -c '%n %a %u:%g %F' run.sh dir empty; readlink link; readlink dangling; stat -c %Y 'plain €.txt'; cat ${long}; echo; stat -c %F socket`,
    );
    expect(lines).toEqual([
      'run.sh 750 0:0 regular file',
      'dir 755 0:0 directory',
      'empty 755 0:0 directory',
      'dir/inner',
      '/nowhere',
      '1600000000',
      'deep',
      'regular empty file',
    ]);
  });

  test('what .dockerignore names is not sent; a folder may keep a part', async () => {
    const made = await context({
      Dockerfile: `${from}COPY . /ctx/\n`,
      '.dockerignore': 'secret.env\nnode_modules\n**/*.log\nbuild/*\n!build/keep\nDockerfile\n',
      'secret.env': 's',
      'node_modules/x/y.js': 'n',
      'src/a.log': 'l',
      'src/a.ts': 't',
      'build/drop': 'd',
      'build/keep/k': 'k',
    });
    const { imageId } = await build(engine, request(made, { tag: freshTag() }));
    expect(await look(engine, imageId, 'cd /ctx; find . -type f | sort')).toEqual([
      './.dockerignore',
      './build/keep/k',
      './src/a.ts',
    ]);
  });

  test("a Dockerfile's own .dockerignore goes first", async () => {
    const made = await context({
      'deploy/Dockerfile': `${from}COPY . /ctx/\n`,
      'deploy/Dockerfile.dockerignore': 'a.txt\ndeploy\n',
      '.dockerignore': 'b.txt\n',
      'a.txt': 'a',
      'b.txt': 'b',
    });
    const wanted = request(made, { tag: freshTag(), dockerfile: 'deploy/Dockerfile' });
    const { imageId } = await build(classic, wanted);
    expect(await look(engine, imageId, 'cd /ctx; ls')).toEqual(['b.txt', 'deploy']);
  });

  test('a Dockerfile outside of it', async () => {
    const made = await context({ 'other/Dockerfile': `${from}COPY a.txt /\n`, 'app/a.txt': 'a' });
    const wanted = request(made, {
      tag: freshTag(),
      contextFolder: join(made.folder, 'app'),
      dockerfile: '../other/Dockerfile',
    });
    const { imageId } = await build(engine, wanted);
    expect(await look(engine, imageId, 'cat /a.txt; echo')).toEqual(['a']);
  });

  test('a large file arrives whole', async () => {
    const bytes = Buffer.alloc(30_000_001);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = (at * 7) % 251;
    const made = await context({ Dockerfile: `${from}COPY big /\n`, big: bytes });
    const { imageId } = await build(classic, request(made, { tag: freshTag() }));
    const { createHash } = await import('node:crypto');
    const [line] = await look(engine, imageId, 'sha256sum /big');
    expect(line).toBe(`${createHash('sha256').update(bytes).digest('hex')}  /big`);
  });

  test('a name that is no UTF-8 is an error, not another name', async () => {
    const made = await context({ Dockerfile: `${from}COPY . /\n` });
    await writeFile(Buffer.concat([Buffer.from(`${made.folder}/`), Buffer.from([0x66, 0xff])]), 'x');
    await expect(build(classic, request(made, { tag: freshTag() }))).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('not UTF-8'),
    });
    await writeFile(join(made.folder, '.dockerignore'), 'f*\n');
    await build(classic, request(made, { tag: freshTag() }));
  });

  test('a file that cannot be read is named, and is not taken for a lost engine', async () => {
    const made = await context({ Dockerfile: `${from}COPY . /\n` });
    // As root no mode keeps us out, but a folder is no file.
    await mkdir(join(made.folder, 'Dockerfile.dockerignore'));
    await expect(build(classic, request(made, { tag: freshTag() }))).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('cannot be read'),
    });
  });

  test('many small files', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, i) => [`src/${i % 50}/${i}.txt`, `file ${i}`]),
    );
    const made = await context({ ...files, Dockerfile: `${from}COPY src /src\n` });
    const { imageId } = await build(engine, request(made, { tag: freshTag(), signal: never }));
    expect(await look(engine, imageId, 'find /src -type f | wc -l; cat /src/49/2999.txt; echo')).toEqual([
      '3000',
      'file 2999',
    ]);
  });
});
