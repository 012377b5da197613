import { isUtf8 } from 'node:buffer';

/*
 * Names are bytes, and not always UTF-8. Inside the watching thread a path is a string in which each character is one
 * byte (Latin-1), so that no name is lost or met by another.
 */

export const fromText = (path: string): string => Buffer.from(path).toString('latin1');

export const toBytes = (path: string): Buffer => Buffer.from(path, 'latin1');

/** As everybody else writes it: of a name that is not UTF-8, the nearest folder above whose name is. */
export function toText(path: string): string {
  if (isAscii.test(path)) return path;
  const bytes = toBytes(path);
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return toText(path.slice(0, path.lastIndexOf('/')));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: every path of ASCII, whatever is in it.
const isAscii = /^[\x00-\x7f]*$/;
