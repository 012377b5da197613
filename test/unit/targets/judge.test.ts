import { describe, expect, it } from 'vitest';
import type { Container } from '#main/core/ports.ts';
import { judge } from '#main/targets/compose/judge.ts';
import { container, stopped } from './containers.ts';

const oneShot = { 'dev.gantry.one-shot': 'true' };

function judged(...containers: readonly Container[]) {
  return judge({ containers, release: 'r-1a2b3c', restartsBefore: new Map(), isSettling: () => false });
}

describe('ready', () => {
  it.each([
    ['one that is healthy', [container()]],
    ['one without a check', [container({ health: 'unknown' })]],
    ['one beside a finished one-shot', [container(), container({ service: 'migrate', ...stopped(0) })]],
    ['a one-shot that did its work, alone', [container({ labels: oneShot, ...stopped(0) })]],
    ['one beside another image', [container(), container({ service: 'db', release: undefined })]],
  ])('%s', (_name, containers) => {
    expect(judged(...containers)).toEqual({ kind: 'ready' });
  });
});

describe('waiting', () => {
  it.each([
    ['one that starts', [container({ health: 'starting' })], 'web starting'],
    ['one that was only created', [container({ ...stopped(0), state: 'created' })], 'web created'],
    [
      'one that is restarted once',
      [container({ ...stopped(1), state: 'restarting', restartCount: 1 })],
      'web restarting',
    ],
    [
      'a one-shot at its work, however long',
      [container(), container({ service: 'migrate', labels: oneShot, health: 'unknown' })],
      'migrate at work',
    ],
    ['one that is paused', [container({ state: 'paused' })], 'web paused'],
    [
      'a database that starts',
      [container(), container({ service: 'db', release: undefined, health: 'starting' })],
      'db starting',
    ],
  ])('%s', (_name, containers, text) => {
    expect(judged(...containers)).toEqual({ kind: 'waiting', text });
  });

  it('one without a check until it has run long enough', () => {
    const containers = [container({ health: 'unknown' })];
    const settling = judge({
      containers,
      release: 'r-1a2b3c',
      restartsBefore: new Map(),
      isSettling: () => true,
    });
    expect(settling).toEqual({ kind: 'waiting', text: 'web started' });
  });
});

describe('failed', () => {
  it.each([
    ['one that exited', [container(stopped(3))], 'web exited with code 3', 1],
    [
      'a one-shot that ended with anything but 0',
      [container(), container({ service: 'migrate', labels: oneShot, ...stopped(4) })],
      'migrate exited with code 4',
      1,
    ],
    ['one that is unhealthy', [container({ health: 'unhealthy' })], 'web is unhealthy', 1],
    [
      'one that keeps restarting',
      [container({ ...stopped(1), state: 'restarting', restartCount: 3 })],
      'web keeps restarting (exit code 1)',
      1,
    ],
    [
      'one beside it that exited',
      [container(), container({ service: 'db', release: undefined, ...stopped(1) })],
      'db exited with code 1',
      1,
    ],
    [
      'two at once',
      [container(stopped(1)), container({ service: 'b', health: 'unhealthy' })],
      'web exited with code 1; b is unhealthy',
      2,
    ],
    ['only a finished one-shot', [container(stopped(0))], 'web ended by itself (exit code 0)', 1],
    ['only other images', [container({ release: undefined })], 'nothing runs the release', 0],
    ['only another release', [container({ release: 'r-0a0b0c' })], 'nothing runs the release', 0],
    ['nothing', [], 'nothing runs the release', 0],
  ])('%s', (_name, containers, why, culprits) => {
    const judgement = judged(...containers);
    expect(judgement).toMatchObject({ kind: 'failed', why });
    expect(judgement.kind === 'failed' && judgement.culprits).toHaveLength(culprits);
  });

  it('not for restarts from before this deploy', () => {
    const containers = [container({ restartCount: 7 })];
    const restartsBefore = new Map([['web-id', 5]]);
    const input = { containers, release: 'r-1a2b3c', isSettling: () => false };
    expect(judge({ ...input, restartsBefore })).toEqual({ kind: 'ready' });
    expect(judge({ ...input, restartsBefore: new Map() })).toMatchObject({ kind: 'failed' });
  });
});
