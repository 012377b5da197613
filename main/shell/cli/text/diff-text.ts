import type { EnvKeyChange, EnvKeyView } from '#shared/domain/env-diff.ts';
import type { ImageDiff } from '#shared/domain/image-diff.ts';
import type { CommitDiff, SettingChange } from '#shared/domain/plan.ts';
import type { Style } from '../terminal.ts';
import { bytes, plain, plural, shortImage, shortSha } from './format.ts';

const mask = '••••••';
const maxCommits = 10;
const nothing = 'not set';

/** What a difference is called and the lines below it; no lines where nothing differs. */
export type Section = { readonly title: string; readonly lines: readonly string[] };

export function sectionText({ title, lines }: Section, style: Style, label: string): string[] {
  return [`  ${style.dim(label.padEnd(8))} ${title}`, ...lines.map((line) => `           ${line}`)];
}

export function commitSection(diff: CommitDiff, style: Style): Section {
  if (diff.kind === 'unknown') return { title: `unknown: ${plain(diff.why)}`, lines: [] };
  const { direction, commits, filesChanged, insertions, deletions } = diff;
  if (direction === 'same') return { title: 'the same commit', lines: [] };
  const size = `${plural(filesChanged, 'file')}, ${style.green(`+${insertions}`)} ${style.red(`-${deletions}`)}`;
  const lines = commits
    .slice(0, maxCommits)
    .map(
      ({ sha, subject, author }) =>
        `${style.yellow(shortSha(sha))} ${plain(subject)} ${style.dim(plain(author))}`,
    );
  const more = commits.length - maxCommits;
  const word = { forward: 'ahead', backward: style.yellow('back'), diverged: style.yellow('diverged') }[
    direction
  ];
  return {
    title: `${plural(commits.length, 'commit')} ${word}, ${size}`,
    lines: more > 0 ? [...lines, `and ${more} more`] : lines,
  };
}

export function envSection(changes: readonly EnvKeyChange[], style: Style): Section {
  const different = changes.filter((change) => change.kind !== 'same');
  if (different.length === 0) return { title: `${plural(changes.length, 'key')}, all the same`, lines: [] };
  const kinds = ['added', 'removed', 'changed', 'missing'] as const;
  const counts = kinds
    .map((kind) => [different.filter((change) => change.kind === kind).length, kind] as const)
    .filter(([count]) => count > 0)
    .map(([count, kind]) => (kind === 'missing' ? style.red(`${count} missing`) : `${count} ${kind}`));
  return { title: counts.join(', '), lines: different.map((change) => envLine(change, style)) };
}

function envLine({ key, kind, left, right }: EnvKeyChange, style: Style): string {
  const name = plain(key);
  switch (kind) {
    case 'added':
      return `${style.green('+')} ${name} ${style.dim(shownValue(right))}`;
    case 'removed':
      return `${style.red('-')} ${name} ${style.dim(shownValue(left))}`;
    case 'missing':
      return `${style.red('!')} ${name} ${style.red('is needed and not set')}`;
    case 'changed':
    case 'same':
      return `${style.yellow('~')} ${name} ${style.dim(changeOf(left, right))}`;
  }
}

function changeOf(left: EnvKeyView | undefined, right: EnvKeyView | undefined): string {
  const [before, after] = [shownValue(left), shownValue(right)];
  return before === after ? `${before} (differs)` : `${before} → ${after}`;
}

function shownValue(view: EnvKeyView | undefined): string {
  if (view === undefined) return nothing;
  return plain(view.publicValue ?? view.reference ?? mask);
}

export function imageSection(diff: ImageDiff, style: Style): Section {
  const { same, leftId, rightId, leftSize, rightSize, layersNew, layersGone, config } = diff;
  const right = rightId === undefined ? '' : shortImage(rightId);
  const size = rightSize === undefined ? '' : bytes(rightSize);
  if (same) return { title: `${right} ${style.dim(size)} the same image`, lines: [] };
  if (leftId === undefined) return { title: `${right} ${style.dim(size)}`, lines: [] };
  const growth = leftSize === undefined || rightSize === undefined ? '' : growthText(rightSize - leftSize);
  const layers = `${plural(layersNew, 'new layer')}, ${layersGone} gone`;
  return {
    title: `${shortImage(leftId)} → ${right} ${style.dim(`${size}${growth}, ${layers}`)}`,
    lines: config.map((change) => settingLine(change, style)),
  };
}

function growthText(difference: number): string {
  if (difference === 0) return '';
  return ` (${difference > 0 ? '+' : ''}${bytes(difference)})`;
}

export function settingSection(changes: readonly SettingChange[], style: Style): Section {
  if (changes.length === 0) return { title: 'no setting differs', lines: [] };
  return {
    title: `${plural(changes.length, 'setting')} differ${changes.length === 1 ? 's' : ''}`,
    lines: changes.map((change) => settingLine(change, style)),
  };
}

export function settingLine({ path, before, after }: SettingChange, style: Style): string {
  return `${style.yellow('~')} ${plain(path)} ${style.dim(`${plain(before ?? nothing)} → ${plain(after ?? nothing)}`)}`;
}
