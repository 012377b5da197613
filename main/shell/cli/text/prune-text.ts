import { type PrunePreview, stayText } from '#shared/domain/retention.ts';
import type { Style } from '../terminal.ts';
import { bytes, plain, plural, shortImage } from './format.ts';
import { releaseText } from './plan-text.ts';
import { table } from './table.ts';

/** What would go, name by name, and why the rest stays. */
export function pruneText(preview: PrunePreview, style: Style): string {
  const { goes, stays, gone, notes } = preview;
  const stayRows = stays.map(({ release: id, version, why }) => [
    `  ${releaseText({ id, version })}`,
    style.dim(plain(why.map(stayText).join(', '))),
  ]);
  return [
    heading(preview, style),
    ...goes.flatMap((one) => goingLines(one, style)),
    ...(stays.length === 0 ? [] : ['', style.bold('Stays'), ...table(stayRows)]),
    ...(gone === 0
      ? []
      : ['', `Of ${plural(gone, 'older release')} nothing is left to remove; the history keeps them.`]),
    ...notes.map((note) => style.yellow(`! ${plain(note)}`)),
    '',
    '',
  ].join('\n');
}

function heading({ goes, freed }: PrunePreview, style: Style): string {
  if (goes.length === 0) return 'No images may go.';
  const what = style.bold(`Images of ${plural(goes.length, 'release')} may go`);
  if (freed === undefined)
    return `${what}; other names keep them on the engine, so that frees nothing there.`;
  const space = `${freed.isAtLeast ? 'at least ' : ''}${bytes(freed.bytes)}`;
  return `${what}; no other image has ${space} of their layers (the build cache may).`;
}

function goingLines(
  { release: id, version, names, manifests, left }: PrunePreview['goes'][number],
  style: Style,
): string[] {
  return [
    `  ${releaseText({ id, version })}`,
    ...names.map((name) => `    ${style.red('-')} ${plain(name)}`),
    ...manifests.map(({ ref, tags }) => `    ${style.red('-')} ${shortRef(ref)} (${plain(tags.join(', '))})`),
    ...left.map(({ name, why }) => `    ${style.yellow('stays')} ${shortRef(name)}: ${plain(why)}`),
  ];
}

/** Twelve digits of a digest are enough to tell two apart. */
function shortRef(ref: string): string {
  const [name = ref, digest] = ref.split('@');
  return plain(digest === undefined ? name : `${name}@sha256:${shortImage(digest)}…`);
}
