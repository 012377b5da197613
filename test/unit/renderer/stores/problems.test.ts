import { expect, test } from 'vitest';
import { distinctProblems, isBroken } from '#renderer/stores/problems.ts';

const problem = { file: 'gantry.yml', line: 3, what: 'name is missing.', hint: 'Add it.' };
const trouble = { code: 'config-invalid', message: 'No.', hint: 'Mend it.', problems: [problem] } as const;

test('what is found twice is said once', () => {
  const other = { ...problem, line: 4 };
  expect(distinctProblems([problem, other, { ...problem }])).toEqual([problem, other]);
});

test('only what names its problems is a broken description; the rest is said as it is', () => {
  expect(isBroken(trouble)).toBe(true);
  expect(isBroken({ ...trouble, problems: [] })).toBe(false);
  expect(isBroken({ ...trouble, code: 'internal' })).toBe(false);
});
