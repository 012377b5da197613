import { access, readFile } from 'node:fs/promises';
import type { Files } from '#main/core/ports.ts';

function isMissing(error: unknown): boolean {
  // ENOTDIR: a part of the path is a file, so nothing can be below it.
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

export function createFiles(): Files {
  return {
    async readText(path) {
      try {
        return await readFile(path, 'utf8');
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async exists(path) {
      try {
        await access(path);
        return true;
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    },
  };
}
