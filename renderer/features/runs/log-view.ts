import type { ReadLine } from './log-level.ts';
import { cellOfSource, isSourceOf } from './step-name.ts';

export type LinesFrom = 'all' | 'step' | 'errors';

/** The lines that a filter leaves. A step that is not chosen filters nothing away; what is of no cell is of all. */
export function chooseLines(
  all: readonly ReadLine[],
  from: LinesFrom,
  step: string | undefined,
  cell?: string | undefined,
): readonly ReadLine[] {
  const lines =
    cell === undefined ? all : all.filter(({ source }) => (cellOfSource(source) ?? cell) === cell);
  switch (from) {
    case 'all':
      return lines;
    case 'step':
      return step === undefined ? lines : lines.filter((line) => line.step === step);
    case 'errors':
      return lines.filter(isError);
  }
}

export function isError(line: ReadLine): boolean {
  return line.shown.level === 'error';
}

/** Where the lines begin that somebody asks for; where there are none of the kind, where their step begins. */
export function firstOf(
  lines: readonly ReadLine[],
  wanted: { readonly step: string; readonly source?: string | undefined; readonly errors: boolean },
): number | undefined {
  const { step, source, errors } = wanted;
  const inStep = (line: ReadLine): boolean => line.step === step;
  const exact = lines.findIndex(
    (line) =>
      inStep(line) && (source === undefined || isSourceOf(line.source, source)) && (!errors || isError(line)),
  );
  const index = exact >= 0 ? exact : lines.findIndex(inStep);
  return index < 0 ? undefined : index;
}

/** Indices of the lines in which the needle stands, case ignored. */
export function findHits(lines: readonly ReadLine[], needle: string): readonly number[] {
  const low = needle.toLowerCase();
  if (low === '') return [];
  const hits: number[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.text.toLowerCase().includes(low)) hits.push(index);
  }
  return hits;
}

/** Index of the line with this number, or of the next that is there; beyond the last while it is not loaded. */
export function placeOf(lines: readonly ReadLine[], n: number): number {
  const index = lines.findIndex((line) => line.n >= n);
  return index < 0 ? lines.length : index;
}

const SOURCE_CHARS = { least: 6, most: 16 } as const;

/** Characters of the longest source, within what the column may take from the text. */
export function widestSource(lines: readonly ReadLine[]): number {
  let widest: number = SOURCE_CHARS.least;
  for (const { shown } of lines) widest = Math.max(widest, shown.source.length);
  return Math.min(widest, SOURCE_CHARS.most);
}

/** The next hit in a direction, around the end; the newest when none was chosen yet. */
export function nextHit(count: number, at: number | undefined, by: 1 | -1): number | undefined {
  if (count === 0) return undefined;
  if (at === undefined) return by === 1 ? count - 1 : Math.max(0, count - 2);
  return (at + by + count) % count;
}
