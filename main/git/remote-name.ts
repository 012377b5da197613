import { GantryError } from '#shared/domain/errors.ts';
import { type GitOptions, NoRepository, openRepository } from './repository.ts';

/** What the repository is called where it was cloned from: `chatbot` for `git@example.com:team/chatbot.git`. */
export async function remoteName(folder: string, options: GitOptions): Promise<string | undefined> {
  try {
    const repository = await openRepository(folder, options);
    return nameIn(await repository.ask(['config', '--default', '', '--get', 'remote.origin.url']));
  } catch (error) {
    // A name is only a suggestion: whatever is wrong with git is said where git is needed.
    if (error instanceof NoRepository || error instanceof GantryError) return undefined;
    throw error;
  }
}

export function nameIn(url: string): string | undefined {
  const path = url.trim().replace(/[/\\]+$/, '');
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf(':'), path.lastIndexOf('\\')) + 1);
  const bare = name.replace(/\.git$/, '');
  return bare === '' ? undefined : bare;
}
