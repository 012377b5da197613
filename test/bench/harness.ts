import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a bench says of itself. A figure holds when its value is not beyond its bound. */
export type Figure = {
  readonly what: string;
  readonly value: number;
  readonly unit: 'ms' | 'times' | 'bytes' | 'lines' | 'requests';
  /** What the value was made of, such as the medians of a ratio. */
  readonly from: string;
} & ({ readonly atMost: number } | { readonly atLeast: number });

export type Subject = {
  readonly name: string;
  /** Before the clock starts. */
  prepare?(): Promise<void>;
  /** What it answers is called when the clock has stopped. */
  run(): Promise<(() => Promise<void>) | undefined>;
};
export type Measured = {
  readonly name: string;
  /** In ms, in the order they were taken. */
  readonly times: readonly number[];
  readonly median: number;
};

/**
 * Measures each subject so many times, in turns, so that whatever else the machine does meets all of them alike. One
 * round before is not counted.
 */
export async function measureInTurns(
  subjects: readonly Subject[],
  rounds: number,
): Promise<readonly Measured[]> {
  const times = subjects.map((): number[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, subject] of subjects.entries()) {
      await subject.prepare?.();
      const began = performance.now();
      const tidyUp = await subject.run();
      if (round > 0) times[index]?.push(performance.now() - began);
      await tidyUp?.();
    }
  }
  return subjects.map(({ name }, index) => {
    const taken = times[index] ?? [];
    return { name, times: taken, median: medianOf(taken) };
  });
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = sorted.length % 2 === 1 ? [middle, middle] : [middle - 1, middle];
  return ((sorted[low] ?? Number.NaN) + (sorted[high] ?? Number.NaN)) / 2;
}

export function ratioOf(what: string, value: Measured, base: Measured, atMost: number): Figure {
  return {
    what,
    value: value.median / base.median,
    unit: 'times',
    atMost,
    from: `${rounded(value.median)} ms / ${rounded(base.median)} ms`,
  };
}

/** Prints the tables and the verdict, writes both as JSON, and answers the exit code. */
export async function conclude(
  name: string,
  measured: readonly Measured[],
  figures: readonly Figure[],
): Promise<number> {
  const results = join(import.meta.dirname, 'results');
  await mkdir(results, { recursive: true });
  const judged = figures.map((figure) => ({ ...figure, holds: holds(figure) }));
  const text = JSON.stringify(
    { bench: name, at: new Date().toISOString(), measured, figures: judged },
    null,
    2,
  );
  await writeFile(join(results, `${name}.json`), `${text}\n`);
  print([
    ['what', 'runs', 'median', 'least', 'most'],
    ...measured.map(({ name: what, times, median }) => [
      what,
      String(times.length),
      ...[median, Math.min(...times), Math.max(...times)].map((ms) => `${rounded(ms)} ms`),
    ]),
  ]);
  print([
    ['figure', 'value', 'bound', '', 'from'],
    ...judged.map((figure) => [
      figure.what,
      `${rounded(figure.value)} ${figure.unit}`,
      `${'atMost' in figure ? `at most ${figure.atMost}` : `at least ${figure.atLeast}`} ${figure.unit}`,
      figure.holds ? 'holds' : 'FAILS',
      figure.from,
    ]),
  ]);
  const held = judged.filter((figure) => figure.holds).length;
  process.stdout.write(`bench ${name}: ${held} of ${judged.length} figures hold\n`);
  return held === judged.length ? 0 : 1;
}

function holds(figure: Figure): boolean {
  return 'atMost' in figure ? figure.value <= figure.atMost : figure.value >= figure.atLeast;
}

function rounded(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}

function print(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  process.stdout.write(`${lines.map((line) => line.trimEnd()).join('\n')}\n\n`);
}
