/** BuildKit's "[deps 2/5] RUN npm ci" as stage and instruction; the place within the stage is the row's own place. */
export function splitName(name: string): { readonly group: string; readonly name: string } {
  const [, bracket, rest] = /^\[([^\]]+)\]\s+(.*)$/.exec(name) ?? [];
  if (bracket === undefined || rest === undefined) {
    return { group: /^(exporting|naming|unpacking|writing)\b/.test(name) ? 'export' : '', name };
  }
  const stage = bracket.replace(/\s*\d+\/\d+$/, '').trim();
  return { group: stage, name: rest };
}

/** What the log's lines of a build step have as their source: its name, and behind it the cell where there are several. */
export function isSourceOf(source: string, name: string): boolean {
  return source === name || source.startsWith(`${name} (`);
}

/** The cell of the matrix that a line's source names at its end: "[4/4] RUN make (PYTHON=3.11)". */
export function cellOfSource(source: string): string | undefined {
  return / \(([^()]*=[^()]*)\)$/.exec(source)?.[1];
}
