import type { ImageList, ImagePresence, ListedImage, RollbackChoice } from '#shared/domain/image-list.ts';
import type { Style } from '../terminal.ts';
import { ago, bytes, plain } from './format.ts';
import { releaseText } from './plan-text.ts';
import { table } from './table.ts';

/** Releases as rows; names, places and pins below them. */
export function imagesText({ images, notes }: ImageList, now: number, style: Style): string {
  const [titles = '', ...rows] = table([
    ['RELEASE', 'BUILT', 'SIZE', 'IMAGE', 'RUNS IN', 'WAY BACK OF'].map((title) => style.dim(title)),
    ...images.map((image) => imageRow(image, now, style)),
  ]);
  const body = images.flatMap((image, index) => [
    rows[index] ?? '',
    ...detailLines(image, style).map((line) => `  ${line}`),
  ]);
  const list = images.length === 0 ? ['No releases.'] : [titles, ...body];
  return [...list, ...notes.map((note) => style.yellow(`! ${plain(note)}`)), ''].join('\n');
}

function imageRow({ release, presence, images, runsIn, wayBackOf }: ListedImage, now: number, style: Style) {
  return [
    releaseText(release),
    ago(release.builtAt, now),
    bytes(images.reduce((sum, { size }) => sum + size, 0)),
    presenceText(presence, style),
    runsIn.join(', '),
    wayBackOf.join(', '),
  ];
}

function presenceText(presence: ImagePresence, style: Style): string {
  switch (presence) {
    case 'here':
      return style.green('here');
    case 'in-registry':
      return 'in a registry';
    case 'gone':
      return style.red('gone');
    case 'unknown':
      return style.yellow('unknown');
  }
}

function detailLines({ images, places, pin, adoptedFrom }: ListedImage, style: Style): string[] {
  const cells = images.flatMap(({ cell, names }) =>
    names.length === 0 ? [] : [`${cell === undefined ? '' : `${plain(cell)}: `}${plain(names.join(', '))}`],
  );
  return [
    ...[...cells, ...places.map(({ ref }) => plain(ref))].map((line) => style.dim(line)),
    ...(pin === undefined
      ? []
      : [`pinned by ${plain(pin.by)}${pin.note === undefined ? '' : `: ${plain(pin.note)}`}`]),
    ...(adoptedFrom === undefined ? [] : [`adopted from ${plain(adoptedFrom.ref)}`]),
  ];
}

/** What a rollback may go to, newest first. */
export function choicesText(
  environment: string,
  choices: readonly RollbackChoice[],
  now: number,
  style: Style,
): string {
  if (choices.length === 0) return `Nothing else ran in ${environment} before.\n`;
  const rows = choices.map(({ release, image }) => [
    releaseText(release),
    ago(release.builtAt, now),
    presenceText(image, style),
    image === 'gone' ? style.dim(rebuildText(release.source.commit?.sha)) : '',
  ]);
  return `${table(rows).join('\n')}\n`;
}

function rebuildText(sha: string | undefined): string {
  return sha === undefined ? 'no commit to build it from again' : `gantry build --commit ${sha.slice(0, 7)}`;
}
