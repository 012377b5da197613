import { beforeEach, expect, test } from 'vitest';
import { createRunRecorder, type RunRecorder } from '#main/core/run-recorder.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { RunEvent } from '#shared/domain/run-events.ts';
import { foldRun } from '#shared/domain/run-reducer.ts';
import type { Vertex } from '#shared/domain/step-events.ts';
import { freshLedger, type Scaffold, take } from '#test/unit/ledger/scaffold.ts';

let ledger: Scaffold['ledger'];
let runId: RunId;
let recorder: RunRecorder;
let now: number;
/** Transactions that wrote events. */
let written: number;

const redactor = { redact: (text: string) => text, redactDeep: <T>(value: T) => value, learn: () => {} };

beforeEach(() => {
  const scaffold = freshLedger();
  ledger = scaffold.ledger;
  const run = take(ledger, scaffold.workspaceId, {});
  runId = run.runId;
  now = 1_000;
  written = 0;
  const clock = { now: () => now, monotonic: () => now, sleep: () => Promise.resolve() };
  recorder = createRunRecorder({ ledger, clock }, runId, run.token, redactor, () => {
    written += 1;
  });
  now += 100;
});

function vertex(id: string, state: Vertex['state'], more: Partial<Vertex> = {}): RunEvent {
  return { kind: 'vertex-changed', step: 'build', vertex: { id, name: id, inputs: [], state, ...more } };
}

const view = () => foldRun(ledger.runs.events(runId));
const statesOf = () => view()?.vertices.map(({ id, state }) => `${id} ${state}`);

test('what comes after a silence is written at once, what follows closely with what comes next', () => {
  recorder.appendSoon(vertex('a', 'waiting'));
  expect(statesOf()).toEqual(['a waiting']);
  recorder.appendSoon(vertex('a', 'running'));
  recorder.appendSoon(vertex('b', 'running'));
  expect(statesOf()).toEqual(['a waiting']);
  recorder.append({ kind: 'step-started', step: 'build' });
  expect(statesOf()).toEqual(['a running', 'b running']);
  expect(written).toBe(2);
});

test('a run that was requested a moment ago is no silence', () => {
  now -= 1;
  recorder.appendSoon(vertex('a', 'waiting'));
  expect(statesOf()).toEqual([]);
});

test('of a step that changes many times in a moment the newest is written, with all that was said of it', () => {
  recorder.appendSoon(vertex('z', 'done'));
  recorder.appendSoon(vertex('a', 'running', { log: { bytes: 5, isClipped: true } }));
  recorder.appendSoon(vertex('b', 'running'));
  recorder.appendSoon(vertex('a', 'done'));
  recorder.flush();
  expect(ledger.runs.events(runId)).toHaveLength(4);
  expect(view()?.vertices[1]).toMatchObject({ id: 'a', state: 'done', log: { bytes: 5, isClipped: true } });
});

test('the first line after a silence is written at once', () => {
  const line = (text: string) => recorder.line({ step: 'build', source: 'x', level: 'out', text });
  line('one');
  line('two');
  expect(ledger.logs.count(runId)).toBe(1);
  now += 100;
  line('three');
  expect(ledger.logs.read(runId, 1, 10).map(({ text }) => text)).toEqual(['one', 'two', 'three']);
});

test('the first line of a step is written at once, however close to the event that it began', () => {
  recorder.append({ kind: 'step-started', step: 'build' });
  recorder.lines({ step: 'build', source: 'x', level: 'out' }, ['one', 'two']);
  recorder.lines({ step: 'build', source: 'x', level: 'out' }, ['three']);
  expect(ledger.logs.read(runId, 1, 10).map(({ text }) => text)).toEqual(['one', 'two']);
  recorder.lines({ step: 'build', source: 'x', level: 'out' }, Array(500).fill('many'));
  expect(ledger.logs.count(runId)).toBe(503);
});

test('what waits is still there when it could not be written', () => {
  recorder.appendSoon(vertex('a', 'running'));
  const other = createRunRecorder(
    {
      ledger: { ...ledger, runs: { ...ledger.runs, appendAllSoon: failingOnce(ledger.runs.appendAllSoon) } },
      clock: { now: () => now, monotonic: () => now, sleep: () => Promise.resolve() },
    },
    runId,
    recorder.token(),
    redactor,
    () => {},
  );
  now += 100;
  expect(() => other.appendSoon(vertex('b', 'running'))).toThrow('busy');
  other.flush();
  expect(statesOf()).toEqual(['a running', 'b running']);
});

function failingOnce<T extends (...all: never[]) => unknown>(work: T): T {
  let hasFailed = false;
  // The same function but for its first call.
  return ((...all: never[]) => {
    if (hasFailed) return work(...all);
    hasFailed = true;
    throw new Error('busy');
  }) as T;
}
