import type { IncomingMessage } from 'node:http';
import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { bodyOf, type Connection } from './connection.ts';

const maxBytes = 16 * 1_048_576;
/** Symbolic links on the way to the file; the engine leaves the last one to its caller. */
const maxLinks = 8;

/**
 * One file of a container, running or not. `undefined` where there is none of this name, where it is no file, and where
 * it is larger than 16 MiB.
 */
export async function collectFile(
  connection: Connection,
  containerId: string,
  path: string,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  let wanted = path;
  for (let links = 0; links <= maxLinks; links += 1) {
    const found = await readEntry(connection, containerId, wanted, signal);
    if (found === undefined || found instanceof Uint8Array) return found;
    wanted = posix.resolve(posix.dirname(wanted), found.link);
  }
  return undefined;
}

type Entry = Uint8Array | { readonly link: string };

async function readEntry(
  connection: Connection,
  containerId: string,
  path: string,
  signal: AbortSignal,
): Promise<Entry | undefined> {
  const answer = await connection.send({
    method: 'GET',
    path: `/containers/${containerId}/archive`,
    query: { path },
    signal,
    // Docker says 500 where a part of the path is no folder, or links lead in a circle.
    accept: [400, 404, 500],
  });
  if (answer.statusCode !== 200) {
    await bodyOf(answer);
    return undefined;
  }
  return firstEntry(answer);
}

/** Of a folder the engine would send all that is in it: the rest of the answer is not read. */
async function firstEntry(answer: IncomingMessage): Promise<Entry | undefined> {
  const archive = extract();
  const piped = pipeline(answer, archive).catch(() => undefined);
  try {
    for await (const entry of archive) {
      const { type, size = 0, linkname } = entry.header;
      if (type === 'symlink' && typeof linkname === 'string') return { link: linkname };
      if (type !== 'file' || size > maxBytes) return undefined;
      const pieces: Uint8Array[] = [];
      for await (const piece of entry) {
        if (piece instanceof Uint8Array) pieces.push(piece);
      }
      return Buffer.concat(pieces);
    }
    return undefined;
  } finally {
    answer.destroy();
    await piped;
  }
}
