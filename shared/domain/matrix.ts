/** One combination of a build matrix: an image of its own in the same release. */
export type Cell = {
  /** `PYTHON=3.11,OS=alpine`, in the order of the matrix; how events, logs and environments name it. */
  readonly name: string;
  /** Build arguments that this cell adds. */
  readonly args: Readonly<Record<string, string>>;
};

/** Every combination, the first key varying slowest. Empty for an empty matrix. */
export function cellsOf(matrix: Readonly<Record<string, readonly string[]>>): readonly Cell[] {
  const keys = Object.keys(matrix);
  if (keys.length === 0) return [];
  const combinations = keys.reduce<readonly Readonly<Record<string, string>>[]>(
    (sofar, key) => sofar.flatMap((args) => (matrix[key] ?? []).map((value) => ({ ...args, [key]: value }))),
    [{}],
  );
  return combinations.map((args) => ({ name: cellName(args), args }));
}

/** Arguments in the order in which they are given. */
export function cellName(args: Readonly<Record<string, string>>): string {
  return Object.entries(args)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** The cell that an environment means; `undefined` when there is none of these arguments. */
export function findCell(
  cells: readonly Cell[],
  wanted: Readonly<Record<string, string>> | undefined,
): Cell | undefined {
  if (wanted === undefined) return cells[0];
  const entries = Object.entries(wanted);
  return cells.find(
    ({ args }) =>
      entries.length === Object.keys(args).length && entries.every(([key, value]) => args[key] === value),
  );
}

/** The cell as part of an image tag: `python3.11-osalpine`. */
export function cellTag(name: string): string {
  return name
    .replaceAll('=', '')
    .replace(/[^A-Za-z0-9_.]+/g, '-')
    .toLowerCase();
}

/** The cell as part of an environment variable's name: `PYTHON3_11_OSALPINE`. */
export function cellVariable(name: string): string {
  return cellTag(name)
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_');
}
