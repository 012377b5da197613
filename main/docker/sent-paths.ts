import { readIgnore } from './build-context.ts';

/** Of these paths below a context, those that its ignore file leaves to be sent. */
export async function sentOf(
  folder: string,
  dockerfile: string,
  paths: readonly string[],
): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  const ignore = await readIgnore(folder, dockerfile, false);
  return paths.filter((path) => !ignore.ignores(path));
}
