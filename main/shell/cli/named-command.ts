/** The command that is asked for, for whoever cannot wait until commander is loaded; empty where none is named. */
export function namedCommand(argv: readonly string[]): string {
  const at = argv.findIndex(
    (word, index) => !word.startsWith('-') && !beforeValues.has(argv[index - 1] ?? ''),
  );
  return argv[at] ?? '';
}

/** Options of every command whose value is a word of its own. */
const beforeValues: ReadonlySet<string> = new Set(['-C', '--workspace']);
