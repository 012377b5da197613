import { stripVTControlCharacters } from 'node:util';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** `0.4 s`, `12 s`, `2 m 05 s`, `1 h 02 m` */
export function duration(ms: number): string {
  const time = Math.max(0, ms);
  if (time < 10 * second) return `${(Math.floor(time / 100) / 10).toFixed(1)} s`;
  if (time < minute) return `${Math.floor(time / second)} s`;
  if (time < hour) return `${Math.floor(time / minute)} m ${pad2(Math.floor((time % minute) / second))} s`;
  return `${Math.floor(time / hour)} h ${pad2(Math.floor((time % hour) / minute))} m`;
}

/** How long ago, in the largest unit that fits. */
export function ago(at: number, now: number): string {
  const time = now - at;
  if (time < 10 * second) return 'just now';
  if (time < minute) return `${Math.floor(time / second)} s ago`;
  if (time < hour) return `${Math.floor(time / minute)} min ago`;
  if (time < day) return `${Math.floor(time / hour)} h ago`;
  if (time < 30 * day) return `${plural(Math.floor(time / day), 'day')} ago`;
  return new Date(at).toISOString().slice(0, 10);
}

/** Decimal units, as `docker images` counts. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = Math.abs(count);
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${count < 0 ? '-' : ''}${value.toFixed(digits)} ${units[unit]}`;
}

export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}

/** Twelve digits, as `docker images` prints ids. */
export function shortImage(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

export function shortSha(sha: string): string {
  return sha.slice(0, 7);
}

/**
 * What a repository, an engine or a target wrote, made harmless: escape sequences could repaint the screen or set the
 * title, and line breaks would break the layout.
 */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes.
  return stripVTControlCharacters(text).replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** The same for a text whose lines are meant. */
export function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

// Scripts and symbols that terminals draw two columns wide (Unicode TR11: W and F, without the rare blocks).
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Made when a text first needs it: it takes longer to make than the rest of a start. */
let segmenter: Intl.Segmenter | undefined;
function graphemes(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/** In columns; colours count for nothing. */
export function width(text: string): number {
  const bare = stripVTControlCharacters(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII.
  if (/^[\u0000-\u007f]*$/.test(bare)) return bare.length;
  let columns = 0;
  for (const { segment } of graphemes(bare)) columns += wide.test(segment) ? 2 : 1;
  return columns;
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins a colour sequence.
const colourSequence = /(\u001b\[[\d;]*m)/;

/** Cuts to at most that many columns; colour sequences stay, so that the last one still ends the colour. */
export function clip(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = '';
  let used = 0;
  let isFull = false;
  for (const part of text.split(colourSequence)) {
    if (colourSequence.test(part)) {
      kept += part;
      continue;
    }
    for (const { segment } of graphemes(part)) {
      used += wide.test(segment) ? 2 : 1;
      if (!isFull && used > columns - 1) kept += '…';
      isFull ||= used > columns - 1;
      if (!isFull) kept += segment;
    }
  }
  return columns < 1 ? '' : kept;
}

function pad2(value: number): string {
  return String(value).padStart(2, '0');
}
