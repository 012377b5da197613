import { isUtf8 } from 'node:buffer';

/**
 * A name out of an archive as text. Names are bytes: those that are no UTF-8 become lone surrogates (0x80 is U+DC80),
 * so that different names stay different.
 */
export function decodeName(bytes: Buffer): string {
  const latin = bytes.toString('latin1');
  if (!beyondAscii.test(latin)) return latin;
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return latin.replace(everyBeyondAscii, (byte) => String.fromCharCode(0xdc00 + byte.charCodeAt(0)));
}

const beyondAscii = /[\x80-\xff]/;
const everyBeyondAscii = /[\x80-\xff]/g;

/** Linux's PATH_MAX. */
const longestName = 4096;

/**
 * The place in the image that a name in an archive means: no slash at either end, '' for the top. `undefined` when it
 * leads out of the image or is too long for any system: engines refuse to unpack both.
 */
export function placeOf(name: string): string | undefined {
  if (name.length > longestName) return undefined;
  const trimmed = name.endsWith('/') ? name.slice(0, -1) : name;
  if (!oddParts.test(trimmed)) return trimmed;
  const parts: string[] = [];
  for (const part of trimmed.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** An empty part, `.` or `..`. */
const oddParts = /(?:^|\/)\.{0,2}(?:\/|$)/;

export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}
