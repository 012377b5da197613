import { expect, test } from 'vitest';
import { lineOf } from '#main/docker/instruction-line.ts';

const dockerfile = `# syntax=x
ARG BASE
FROM \${BASE} AS first

run   make \\
    # not this one
    --all   \\

    && make test
RUN true
RUN twice
FROM first
RUN twice
`;

test.each([
  ['[first 2/4] RUN make     --all    && make test', 5],
  ['RUN make --all && make test', 5],
  ['[first 3/4] RUN true', 10],
  ['[internal] load build context', undefined],
  ['[stage-1 2/2] RUN twice', undefined],
])('%s', (step, line) => {
  expect(lineOf(dockerfile, step)).toBe(line);
});

test('with another mark for a line that goes on', () => {
  expect(lineOf('# escape=`\nFROM x\nRUN dir `\n  c:\\\nRUN b\n', 'RUN dir c:\\')).toBe(3);
});
