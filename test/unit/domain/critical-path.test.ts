import { expect, test } from 'vitest';
import { criticalPath } from '#shared/domain/critical-path.ts';
import type { Vertex } from '#shared/domain/step-events.ts';

const vertex = (
  id: string,
  startedAt: number,
  endedAt: number | undefined,
  inputs: string[] = [],
  state: Vertex['state'] = 'done',
): Vertex => ({
  id,
  name: `[stage ${id}] RUN ${id}`,
  inputs,
  state,
  startedAt,
  ...(endedAt === undefined ? {} : { endedAt }),
});

test('the path follows the input that was waited for longest', () => {
  const path = criticalPath([
    vertex('base', 0, 10),
    vertex('slow', 10, 90, ['base']),
    vertex('fast', 10, 30, ['base']),
    vertex('join', 90, 100, ['fast', 'slow']),
  ]);
  expect([...path]).toEqual(['join', 'slow', 'base']);
});

test('a step without named inputs waited for what ended last before it began', () => {
  const path = criticalPath([
    vertex('early', 0, 10),
    vertex('work', 10, 50, ['early']),
    vertex('beside', 10, 70),
    vertex('export', 50, 80),
  ]);
  expect([...path]).toEqual(['export', 'work', 'early']);
});

test('steps that name each other as inputs end the walk', () => {
  expect([...criticalPath([vertex('a', 0, 5, ['b']), vertex('b', 0, 4, ['a'])])]).toEqual(['a', 'b']);
});

test('a build without a finished step has no path', () => {
  expect(criticalPath([vertex('a', 0, undefined, [], 'running')]).size).toBe(0);
});
