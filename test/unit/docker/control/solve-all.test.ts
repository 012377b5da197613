import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { BuildRequest } from '#main/core/ports.ts';
import { createBreather } from '#main/docker/breather.ts';
import { solveAll } from '#main/docker/control/solve.ts';
import { createOutputQueue } from '#main/docker/output-queue.ts';

const never = new AbortController().signal;

function asked(count: number, atOnce: number): BuildRequest {
  const [first, ...rest] = Array.from({ length: count }, (_, i) => ({ tag: `x:${i}`, args: {} }));
  // Only these two are looked at.
  return { images: [first, ...rest], atOnce } as unknown as BuildRequest;
}

describe('several images', () => {
  test('are built so many at once, and come out in their order', async () => {
    let running = 0;
    let most = 0;
    const ids = await solveAll(asked(7, 3), never, async (_image, index) => {
      running += 1;
      most = Math.max(most, running);
      await pause(index % 2 === 0 ? 15 : 5);
      running -= 1;
      return `id ${index}`;
    });
    expect(most).toBe(3);
    expect(ids).toEqual(['id 0', 'id 1', 'id 2', 'id 3', 'id 4', 'id 5', 'id 6']);
  });

  test('the first that fails is the error, when the others have ended', async () => {
    const ended: number[] = [];
    const running = solveAll(asked(4, 3), never, async (_image, index, signal) => {
      if (index === 1) throw new Error('the first');
      await pause(60_000, undefined, { signal }).catch(() => pause(10));
      ended.push(index);
      throw new Error('a later one');
    });
    await expect(running).rejects.toThrow('the first');
    expect(ended.toSorted()).toEqual([0, 2]);
  });

  test('a cancel is the error', async () => {
    const abort = new AbortController();
    const running = solveAll(asked(2, 2), abort.signal, (_image, _index, signal) =>
      pause(60_000, '', { signal }),
    );
    abort.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
  });
});

describe('what is said', () => {
  test('is heard in order, then the end', async () => {
    const queue = createOutputQueue<number>(createBreather());
    const heard: number[] = [];
    const hearing = (async () => {
      for await (const each of queue.outputs()) heard.push(each);
    })();
    for (let i = 0; i < 5_000; i += 1) {
      queue.put(i);
      if (i % 700 === 0) await pause(1);
    }
    queue.end();
    await hearing;
    expect(heard).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
  });

  test('much of it waits for who hears it', async () => {
    const queue = createOutputQueue<number>(() => undefined);
    for (let i = 0; i < 2_500; i += 1) queue.put(i);
    let isRoom = false;
    void queue.room()?.then(() => {
      isRoom = true;
    });
    await pause(5);
    expect(isRoom).toBe(false);
    const outputs = queue.outputs();
    await outputs.next();
    await pause(5);
    expect(isRoom).toBe(true);
    // Nobody waits for a listener who has left.
    for (let i = 0; i < 2_500; i += 1) queue.put(i);
    const later = queue.room();
    await outputs.return(undefined);
    await later;
    expect(queue.room()).toBeUndefined();
  });

  test('gives others their turn', async () => {
    const queue = createOutputQueue<number>(createBreather());
    for (let i = 0; i < 50_000; i += 1) queue.put(i);
    queue.end();
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    let sum = 0;
    for await (const each of queue.outputs()) for (let i = 0; i < 2_000; i += 1) sum += each;
    clearInterval(timer);
    expect(sum).toBeGreaterThan(0);
    expect(turns).toBeGreaterThan(3);
  });
});
