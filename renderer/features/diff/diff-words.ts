import type { EnvKeyChange, EnvKeyView } from '#shared/domain/env-diff.ts';
import type { ImageDiff } from '#shared/domain/image-diff.ts';
import type { CommitDiff, SettingChange } from '#shared/domain/plan.ts';
import { count, signedBytes } from '../../ui/format.ts';

/** What stands beside the title of a part: how many at once, the rest at the right. */
export type PartHead = { readonly count?: string; readonly end?: string };

export function commitsHead(diff: CommitDiff): PartHead {
  if (diff.kind === 'unknown') return {};
  if (diff.direction === 'same') return { count: 'none' };
  const authors = new Set(diff.commits.map((commit) => commit.author)).size;
  return {
    count: String(diff.commits.length),
    end: `${count(authors, 'author')}, ${count(diff.filesChanged, 'file')}`,
  };
}

/** A reason as a sentence of its own: reasons come without capital and full stop. */
export function sentence(reason: string): string {
  const end = /[.!?]$/.test(reason) ? '' : '.';
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}${end}`;
}

/** Which way the commits go, where it is not simply forward. */
export function commitsDirection(diff: CommitDiff, left: string, right: string): string | undefined {
  if (diff.kind === 'unknown') return undefined;
  switch (diff.direction) {
    case 'same':
    case 'forward':
      return undefined;
    case 'backward':
      return `${right} is behind: it does not have these of ${left}.`;
    case 'diverged':
      return `Each side has commits of its own; these are those of ${right}.`;
  }
}

export function imageHead(diff: ImageDiff | undefined): PartHead {
  if (diff === undefined) return {};
  if (diff.same) return { count: 'same image' };
  const { leftSize, rightSize, layersNew, layersShared } = diff;
  return {
    ...(leftSize === undefined || rightSize === undefined
      ? {}
      : { count: signedBytes(rightSize - leftSize) }),
    end: `${layersNew} of ${count(layersNew + layersShared, 'layer')} new`,
  };
}

/** The parts of an image's configuration that did not change, in one sentence. */
export function sameConfig(diff: ImageDiff): string | undefined {
  if (diff.leftId === undefined && diff.leftSize === undefined) return undefined;
  const parts: readonly (readonly [word: string, paths: RegExp])[] = [
    ['user', /^user$/],
    ['entrypoint', /^entrypoint$/],
    ['command', /^command$/],
    ['working folder', /^workingDir$/],
    ['ports', /^ports$/],
    ['env keys', /^envKeys$/],
    ['labels', /^labels\./],
  ];
  const same = parts.filter(([, paths]) => !diff.config.some((change) => paths.test(change.path)));
  const words = same.map(([word]) => word);
  if (words.length === 0) return undefined;
  const list = words.length === 1 ? words[0] : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
  return `${(list ?? '').charAt(0).toUpperCase()}${(list ?? '').slice(1)} ${words.length === 1 ? 'is' : 'are'} the same.`;
}

export function targetHead(changes: readonly SettingChange[]): string {
  if (changes.length === 0) return 'no change';
  const isImage = (change: SettingChange): boolean => /(^|\.)image$/.test(change.path);
  const others = changes.filter((change) => !isImage(change)).length;
  if (others === changes.length) return count(others, 'setting');
  return others === 0 ? 'image' : `image and ${count(others, 'setting')}`;
}

/** One key as a table shows it. `from` is the environment the release comes from. */
export type EnvRow = {
  readonly key: string;
  readonly kind: EnvKeyChange['kind'];
  readonly from?: EnvKeyView;
  readonly left?: EnvKeyView;
  readonly right?: EnvKeyView;
};

export type EnvRows = { readonly differing: readonly EnvRow[]; readonly same: readonly EnvRow[] };

/** What needs a person first; within a kind by name. */
const order: readonly EnvKeyChange['kind'][] = ['missing', 'added', 'changed', 'removed', 'same'];

/** Joins the changes of an environment with what the environment before has. */
export function envRows(changes: readonly EnvKeyChange[], from: readonly EnvKeyChange[] = []): EnvRows {
  const fromByKey = new Map(from.map((change) => [change.key, change]));
  const changed = new Set(changes.map((change) => change.key));
  const rows = changes.map((change) => row(change, fromByKey.get(change.key)));
  // A key that only the environment before has, and that is needed here, is in no snapshot of this one.
  const onlyThere = from
    .filter((change) => change.kind === 'missing' && !changed.has(change.key))
    .map(({ key, left }) =>
      row({ key, kind: 'missing' }, { key, kind: 'missing', ...(left ? { left } : {}) }),
    );
  const all = [...rows, ...onlyThere].sort(
    (one, other) => order.indexOf(one.kind) - order.indexOf(other.kind) || one.key.localeCompare(other.key),
  );
  return {
    differing: all.filter((each) => each.kind !== 'same'),
    same: all.filter((each) => each.kind === 'same'),
  };
}

function row(change: EnvKeyChange, from: EnvKeyChange | undefined): EnvRow {
  return {
    key: change.key,
    kind: from?.kind === 'missing' ? 'missing' : change.kind,
    ...(from?.left === undefined ? {} : { from: from.left }),
    ...(change.left === undefined ? {} : { left: change.left }),
    ...(change.right === undefined ? {} : { right: change.right }),
  };
}

export function envHead({ differing, same }: EnvRows): string {
  if (differing.length > 0) return `${differing.length} ${differing.length === 1 ? 'differs' : 'differ'}`;
  return same.length === 0 ? 'none' : 'no change';
}
