import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createRester } from '#main/docker/breather.ts';

function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('whoever keeps the loop busy rests, and not at each call', async () => {
  // A test that has just begun has kept the loop busy by itself.
  await pause(5);
  const breathe = createRester();
  work(10);
  const began = performance.now();
  const rest = breathe();
  expect(rest).toBeDefined();
  await rest;
  // A timer may fire a millisecond early.
  expect(performance.now() - began).toBeGreaterThan(2);
  expect(breathe()).toBeUndefined();
});

test('a loop that waited for something else has rested', async () => {
  const breathe = createRester();
  work(10);
  await pause(50);
  expect(breathe()).toBeUndefined();
});
