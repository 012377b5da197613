import type { ImageComparison, ImageContentsDiff } from '#shared/domain/image-contents.ts';
import type { FileChange, PackageChange } from '#shared/domain/image-files.ts';
import type { Style } from '../terminal.ts';
import { type Section, sectionText } from './diff-text.ts';
import { bytes, plain, plural, shortImage } from './format.ts';
import { releaseText } from './plan-text.ts';

const most = 15;

/** What is inside two images, as far as a screen shows it; `--json` has all of it. */
export function contentsText({ left, right, contents }: ImageComparison, style: Style): string {
  const sections: readonly (readonly [string, Section])[] = [
    ['image', imageLines(contents, style)],
    ['layers', layerLines(contents, style)],
    ['packages', packageLines(contents, style)],
    ['files', fileLines(contents, style)],
    ['settings', configLines(contents, style)],
  ];
  return [
    `${style.bold(sideText(left))} → ${style.bold(sideText(right))}`,
    ...(contents.same
      ? sectionText({ title: 'the same image', lines: [] }, style, 'image')
      : sections.flatMap(([label, section]) => sectionText(section, style, label))),
    '',
  ].join('\n');
}

function sideText({ name, release }: ImageComparison['left']): string {
  if (release === undefined) return `${plain(name)} (nothing)`;
  return release.id === name ? releaseText(release) : `${plain(name)} (${releaseText(release)})`;
}

function imageLines({ left, right }: ImageContentsDiff, style: Style): Section {
  const after = `${shortImage(right.imageId)} ${style.dim(bytes(right.size))}`;
  const systems = [left?.system, right.system].filter((system) => system !== undefined);
  const lines = [...new Set(systems)].map((system) => plain(system));
  const base = right.base === undefined ? [] : [`on ${plain(right.base.name)}`];
  if (left === undefined) return { title: after, lines: [...base, ...lines] };
  const grown = right.size - left.size;
  const change = grown === 0 ? 'the same size' : `${grown > 0 ? '+' : ''}${bytes(grown)}`;
  return { title: `${shortImage(left.imageId)} → ${after} (${change})`, lines: [...base, ...lines] };
}

function layerLines({ layers, layersNotRead }: ImageContentsDiff, style: Style): Section {
  const { shared, added, removed, base } = layers;
  const line = (mark: string, { createdBy, content, id }: (typeof added)[number]) =>
    `${mark} ${plain(createdBy ?? shortImage(id))}${content === undefined ? '' : style.dim(` ${bytes(content.bytes)}`)}`;
  const unread =
    layersNotRead > 0
      ? [style.dim(`${plural(layersNotRead, 'shared layer')} not read: it is not on this engine`)]
      : [];
  return {
    title: `${shared} shared (${base.layers} from the bottom up), ${added.length} new, ${removed.length} gone`,
    lines: [
      ...added.map((layer) => line(style.green('+'), layer)),
      ...removed.map((layer) => line(style.red('-'), layer)),
      ...unread,
    ],
  };
}

function packageLines({ packages }: ImageContentsDiff, style: Style): Section {
  const { added, removed, changed, list } = packages;
  if (added + removed + changed === 0) return { title: 'no version changed', lines: [] };
  return {
    title: `${changed} changed, ${added} added, ${removed} removed`,
    lines: cut(list.map((change) => packageLine(change, style))),
  };
}

function packageLine({ manager, name, before, after }: PackageChange, style: Style): string {
  const what = `${plain(name)} ${style.dim(manager)}`;
  if (before === undefined) return `${style.green('+')} ${what} ${plain(after ?? '')}`;
  if (after === undefined) return `${style.red('-')} ${what} ${plain(before)}`;
  return `${style.yellow('~')} ${what} ${plain(before)} → ${plain(after)}`;
}

function fileLines({ files }: ImageContentsDiff, style: Style): Section {
  const { added, removed, changed, list } = files;
  if (added.files + removed.files + changed.files === 0) return { title: 'no file differs', lines: [] };
  const parts = [
    `${changed.files} changed`,
    `${added.files} added (${bytes(added.bytes)})`,
    `${removed.files} removed (${bytes(removed.bytes)})`,
  ];
  return { title: parts.join(', '), lines: cut(list.map((change) => fileLine(change, style))) };
}

function fileLine({ kind, path, before, after, what }: FileChange, style: Style): string {
  switch (kind) {
    case 'added':
      return `${style.green('+')} ${plain(path)} ${style.dim(bytes(after ?? 0))}`;
    case 'removed':
      return `${style.red('-')} ${plain(path)} ${style.dim(bytes(before ?? 0))}`;
    case 'changed': {
      const size = before === after ? '' : ` ${bytes(before ?? 0)} → ${bytes(after ?? 0)}`;
      return `${style.yellow('~')} ${plain(path)}${style.dim(`${size} (${what.join(', ')})`)}`;
    }
  }
}

function configLines({ config }: ImageContentsDiff, style: Style): Section {
  if (config.length === 0) return { title: 'the same', lines: [] };
  return {
    title: plural(config.length, 'setting'),
    lines: config.map(
      ({ path, before, after }) =>
        `${style.yellow('~')} ${plain(path)} ${style.dim(`${plain(before ?? 'not set')} → ${plain(after ?? 'not set')}`)}`,
    ),
  };
}

function cut(lines: readonly string[]): readonly string[] {
  return lines.length <= most
    ? lines
    : [...lines.slice(0, most), `and ${lines.length - most} more; --json lists them`];
}
