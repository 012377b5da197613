import type { ReleaseNotes } from './release.ts';

/*
 * A release's commits as notes: grouped by what conventional commits say of themselves. Pure, so that every shell says
 * the same. A commit that follows no convention is no worse: it stands under the other changes, as it was written.
 */

export type NoteEntry = {
  readonly sha: string;
  readonly author: string;
  /** What the commit is about, where it says so: `fix(stream): …`. */
  readonly scope?: string;
  /** The subject without what the group and the scope say already. */
  readonly text: string;
  /** What one has to know before taking it; only of a breaking change that says so. */
  readonly breaking?: string;
};

export type NoteGroup = {
  readonly id: 'breaking' | 'features' | 'fixes' | 'performance' | 'other';
  readonly title: string;
  readonly entries: readonly NoteEntry[];
};

const titles: Readonly<Record<NoteGroup['id'], string>> = {
  breaking: 'Breaking changes',
  features: 'Features',
  fixes: 'Fixes',
  performance: 'Performance',
  other: 'Other changes',
};

const order: readonly NoteGroup['id'][] = ['breaking', 'features', 'fixes', 'performance', 'other'];

const groupOfType: Readonly<Record<string, NoteGroup['id']>> = {
  feat: 'features',
  feature: 'features',
  fix: 'fixes',
  revert: 'fixes',
  perf: 'performance',
};

/** `type(scope)!: text`; https://www.conventionalcommits.org/en/v1.0.0/ leaves the case of the type open. */
const header = /^([a-z]+)(?:\(([^()\r\n]+)\))?(!)?: +(\S.*)$/i;
/** A footer, to the next one or the end. Its token is the only one that may hold a space, and is upper case. */
const breakingFooter = /(?:^|\n)BREAKING[ -]CHANGE: (.*?)(?=\n[A-Za-z-]+(?:: | #)|$)/s;

type NotedCommit = ReleaseNotes['commits'][number];

/** Groups that have no commit are left out; within one the newest comes first. */
export function groupNotes({ commits }: Pick<ReleaseNotes, 'commits'>): readonly NoteGroup[] {
  const placed = commits.map(place);
  return order.flatMap((id) => {
    const entries = placed.filter(({ group }) => group === id).map(({ entry }) => entry);
    return entries.length === 0 ? [] : [{ id, title: titles[id], entries }];
  });
}

function place({ sha, author, subject, body }: NotedCommit): {
  readonly group: NoteGroup['id'];
  readonly entry: NoteEntry;
} {
  const [, type = '', scope, mark, text] = header.exec(subject) ?? [];
  const breaking = breakingFooter.exec(body.replaceAll('\r\n', '\n'))?.[1]?.trim().replace(/\s+/g, ' ');
  const isBreaking = mark !== undefined || breaking !== undefined;
  const isConventional = text !== undefined;
  return {
    group: isBreaking ? 'breaking' : (groupOfType[type.toLowerCase()] ?? 'other'),
    entry: {
      sha,
      author,
      ...(scope === undefined ? {} : { scope }),
      text: isConventional ? text : subject,
      ...(breaking === undefined || breaking === '' ? {} : { breaking }),
    },
  };
}

/**
 * For a changelog, a pull request or a chat.
 *
 * @param title of the release, such as `1.4.2`
 * @param uncommittedFiles that it was built with besides
 */
export function notesMarkdown(notes: ReleaseNotes, title: string, uncommittedFiles = 0): string {
  const more = notes.total - notes.commits.length;
  const parts = [
    `## ${escapeMarkdown(title)}`,
    ...(notes.since === undefined ? [] : [`Since ${escapeMarkdown(notes.since.version)}.`]),
    ...uncommittedText(uncommittedFiles),
    ...(notes.commits.length === 0 ? ['No commits.'] : []),
    ...groupNotes(notes).map(
      (group) => `### ${group.title}\n\n${group.entries.map(entryMarkdown).join('\n')}`,
    ),
    ...(more > 0 ? [`And ${more} more.`] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

function entryMarkdown({ sha, scope, text, breaking }: NoteEntry): string {
  const about = scope === undefined ? '' : `**${escapeMarkdown(scope)}:** `;
  const line = `- ${about}${escapeMarkdown(text)} (${sha.slice(0, 7)})`;
  return breaking === undefined ? line : `${line}\n  ${escapeMarkdown(breaking)}`;
}

/** A subject may hold a `*`, a `_` or a `<tag>`; code spans are meant and stay. */
function escapeMarkdown(text: string): string {
  return text
    .split(/(`[^`]+`)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(/[\\*_[\]<>#`]/g, '\\$&')))
    .join('');
}

/** The same for a terminal, an e-mail or a git tag. */
export function notesText(notes: ReleaseNotes, title: string, uncommittedFiles = 0): string {
  const more = notes.total - notes.commits.length;
  const parts = [
    notes.since === undefined ? title : `${title}, since ${notes.since.version}`,
    ...uncommittedText(uncommittedFiles),
    ...(notes.commits.length === 0 ? ['No commits.'] : []),
    ...groupNotes(notes).map((group) => `${group.title}\n${group.entries.map(entryText).join('\n')}`),
    ...(more > 0 ? [`And ${more} more.`] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

function entryText({ sha, scope, text, breaking }: NoteEntry): string {
  const line = `- ${scope === undefined ? '' : `${scope}: `}${text} (${sha.slice(0, 7)})`;
  return breaking === undefined ? line : `${line}\n  ${breaking}`;
}

function uncommittedText(files: number): readonly string[] {
  if (files === 0) return [];
  return [
    `Built with ${files === 1 ? '1 uncommitted file' : `${files} uncommitted files`}, which no commit tells of.`,
  ];
}
