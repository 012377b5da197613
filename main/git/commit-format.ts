import type { Commit } from '#shared/domain/release.ts';

/** For `git log`: fields end with NUL, and `-z` ends each commit with another. */
export const commitFormat = '--format=tformat:%H%x00%s%x00%an%x00%ct';

const fieldsInAll = 4;

export function readCommits(log: string): readonly Commit[] {
  const fields = log.split('\0');
  const commits: Commit[] = [];
  for (let at = 0; at + fieldsInAll <= fields.length; at += fieldsInAll) {
    const [sha = '', subject = '', author = '', seconds = ''] = fields.slice(at, at + fieldsInAll);
    commits.push({
      sha: sha.trim(),
      subject: printable(subject),
      author: printable(author),
      at: Math.max(0, Number(seconds)) * 1000,
    });
  }
  return commits;
}

/** A commit from elsewhere must not steer the terminal that shows its subject. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}
