import { createHash } from 'node:crypto';
import type { Io } from '#main/core/ports/target.ts';
import type { ProjectOf } from './actions.ts';

/** What Compose said of files, for as long as they stay as they are. */
export type FileMemory = {
  /** What `ask` answers, or answered of the same files. Kept only where `isGood`: what is wrong may be mended elsewhere. */
  once<T>(
    key: FileKey | undefined,
    what: string,
    ask: () => Promise<T>,
    isGood: (answer: T) => boolean,
  ): Promise<T>;
};

/** Names files and all that stands in them. */
export type FileKey = string;

const mostAnswers = 64;

export function createFileMemory(): FileMemory {
  const answers = new Map<string, unknown>();
  return {
    async once<T>(
      key: FileKey | undefined,
      what: string,
      ask: () => Promise<T>,
      isGood: (answer: T) => boolean,
    ) {
      if (key === undefined) return ask();
      const name = `${what} ${key}`;
      // Under this name only answers of this `what` are kept, which have one type.
      if (answers.has(name)) return answers.get(name) as T;
      const answer = await ask();
      if (isGood(answer)) {
        answers.set(name, answer);
        const [oldest] = answers.keys();
        if (answers.size > mostAnswers && oldest !== undefined) answers.delete(oldest);
      }
      return answer;
    },
  };
}

/** `undefined` where more than these files may say something: such as one that includes others. */
export async function fileKey(
  io: Io,
  { project, profiles = [] }: ProjectOf,
  paths: readonly string[],
): Promise<FileKey | undefined> {
  const texts = await Promise.all(paths.map((path) => io.files.readText(path)));
  if (texts.some((text) => text === undefined || /\b(include|extends)\b/.test(text))) return undefined;
  const all = JSON.stringify([io.folder, project, profiles, paths, texts, io.engine.cliEnvironment()]);
  return createHash('sha256').update(all).digest('hex');
}
