import { expect, it } from 'vitest';
import type { HttpAnswer } from '#main/core/ports.ts';
import {
  askAgain,
  obeying429,
  type Patience,
  patienceToFollow,
  patienceToLook,
  retryAfterMs,
} from '#main/targets/render/retry.ts';

const answer = (status: number, headers: HttpAnswer['headers'] = {}): HttpAnswer => ({
  status,
  headers,
  body: '',
  durationMs: 1,
});

/** A clock that only sleeping moves, and how long each sleep was. */
function asking(patience: Patience) {
  let now = 0;
  const slept: number[] = [];
  const clock = {
    now: () => now,
    monotonic: () => now,
    async sleep(ms: number) {
      slept.push(ms);
      now += ms;
    },
  };
  return { slept, asking: { io: { clock, signal: new AbortController().signal }, patience } };
}

it.each([
  [{ 'retry-after': '7' }, 7_000],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': new Date(90_000).toUTCString() }, 60_000],
  [{ 'retry-after': new Date(0).toUTCString() }, 0],
  [{ 'retry-after': 'soon' }, undefined],
  [{}, undefined],
])('%j is %s ms', (headers, ms) => expect(retryAfterMs(headers as HttpAnswer['headers'], 30_000)).toBe(ms));

it('waits exactly as long as it is told to, and where it is not told, longer each time', async () => {
  const answers = [answer(429, { 'retry-after': '7' }), answer(429), answer(429), answer(201)];
  const { slept, asking: how } = asking(patienceToFollow(2_000));
  expect(await obeying429(async () => answers.shift() ?? answer(500), how)).toMatchObject({ status: 201 });
  expect(slept).toEqual([7_000, 4_000, 8_000]);
});

it('does not wait longer than whoever looks would', async () => {
  const { slept, asking: how } = asking(patienceToLook);
  const busy = async () => answer(429, { 'retry-after': '30' });
  await expect(askAgain(busy, how)).rejects.toMatchObject({
    code: 'target-unreachable',
    message: expect.stringContaining('30 s'),
  });
  expect(slept).toEqual([]);
});

it('asks again through silence until patience is over', async () => {
  let count = 0;
  const { slept, asking: how } = asking(patienceToFollow(2_000));
  const silent = async () => {
    count++;
    throw new Error('socket hang up');
  };
  await expect(askAgain(silent, how)).rejects.toMatchObject({
    code: 'target-unreachable',
    message: 'Render did not answer: socket hang up.',
  });
  expect(slept).toEqual([2_000, 4_000, 8_000, 16_000, 30_000]);
  expect(count).toBe(6);
});

it('a stop ends it at once', async () => {
  const stop = new AbortController();
  const { asking: how } = asking(patienceToFollow(2_000));
  const io = { ...how.io, signal: stop.signal };
  const lost = async () => {
    stop.abort();
    throw new Error('socket hang up');
  };
  await expect(askAgain(lost, { ...how, io })).rejects.toBe(stop.signal.reason);
});
