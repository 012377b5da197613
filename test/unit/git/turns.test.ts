import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTurns } from '#main/git/turns.ts';

test('those who ask at once go one after the other, and others have their turn between', async () => {
  const turn = createTurns();
  const seen: string[] = [];
  const go = async (name: string) => {
    await turn();
    seen.push(name);
  };
  const others = (async () => {
    for (let count = 0; count < 3; count += 1) {
      await nextTurn();
      seen.push('other');
    }
  })();
  await Promise.all([go('a'), go('b'), go('c'), others]);
  expect(seen.filter((name) => name !== 'other')).toEqual(['a', 'b', 'c']);
  expect(seen.indexOf('b') - seen.indexOf('a')).toBeGreaterThan(1);
  expect(seen.indexOf('c') - seen.indexOf('b')).toBeGreaterThan(1);
});
