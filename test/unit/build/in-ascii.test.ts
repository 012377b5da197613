import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { escaped } from '../../../build/in-ascii.ts';

const code =
  'const said = ["✓", `Gantry’s café`, /[–—]/u.test("—"), /^[\u{1f600}😀]$/u.test("😀"), "😀"]; said';

test('what is not ASCII is escaped and means the same', () => {
  const ascii = escaped(code);
  expect(ascii).toMatch(/^[ -~]*$/);
  const run = (script: string): unknown => runInNewContext(script);
  expect(run(ascii)).toEqual(['✓', 'Gantry’s café', true, true, '😀']);
  expect(run(ascii)).toEqual(run(code));
});
