import { expect, test } from 'vitest';
import { createLacking } from '#main/docker/registry/lacking.ts';

test('what a registry did not know is asked again after ten minutes', () => {
  let now = 5;
  const lacking = createLacking(() => now);
  expect(lacking.has('a/referrers')).toBe(false);
  lacking.add('a/referrers');
  expect([lacking.has('a/referrers'), lacking.has('b/referrers')]).toEqual([true, false]);
  now += 10 * 60_000 - 1;
  expect(lacking.has('a/referrers')).toBe(true);
  now += 1;
  expect(lacking.has('a/referrers')).toBe(false);
});
