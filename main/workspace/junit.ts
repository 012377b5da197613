import { setImmediate as nextTurn } from 'node:timers/promises';
import { SaxesParser } from 'saxes';
import type { JunitReport, Unreadable } from '#main/core/ports/workspace.ts';
import { createJunitReader } from './junit-elements.ts';

/** Parsed in one go; the process that does it may be serving a window. */
const chunkBytes = 65_536;

/** What XML does not allow, but programs write into their output all the same. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this replaces.
const notXml = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/**
 * JUnit XML as the many programs write it that call it so. Entities are never expanded: a document that defines its own
 * is refused.
 */
export async function readJunit(bytes: Uint8Array): Promise<JunitReport | Unreadable> {
  const reader = createJunitReader();
  const parser = new SaxesParser();
  parser.on('opentag', ({ name, attributes }) => reader.open(name, attributes));
  parser.on('text', reader.text);
  parser.on('cdata', reader.text);
  parser.on('closetag', reader.close);
  try {
    const decoder = new TextDecoder(encodingOf(bytes), { fatal: true });
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const text = decoder.decode(bytes.subarray(at, at + chunkBytes), { stream: true });
      parser.write(text.replace(notXml, '\ufffd'));
      await nextTurn();
    }
    parser.write(decoder.decode()).close();
    return reader.report();
  } catch (error) {
    return { kind: 'unreadable', why: `is no JUnit XML: ${reasonOf(error)}` };
  }
}

/** Of the byte order mark, of the declaration, or UTF-8. */
function encodingOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  const start = Buffer.from(bytes.subarray(0, 256)).toString('latin1');
  return /^(?:\xef\xbb\xbf)?<\?xml[^>]*\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(start)?.[1] ?? 'utf-8';
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return 'it is not in the encoding that it names, or not UTF-8';
  if (code === 'ERR_ENCODING_NOT_SUPPORTED') return 'it names an encoding that Gantry does not know';
  // saxes begins with line and column, and quotes what is in the file.
  return (error instanceof Error ? error.message : String(error))
    .replace(/\s+/g, ' ')
    .replace(/\.$/, '')
    .slice(0, 200);
}
