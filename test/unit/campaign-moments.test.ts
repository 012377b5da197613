import { expect, test } from 'vitest';
import { momentsToStrike, strikeAll } from '#test/fault/campaign/moments.ts';
import type { Moment } from '#test/fault/stalled-ledger.ts';

const moments: readonly Moment[] = Array.from({ length: 17 }, (_, after) => ({ kind: 'observed', after }));

test.each([17, 18, 22, 30, 33, 34])('where %i kills are wanted at 17 events, none is left out', (wanted) => {
  const struck = momentsToStrike(moments, wanted);
  expect(struck).toHaveLength(wanted);
  expect(new Set(struck)).toEqual(new Set(moments));
});

test('at each event twice at most, and where fewer are wanted from all along the run', () => {
  expect(momentsToStrike(moments, 100)).toHaveLength(34);
  expect(momentsToStrike(moments, 3).map(({ after }) => after)).toEqual([0, 5, 11]);
  expect(momentsToStrike(moments, 0)).toEqual([]);
});

test('where none came it is struck once more after all is settled, and no third time', async () => {
  const struck: (Moment | 'settled')[] = [];
  const [late, never] = [moments[1], moments[2]];
  const result = await strikeAll(
    moments.slice(0, 4),
    async (moment) => {
      struck.push(moment);
      return moment !== never && (moment !== late || struck.at(-2) === 'settled');
    },
    async () => {
      struck.push('settled');
    },
  );
  const order = struck.map((one) => (one === 'settled' ? one : one.after));
  expect(order).toEqual([0, 1, 2, 3, 'settled', 1, 'settled', 2]);
  expect(result).toEqual({ struck: new Set([moments[0], moments[3], late]), missed: new Set([never]) });
});
