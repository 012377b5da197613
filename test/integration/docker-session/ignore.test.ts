import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testEngine } from '#test/engine/for-tests.ts';
import { compare, describeCase, ignoreCase } from '#test/property/ignore-case.ts';

/** `npm run test:property` has a thousand. */
const cases = 100;

test(`${cases} generated contexts are sent as buildx sends them`, { timeout: 120_000 }, async () => {
  const env = { ...process.env, ...testEngine().env };
  const seed = Math.floor(Math.random() * 2 ** 31);
  const different: string[] = [];
  let files = 0;
  const all = fc.sample(ignoreCase, { numRuns: cases, seed }).values();
  // One builds while the other is looked at.
  const lane = async () => {
    for (const each of all) {
      const { ours, theirs } = await compare(each, env);
      if (!isDeepStrictEqual(ours, theirs))
        different.push(JSON.stringify({ case: describeCase(each), ours, theirs }));
      if (theirs.kind === 'files') files += theirs.files.length;
    }
  };
  await Promise.all([lane(), lane()]);
  expect(different, `seed ${seed}`).toEqual([]);
  // A generator that makes nothing would prove nothing.
  expect(files).toBeGreaterThan(2 * cases);
});
