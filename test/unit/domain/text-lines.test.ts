import { StringDecoder } from 'node:string_decoder';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTextLines } from '#shared/domain/text-lines.ts';

describe('lines of text', () => {
  function linesOf(pieces: readonly Uint8Array[]): readonly string[] {
    const lines: string[] = [];
    const splitter = createTextLines(new StringDecoder('utf8'), (line) => lines.push(line));
    for (const piece of pieces) splitter.write(piece);
    splitter.end();
    return lines;
  }

  test('are the same however the bytes are cut', () => {
    const text = fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', ' ') }), { minLength: 1 });
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 200 })), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(linesOf(pieces)).toEqual(lines);
      }),
    );
  });

  test.each([
    ['a last line without a break', ['one\ntwo'], ['one', 'two']],
    ['a Windows line break, cut in its middle', ['one\r', '\ntwo\r\n'], ['one', 'two']],
    ['an empty line', ['\n\n'], ['', '']],
    ['nothing', [''], []],
    ['a progress bar, as a terminal leaves it', ['10%\r50%\r', '100%\n'], ['100%']],
    ['a progress bar that ends with a return', ['10%\r100%\r'], ['100%']],
  ])('%s', (_name, pieces, expected) => {
    expect(linesOf(pieces.map((piece) => Buffer.from(piece)))).toEqual(expected);
  });

  test('bytes that are no UTF-8 are marked, not dropped', () => {
    expect(linesOf([Buffer.from([0x61, 0xff, 0x62, 0x0a])])).toEqual(['a\uFFFDb']);
  });

  test('a line without an end comes in pieces', () => {
    const lines = linesOf([Buffer.from('x'.repeat(200_000))]);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join('')).toHaveLength(200_000);
  });
});
