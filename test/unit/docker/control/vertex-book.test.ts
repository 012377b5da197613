import { describe, expect, test } from 'vitest';
import type { BuildOutput } from '#main/core/ports.ts';
import { createProgress } from '#main/docker/control/progress.ts';
import type { Trace, TraceVertex } from '#main/docker/control/status-messages.ts';

const vertex = (digest: string, more: Partial<TraceVertex> = {}): TraceVertex => ({
  digest,
  name: `step ${digest}`,
  inputs: [],
  cached: false,
  error: '',
  ...more,
});
const log = (id: string, text: string) => ({ vertex: id, stream: 1, bytes: Buffer.from(text) });
const status = (id: string, current: number, total: number) => ({
  id,
  vertex: 'a',
  name: '',
  current,
  total,
});

function play() {
  const outputs: BuildOutput[] = [];
  let time = 0;
  const progress = createProgress({
    put: (output) => outputs.push(output),
    dockerfile: 'D',
    now: () => time,
  });
  return {
    progress,
    outputs,
    take(index: number, trace: Partial<Trace>, cell?: string) {
      const whole = { vertexes: [], statuses: [], logs: [], warnings: [], ...trace };
      for (const _ of progress.take(whole, { index, cell }));
    },
    wait(ms: number) {
      time += ms;
    },
    vertices: () => outputs.flatMap((output) => (output.kind === 'vertex' ? [output.vertex] : [])),
    lines: () => outputs.flatMap((output) => (output.kind === 'lines' ? output.texts : [])),
  };
}

describe('builds that share a step', () => {
  test('tell of it once, whoever is ahead', () => {
    const told = play();
    told.take(0, { vertexes: [vertex('a', { started: 5 })] }, 'one');
    told.take(0, { logs: [log('a', 'x\ny')] }, 'one');
    told.take(1, { vertexes: [vertex('a')], logs: [log('a', 'x\n')] }, 'two');
    told.take(1, { vertexes: [vertex('a', { started: 5 })], logs: [log('a', 'yz\n')] }, 'two');
    told.take(1, { vertexes: [vertex('a', { started: 5, completed: 9 })] }, 'two');
    told.take(0, { logs: [log('a', 'z\n')], vertexes: [vertex('a', { started: 5, completed: 9 })] }, 'one');
    expect(told.lines()).toEqual(['x', 'yz']);
    expect(told.vertices().map(({ state, cell }) => [state, cell])).toEqual([
      ['running', 'one'],
      ['done', 'one'],
    ]);
  });

  test('the end of one does not end it for the other', () => {
    const told = play();
    told.take(0, { vertexes: [vertex('a', { started: 5 })] });
    told.take(0, { vertexes: [vertex('a', { started: 5, completed: 6, error: 'context canceled' })] });
    told.take(1, { vertexes: [vertex('a', { started: 5, completed: 9 })] });
    expect(told.vertices().map(({ state }) => state)).toEqual(['running', 'cancelled', 'done']);
  });

  test('a step may run again', () => {
    const told = play();
    for (const [started, completed] of [
      [1, 2],
      [3, undefined],
      [3, 4],
    ] as const) {
      told.take(0, {
        vertexes: [vertex('a', { started, ...(completed === undefined ? {} : { completed }) })],
      });
    }
    expect(told.vertices().map(({ state }) => state)).toEqual(['done', 'running', 'done']);
  });

  test('each exports for itself, under an id of its own', () => {
    const told = play();
    const name = 'exporting to image';
    told.take(0, { vertexes: [vertex('e', { name, started: 1 })] }, 'one');
    told.take(1, { vertexes: [vertex('e', { name, started: 2 })] }, 'two');
    told.take(0, { vertexes: [vertex('e', { name, started: 1, completed: 3 })] }, 'one');
    expect(told.vertices().map(({ id, cell, state }) => [id, cell, state])).toEqual([
      ['one e', 'one', 'running'],
      ['two e', 'two', 'running'],
      ['one e', 'one', 'done'],
    ]);
  });
});

describe('counts', () => {
  test('are told at most five times a second, and at the end as they are', () => {
    const told = play();
    told.take(0, { vertexes: [vertex('a', { started: 1 })] });
    for (let i = 1; i <= 100; i += 1) {
      told.wait(10);
      told.take(0, { statuses: [status('layer', i, 100)] });
    }
    expect(told.vertices().length).toBeLessThan(8);
    told.take(0, {
      statuses: [status('layer', 100, 100)],
      vertexes: [vertex('a', { started: 1, completed: 2 })],
    });
    expect(told.vertices().at(-1)).toMatchObject({ state: 'done', bytes: { done: 100, total: 100 } });
  });

  test('have a total only where all of it is known', () => {
    const told = play();
    const last = (...statuses: ReturnType<typeof status>[]) => {
      told.wait(1_000);
      told.take(0, { statuses });
      return told.vertices().at(-1)?.bytes;
    };
    told.take(0, { vertexes: [vertex('a', { started: 1 })] });
    expect(last(status('one', 10, 100), status('extracting', 0, 0))).toEqual({ done: 10, total: 100 });
    expect(last(status('two', 5, 50))).toEqual({ done: 15, total: 150 });
    expect(last(status('three', 1, 0))).toEqual({ done: 16 });
  });
});

test('only the engine’s own words say that output was cut', () => {
  const told = play();
  told.take(0, { vertexes: [vertex('a', { started: 1 }), vertex('b', { started: 1 })] });
  told.take(0, {
    logs: [
      log('a', 'x\n[output clipped, log limit 2MiB reached]\n'),
      log('b', 'see [output clipped, log limit 2MiB reached]\n'),
    ],
  });
  told.take(0, {
    vertexes: [vertex('a', { started: 1, completed: 2 }), vertex('b', { started: 1, completed: 2 })],
  });
  expect(
    told
      .vertices()
      .slice(-2)
      .map(({ log: written }) => written?.isClipped),
  ).toEqual([true, false]);
});

test('a warning that several builds tell of is told once', () => {
  const told = play();
  const warning = {
    vertex: 'a',
    short: 'old',
    detail: ['because'],
    url: 'https://x',
    file: 'D',
    lines: [{ start: 2, end: 2 }],
  };
  for (const index of [0, 1])
    told.take(index, { vertexes: [vertex('a', { started: 1 })], warnings: [warning] });
  expect(told.vertices().at(-1)?.warnings).toEqual([
    { file: 'D', line: 2, what: 'old', hint: 'because https://x' },
  ]);
  expect(told.lines()).toEqual(['warning: old', 'because', 'https://x']);
});

test('output that comes in several messages is not cut where the first of them says that its step is over', () => {
  const told = play();
  const many = `${'x'.repeat(999)}\n`.repeat(600);
  told.take(0, {
    vertexes: [vertex('a', { started: 1, completed: 2 })],
    logs: [log('a', `${many}begun `)],
  });
  told.take(0, { logs: [log('a', 'and ')] });
  told.take(0, { vertexes: [vertex('b', { started: 1 })] });
  told.take(0, { logs: [log('a', 'ended\nwithout a break')] });
  expect(told.lines().slice(600)).toEqual(['begun and ended']);
  told.progress.end();
  expect(told.lines().slice(601)).toEqual(['without a break']);
});

test('of a step that printed much, the last may come after its end was told, and is not cut either', () => {
  const told = play();
  const many = `${'x'.repeat(999)}\n`.repeat(300);
  for (let message = 0; message < 2; message += 1) told.take(0, { logs: [log('a', many)] });
  told.take(0, { vertexes: [vertex('a', { started: 1, completed: 2 })], logs: [log('a', 'beg')] });
  told.wait(10_000);
  told.take(0, { vertexes: [vertex('b', { started: 1 })] });
  told.take(0, { logs: [log('a', 'un and ended\n')] });
  expect(told.lines().slice(600)).toEqual(['begun and ended']);
  // Of one that printed little, the last is told with its end.
  told.take(0, { vertexes: [vertex('b', { started: 1, completed: 2 })], logs: [log('b', 'no break')] });
  expect(told.lines().at(-1)).toBe('no break');
});
