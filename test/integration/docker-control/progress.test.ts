import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { ownEngine, testEngine } from '#test/engine/for-tests.ts';
import { built, createWorld, from, step, type Told } from './world.ts';

const shared = testEngine();
const world = createWorld(shared.env, 'progress');
afterEach(() => world.clean());
afterAll(() => world.clean());

/** The longest turn of the loop, in milliseconds of work: what others on this machine do does not count. */
function measureTurns() {
  let longest = 0;
  let before = process.threadCpuUsage();
  let next: NodeJS.Immediate;
  const turn = () => {
    const { user, system } = process.threadCpuUsage(before);
    longest = Math.max(longest, (user + system) / 1_000);
    before = process.threadCpuUsage();
    next = setImmediate(turn);
  };
  next = setImmediate(turn);
  return {
    stop() {
      clearImmediate(next);
      return longest;
    },
  };
}

describe('what the engine tells of a step', () => {
  test('is what it needs, how long it took, what it moved and wrote', async () => {
    const context = await world.context({
      Dockerfile: `${from}COPY big /big\nRUN echo "twelve bytes"; echo err >&2\n`,
      big: Buffer.alloc(5_000_000, 'x'),
    });
    const told = await world.build(context, { noCache: true });
    built(told);
    const [copy, run, load] = [
      step(told, 'COPY big'),
      step(told, 'RUN echo'),
      step(told, 'load build context'),
    ];
    expect(copy.inputs).toContain(load.id);
    expect(run.inputs).toEqual([copy.id]);
    expect(run.startedAt).toBeGreaterThanOrEqual(copy.endedAt ?? Number.POSITIVE_INFINITY);
    expect(load.bytes?.done).toBeGreaterThan(5_000_000);
    expect(load.bytes?.done).toBeLessThan(5_100_000);
    expect(run.log).toEqual({ bytes: 17, isClipped: false });
    expect(run.state).toBe('done');
    const again = await world.build(context);
    expect(step(again, 'RUN echo').state).toBe('cached');
  });

  test('changes of its counts alone are told a few times a second', async () => {
    const context = await world.context({
      Dockerfile: `${from}RUN i=0; while [ $i -lt 150 ]; do echo "line $i"; sleep 0.01; i=$((i+1)); done\n`,
    });
    const told = await world.build(context, { noCache: true });
    const running = told.outputs.filter(
      (output) => output.kind === 'vertex' && /while/.test(output.vertex.name) && output.vertex.log,
    );
    const { startedAt = 0, endedAt = 0 } = step(told, 'while');
    const seconds = (endedAt - startedAt) / 1_000;
    expect(running.length).toBeGreaterThan(2);
    expect(running.length).toBeLessThan(5 * seconds + 3);
    expect(step(told, 'while').log?.bytes).toBe(150 * 'line 0\n'.length + 140 + 50);
  });

  // 300 ms is what bench:build asks for, with the machine to itself.
  test('its first line is there long before its end', async () => {
    const context = await world.context({ Dockerfile: `${from}RUN echo first; sleep 3\n` });
    // Once, so that base image and modules are loaded.
    await world.build(context);
    const began = performance.now();
    let first = Number.POSITIVE_INFINITY;
    await world.build(context, { noCache: true }, (output) => {
      if (output.kind === 'lines') first = Math.min(first, performance.now() - began);
    });
    expect(first).toBeLessThan(2_000);
    expect(performance.now() - began).toBeGreaterThan(3_000);
  });

  test('warnings have file and line, and are in the log', async () => {
    const context = await world.context({ 'docker/my.Dockerfile': `${from}RUN true && \\\n\n  true\n` });
    const told = await world.build(context, { dockerfile: 'docker/my.Dockerfile' });
    built(told);
    const { warnings = [] } = step(told, 'load build definition');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({
      file: 'docker/my.Dockerfile',
      line: expect.any(Number),
      what: expect.stringContaining('Empty continuation line'),
    });
    expect(told.lines[0]).toContain('warning: Empty continuation line');
  });
});

describe('what was sent of a context', () => {
  test('is told once: all at first, then what has changed, then nothing', async () => {
    const context = await world.context({
      Dockerfile: `${from}COPY . /app\n`,
      '.dockerignore': 'Dockerfile\n',
      'b/two': '22',
      a: '1',
      'c,d "e"\nf': '333',
    });
    await writeFile(Buffer.concat([Buffer.from(`${context.folder}/z`), Buffer.from([0xff])]), '4444');
    const first = await world.build(context);
    expect(first.sent).toEqual([
      {
        kind: 'sent',
        files: 5,
        bytes: 21,
        names: ['.dockerignore', 'a', 'b/two', 'c,d "e"\nf', 'z\\xff'],
        isFirst: true,
      },
    ]);
    await writeFile(join(context.folder, 'b/two'), 'another');
    expect((await world.build(context)).sent).toEqual([
      { kind: 'sent', files: 1, bytes: 7, names: ['b/two'], isFirst: false },
    ]);
    expect((await world.build(context)).sent).toEqual([
      { kind: 'sent', files: 0, bytes: 0, names: [], isFirst: false },
    ]);
  });

  test('names the first 50 of many', async () => {
    const name = (i: number) => `f${String(i).padStart(3, '0')}`;
    const files = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [name(i), `${i}`]));
    const context = await world.context({ ...files, Dockerfile: `${from}COPY f* /app/\n` });
    const { sent } = await world.build(context);
    expect(sent).toMatchObject([{ files: 120, names: Array.from({ length: 50 }, (_, i) => name(i)) }]);
  });
});

describe('a build that fails', () => {
  test.each([
    ['a step', `${from}\nRUN echo bad >&2; \\\n  exit 7\n`, 3, 'exit code: 7', 'RUN echo bad'],
    ['an instruction', `${from}\n\nFRM x\n`, 4, 'unknown instruction: FRM', 'No step was run'],
    ['a file that is not there', `${from}COPY missing /\n`, 2, '"/missing": not found.', '.dockerignore'],
    ['a base image', 'FROM gantry.invalid/none:1\n', 1, 'gantry.invalid/none', 'load metadata'],
  ])('%s is named with its line', async (_what, Dockerfile, line, said, hint) => {
    const context = await world.context({ 'sub/Dockerfile': Dockerfile });
    const { failure } = await world.build(context, { dockerfile: 'sub/Dockerfile' });
    expect(failure).toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining(said),
      hint: expect.stringContaining(hint),
      problems: [{ file: 'sub/Dockerfile', line }],
    });
    expect(failure?.message).not.toMatch(/failed to (solve|compute)|ref \w+::/);
  });

  test('keeps what a step wrote at length before it failed', async () => {
    const context = await world.context({
      Dockerfile: `${from}RUN i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done; exit 3\n`,
    });
    const told = await world.build(context);
    expect(told.failure?.message).toContain('exit code: 3');
    expect(told.lines).toEqual(Array.from({ length: 20_000 }, (_, i) => `line ${i}`));
  });

  test('of a very large Dockerfile is still explained', async () => {
    const padding = Array.from({ length: 4_000 }, (_, i) => `# ${i} ${'x'.repeat(60)}`).join('\n');
    const context = await world.context({ Dockerfile: `${from}${padding}\nRUN exit 9\n` });
    const { failure } = await world.build(context);
    expect(failure).toMatchObject({
      message: expect.stringContaining('exit code: 9'),
      problems: [{ file: 'Dockerfile', line: 4_002 }],
    });
  });
});

describe('much output', () => {
  test('100,000 lines: none is lost, and the loop stays free', { timeout: 120_000 }, async ({ skip }) => {
    if (shared.kind !== 'provisioned') skip('this engine may cut the output of steps');
    const context = await world.context({
      Dockerfile: `${from}RUN awk 'BEGIN { for (i = 0; i < 100000; i++) print "line " i " of many, with a few more words" }'\n`,
    });
    const longest: number[] = [];
    let told: Told | undefined;
    // What a turn costs depends on what the machine has done before; a stretch without a pause is there each time.
    for (let i = 0; i < 3; i += 1) {
      const turns = measureTurns();
      let count = 0;
      const wrong: string[] = [];
      told = await world.build(context, { noCache: true }, (output) => {
        if (output.kind !== 'lines') return;
        for (const text of output.texts) {
          if (text !== `line ${count} of many, with a few more words`) wrong.push(text);
          count += 1;
        }
      });
      longest.push(turns.stop());
      built(told);
      expect(count).toBe(100_000);
      expect(wrong).toEqual([]);
    }
    // Others may have the core meanwhile: a stretch without a pause would be ten times as long.
    expect(Math.min(...longest)).toBeLessThan(50);
    if (told === undefined) throw new Error('nothing was built');
    const { log } = step(told, 'awk');
    expect(log?.isClipped).toBe(false);
    expect(log?.bytes).toBeGreaterThan(4_000_000);
  });

  test('that the engine cuts short is said to be so', { timeout: 120_000 }, async ({
    skip,
    onTestFinished,
  }) => {
    const own = await ownEngine({ skip }, { clipsLogs: true });
    onTestFinished(() => own.stop());
    const clipping = createWorld(own.env, 'clip');
    const context = await world.context({
      Dockerfile: `${from}RUN awk 'BEGIN { for (i = 0; i < 100000; i++) print "line " i " of many, with a few more words" }'\nRUN echo short\n`,
    });
    const told = await clipping.build(context);
    built(told);
    expect(step(told, 'awk').log?.isClipped).toBe(true);
    expect(step(told, 'echo short').log).toEqual({ bytes: 6, isClipped: false });
    expect(told.lines).toContain('[output clipped, log limit 200KiB/s reached]');
    expect(told.lines.length).toBeLessThan(100_000);
  });
});
