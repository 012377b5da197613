import type { Commit } from '#shared/domain/release.ts';

/** For `git log`: fields end with NUL, and `-z` ends each commit with another. */
export const commitFormat = '--format=tformat:%H%x00%s%x00%an%x00%ct';

/** The same and the body, which has lines. */
export const commitFormatWithBody = `${commitFormat}%x00%b`;

export function readCommits(log: string): readonly Commit[] {
  return recordsOf(log, 4).map(readCommit);
}

export function readCommitsWithBody(log: string): readonly (Commit & { readonly body: string })[] {
  return recordsOf(log, 5).map((fields) => ({
    ...readCommit(fields),
    body: printableLines(fields[4] ?? '').slice(0, maxBody),
  }));
}

/** Characters of a commit's body that are kept: more than anyone writes, less than a file that was put into one. */
const maxBody = 4_000;

function recordsOf(log: string, fieldsInAll: number): readonly (readonly string[])[] {
  const fields = log.split('\0');
  const count = Math.floor(fields.length / fieldsInAll);
  return Array.from({ length: count }, (_, at) => fields.slice(at * fieldsInAll, (at + 1) * fieldsInAll));
}

function readCommit([sha = '', subject = '', author = '', seconds = '']: readonly string[]): Commit {
  return {
    sha: sha.trim(),
    subject: printable(subject),
    author: printable(author),
    at: Math.max(0, Number(seconds)) * 1000,
  };
}

/** A commit from elsewhere must not steer the terminal that shows its subject. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}

function printableLines(text: string): string {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/\p{Cc}+/gu, ' ').trimEnd());
  return lines.join('\n').trim();
}
