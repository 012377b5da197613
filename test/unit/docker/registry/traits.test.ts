import { expect, test } from 'vitest';
import { createTraits } from '#main/docker/registry/traits.ts';

test('what was found out about a registry is found out again after ten minutes', () => {
  let now = 5;
  const traits = createTraits(() => now);
  expect(traits.has('a lacks referrers')).toBe(false);
  traits.add('a lacks referrers');
  expect([traits.has('a lacks referrers'), traits.has('b lacks referrers')]).toEqual([true, false]);
  now += 10 * 60_000 - 1;
  expect(traits.has('a lacks referrers')).toBe(true);
  now += 1;
  expect(traits.has('a lacks referrers')).toBe(false);
});
