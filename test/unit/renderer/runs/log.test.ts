import { describe, expect, test, vi } from 'vitest';
import { levelOf, toReadLine } from '#renderer/features/runs/log-level.ts';
import { createLogReader } from '#renderer/features/runs/log-reader.ts';
import {
  chooseLines,
  findHits,
  firstOf,
  nextHit,
  placeOf,
  widestSource,
} from '#renderer/features/runs/log-view.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import type { LogLine } from '#shared/domain/run-events.ts';
import { chatbot } from '#test/fakes/renderer/chatbot.ts';
import { createFixture } from '#test/fakes/renderer/fixture-client.ts';

const line = (n: number, text: string, more: Partial<LogLine> = {}): LogLine => ({
  n,
  at: n,
  step: 'wait',
  source: 'web',
  level: 'out',
  text,
  ...more,
});

describe('what a line is', () => {
  test.each([
    'Error: REDIS_URL is not set',
    'TypeError: x is not a function',
    'npm ERR! code 1',
    'fatal: not a git repository',
    'panic: runtime error',
    '{"level":"error","msg":"no"}',
    'ERROR: failed to solve',
    'time=1 level=error msg=x',
    'src/a.ts(3,4): error TS2304: Cannot find name',
  ])('%s reports an error', (text) => expect(levelOf(line(1, text))).toBe('error'));

  test.each([
    '0 errors, 2 warnings',
    'GET /error 200',
    'ok   errors are counted',
    'Container chatbot-dev-web-1  Started',
    '{"level":"info","msg":"error budget is fine"}',
  ])('%s does not', (text) => expect(levelOf(line(1, text, { level: 'err' }))).toBeUndefined());

  test('a stack and a note step back', () => {
    expect(levelOf(line(1, '    at required (/app/config.js:41:9)'))).toBe('dim');
    expect(levelOf(line(1, 'Error: said by gantry', { level: 'note' }))).toBe('dim');
  });
});

describe('which lines', () => {
  const lines = [
    line(1, 'starting', { step: 'up', source: 'compose' }),
    line(2, 'Error: no'),
    line(3, 'starting again'),
  ].map(toReadLine);

  test('all, those of a step, those that report an error', () => {
    const numbers = (from: 'all' | 'step' | 'errors', step?: string) =>
      chooseLines(lines, from, step).map((each) => each.n);
    expect(numbers('all')).toEqual([1, 2, 3]);
    expect(numbers('step', 'up')).toEqual([1]);
    expect(numbers('step')).toEqual([1, 2, 3]);
    expect(numbers('errors')).toEqual([2]);
  });

  test('those of one cell of the matrix, with what is of no cell', () => {
    const built = ['[2/2] RUN make (X=1)', '[2/2] RUN make (X=2)', 'engine', 'test unit'].map((source, at) =>
      toReadLine(line(at + 1, 'x', { source })),
    );
    const of = (cell: string) => chooseLines(built, 'all', undefined, cell).map((each) => each.n);
    expect([of('X=1'), of('X=2')]).toEqual([
      [1, 3, 4],
      [2, 3, 4],
    ]);
  });

  test('hits ignore case; next goes round, and begins at the newest', () => {
    expect(findHits(lines, 'START')).toEqual([0, 2]);
    expect(findHits(lines, '')).toEqual([]);
    expect([nextHit(2, undefined, 1), nextHit(2, 1, 1), nextHit(2, 0, -1), nextHit(0, undefined, 1)]).toEqual(
      [1, 0, 1, undefined],
    );
  });

  test('a line that a filter left out gives its place to the next', () => {
    const some = lines.filter((each) => each.n !== 2);
    expect([placeOf(lines, 2), placeOf(some, 2), placeOf(some, 9)]).toEqual([1, 1, 2]);
  });

  test('the first line of what somebody asks for, else of its step', () => {
    const from = (wanted: { step?: string; source?: string; errors?: boolean }) =>
      firstOf(lines, { step: 'wait', errors: false, ...wanted });
    expect(from({})).toBe(1);
    expect(from({ step: 'up' })).toBe(0);
    expect(from({ errors: true })).toBe(1);
    expect(from({ source: 'compose' })).toBe(1);
    expect(from({ step: 'up', errors: true })).toBe(0);
    expect(from({ step: 'never' })).toBeUndefined();
  });

  test('a build step is shown by its stage and place, and whole on hover', () => {
    const { shown } = toReadLine(line(1, 'x', { source: '[deps 2/5] RUN npm ci' }));
    expect([shown.source, shown.sourceTitle]).toEqual(['deps 2/5', '[deps 2/5] RUN npm ci']);
    expect(toReadLine(line(1, 'x')).shown.sourceTitle).toBeUndefined();
    const inCell = toReadLine(line(1, 'x', { source: '[4/4] RUN make (PYTHON=3.11)' }));
    expect(inCell.shown.source).toBe('4/4 PYTHON=3.11');
  });

  test('the source column is as wide as its longest, within limits', () => {
    expect(widestSource(lines)).toBe(7);
    expect(widestSource([toReadLine(line(1, '', { source: 'x'.repeat(40) }))])).toBe(16);
  });
});

describe('reading', () => {
  const [ended, running] = [runIdSchema.parse(217), runIdSchema.parse(218)];
  const start = (
    logs: readonly LogLine[],
    failure?: Error,
    { runId = ended, isVisible = (): boolean => true } = {},
  ) => {
    const fixture = createFixture({ ...chatbot(), logs: new Map([[runId, logs]]) });
    fixture.fail('runs.log', failure);
    const naps: number[] = [];
    const wakes: (() => void)[] = [];
    const reader = createLogReader({
      client: fixture.client,
      runId,
      isVisible,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          naps.push(ms);
          wakes.push(resolve);
          signal.addEventListener('abort', () => resolve());
        }),
    });
    return { fixture, reader, naps, wakes };
  };

  test('page after page until the end, then nothing more is asked', async () => {
    const { fixture, reader, naps } = start(
      Array.from({ length: 1_345 }, (_, index) => line(index + 1, 'x')),
    );
    await vi.waitFor(() => expect(reader.get().isEnded).toBe(true));
    expect(reader.get().lines.map((each) => each.n)).toEqual(Array.from({ length: 1_345 }, (_, i) => i + 1));
    expect(fixture.calls.filter(([name]) => name === 'runs.log').map(([, input]) => input)).toEqual([
      { runId: ended, from: 1, limit: 500, waitMs: 0 },
      { runId: ended, from: 501, limit: 500, waitMs: 20_000 },
      { runId: ended, from: 1_001, limit: 500, waitMs: 20_000 },
    ]);
    expect(naps).toEqual([]);
    reader.dispose();
  });

  /** A run that goes on: its log has not ended, and grows when `write` says so. */
  const going = (isVisible: () => boolean = () => true) => {
    const started = start([], undefined, { runId: running, isVisible });
    const logs: LogLine[] = [];
    const write = (text: string): void => {
      logs.push(line(logs.length + 1, text));
      started.fixture.change({ logs: new Map([[running, logs]]) });
    };
    const read = () => started.reader.get().lines.length;
    const asked = () => started.fixture.calls.map(([, input]) => input);
    return { ...started, write, read, asked };
  };

  test('that nothing is written yet is known at once; a line is there as soon as it is written', async () => {
    const { reader, naps, write, read, asked } = going();
    await vi.waitFor(() => expect(reader.get().isKnown).toBe(true));
    write('x');
    await vi.waitFor(() => expect(read()).toBe(1));
    write('y');
    await vi.waitFor(() => expect(read()).toBe(2));
    const question = { runId: running, limit: 500 };
    await vi.waitFor(() =>
      expect(asked(), 'a silent run is not asked again and again').toEqual([
        { ...question, from: 1, waitMs: 0 },
        { ...question, from: 1, waitMs: 20_000 },
        { ...question, from: 2, waitMs: 20_000 },
        { ...question, from: 3, waitMs: 20_000 },
      ]),
    );
    expect(naps).toEqual([]);
    reader.dispose();
  });

  test('nothing is asked for a hidden window until it is shown again', async () => {
    let visible = true;
    const { reader, naps, write, read, asked } = going(() => visible);
    await vi.waitFor(() => expect(asked()).toHaveLength(2));
    visible = false;
    write('x');
    await vi.waitFor(() => expect(naps).toEqual([500]));
    expect(read()).toBe(1);
    write('y');
    reader.wake();
    await vi.waitFor(() => expect(naps).toEqual([500, 500]));
    expect(asked()).toHaveLength(2);
    visible = true;
    reader.wake();
    await vi.waitFor(() => expect(read()).toBe(2));
    reader.dispose();
  });

  test('a failure is told and tried again', async () => {
    const { fixture, reader, naps, wakes } = start([line(1, 'x')], new Error('wire'));
    await vi.waitFor(() => expect(naps).toHaveLength(1));
    expect(reader.get().trouble?.code).toBe('internal');
    fixture.fail('runs.log', undefined);
    wakes[0]?.();
    await vi.waitFor(() => expect(reader.get().isEnded).toBe(true));
    expect(reader.get().trouble).toBeUndefined();
    reader.dispose();
  });
});
