import { GantryError } from '#shared/domain/errors.ts';
import type { Repository } from './repository.ts';

export function isSha(text: string): boolean {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text);
}

export async function hasCommit(repository: Repository, sha: string): Promise<boolean> {
  try {
    return (await repository.ask(['cat-file', '-t', sha])).trim() === 'commit';
  } catch (error) {
    if (error instanceof GantryError) return false;
    throw error;
  }
}
