import { isUtf8 } from 'node:buffer';

/*
 * File names are bytes, and not always UTF-8. Here they are strings in which a byte that is no UTF-8 stands as the lone
 * surrogate U+DC00 + byte: every name has exactly one such text, and one that is UTF-8 is itself.
 */

/** Of a path in a context, whose own folder is ''. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

export function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterAt(bytes, at);
    text +=
      length === 0 ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0)) : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return text;
}

/** How many bytes the character has that begins here; 0 when there is none. */
function characterAt(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length += 1) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}

export function bytesOf(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts: Buffer[] = [];
  for (const character of text) {
    const code = character.charCodeAt(0);
    const isByte = character.length === 1 && code >= 0xdc00 && code <= 0xdcff;
    parts.push(isByte ? Buffer.from([code - 0xdc00]) : Buffer.from(character));
  }
  return Buffer.concat(parts);
}

/** What node:fs takes for a path. */
export function fsPath(text: string): string | Buffer {
  return text.isWellFormed() ? text : bytesOf(text);
}

/** For people: a byte that is no UTF-8 is shown as `\xff`. */
export function shown(text: string): string {
  return text.replace(
    /\p{Cs}/gu,
    (unit) => `\\x${(unit.charCodeAt(0) - 0xdc00).toString(16).padStart(2, '0')}`,
  );
}
