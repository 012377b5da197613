import { GantryError } from '#shared/domain/errors.ts';
import { unquote } from './changes.ts';
import { type GitOptions, openRepository, type Repository } from './repository.ts';

/** On one command line; arguments have room for some 2 MB on Linux, 32 kB on Windows. */
const atOnce = 200;
/** More change at once when a branch is checked out: whoever asks takes the rest for not ignored. */
const mostPaths = 4_000;

/** Of these paths below the folder, those that git does not follow and its rules leave out. */
export async function readIgnored(
  folder: string,
  paths: readonly string[],
  options: GitOptions,
): Promise<ReadonlySet<string>> {
  const ignored = new Set<string>();
  if (paths.length === 0) return ignored;
  const repository = await openRepository(folder, options);
  const asked = paths.slice(0, mostPaths);
  for (let at = 0; at < asked.length; at += atOnce) {
    for (const path of await ask(repository, asked.slice(at, at + atOnce))) ignored.add(path);
  }
  return ignored;
}

/** Git says nothing of any where one lies in a submodule or behind a link, so those are found by halves. */
async function ask(repository: Repository, paths: readonly string[]): Promise<readonly string[]> {
  try {
    // `./` keeps a name that begins with a colon from being one of git's special ones.
    const said = await repository.ask(['check-ignore', '--', ...paths.map((path) => `./${path}`)]);
    return said.split('\n').flatMap((line) => (line === '' ? [] : unquote(line).toString().slice(2)));
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    if (paths.length === 1) return [];
    const middle = Math.ceil(paths.length / 2);
    const halves = [paths.slice(0, middle), paths.slice(middle)];
    const found: string[] = [];
    for (const half of halves) found.push(...(await ask(repository, half)));
    return found;
  }
}
