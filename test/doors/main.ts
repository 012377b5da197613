/** `node test/doors/main.ts [folder]` holds every import of the tree against the rooms. */
import { checkDoors } from './check.ts';
import { readSources } from './source-files.ts';

const root = process.argv[2] ?? new URL('../..', import.meta.url).pathname;
const { files, imports, violations } = checkDoors(readSources(root));
for (const { file, line, what } of violations) process.stdout.write(`${file}:${line}  ${what}\n`);
process.stdout.write(`doors: ${files} files, ${imports} imports, ${violations.length} forbidden\n`);
// A check that saw nothing has checked nothing.
process.exitCode = violations.length > 0 || files === 0 || imports === 0 ? 1 : 0;
