import { deflateSync, inflateSync } from 'node:zlib';
import * as z from 'zod';
import type { Ledger } from '#main/core/ports/ledger.ts';
import type { RunId } from '#shared/domain/ids.ts';
import { type LogLine, logLineSchema } from '#shared/domain/run-events.ts';
import type { Connection } from './connection.ts';
import { jsonOf } from './rows.ts';

/*
 * Each append is stored at once as a small plain chunk, so that a crash loses nothing and other processes read it right
 * away. When the plain chunks at the end and what is appended are many or large, they are joined with the compressed
 * chunk before them while that is small. A line is thus compressed a few times at most, and a read opens only the
 * chunks it needs.
 */

/** Bytes of a chunk before compression, at most, but for a line that is longer. From half of it a chunk is left alone. */
const fullChunk = 64 * 1024;
/** Plain chunks at the end from which they are joined. */
const manyChunks = 32;

type NewLine = Omit<LogLine, 'n'>;

export function createLogs(connection: Connection): Ledger['logs'] {
  return {
    append: (runId, lines) => {
      if (lines.length > 0) connection.writeSoon(() => append(connection, runId, lines));
    },
    read: (runId, from, limit) => connection.read(() => readLines(connection, runId, from, limit)),
    count: (runId) => connection.read(() => count(connection, runId)),
  };
}

const chunkSchema = z.object({
  firstN: z.number(),
  count: z.number(),
  bytes: z.number(),
  codec: z.enum(['plain', 'deflate']),
});
type Chunk = z.infer<typeof chunkSchema>;
/** Bytes as they are before compression. */
type Extent = Omit<Chunk, 'codec'>;
/** Has not been written yet. */
type FreshChunk = Extent & { readonly raw: Buffer };
type Piece = Chunk | FreshChunk;
const chunkColumns = 'first_n AS firstN, count, bytes, codec';

function count({ sql }: Connection, runId: RunId): number {
  const last = sql('SELECT first_n + count - 1 FROM log_chunks WHERE run = ? ORDER BY first_n DESC LIMIT 1')
    .pluck()
    .get(runId);
  return last === undefined ? 0 : z.number().parse(last);
}

function append(connection: Connection, runId: RunId, lines: readonly NewLine[]): void {
  const tail = readTail(connection, runId);
  const last = tail.at(-1);
  const fresh = inChunks(encodeLines(lines), last === undefined ? 1 : last.firstN + last.count);
  const plain: readonly Piece[] = [...tail.filter(({ codec }) => codec === 'plain'), ...fresh];
  if (plain.length < manyChunks && bytesOf(plain) < fullChunk) {
    for (const chunk of fresh) insertChunk(connection, runId, chunk, 'plain', chunk.raw);
    return;
  }
  const roomy = tail.filter(({ codec, bytes: size }) => codec === 'deflate' && size < fullChunk / 2);
  compress(connection, runId, [...roomy, ...plain]);
}

function inChunks(texts: readonly string[], from: number): readonly FreshChunk[] {
  const chunks: string[][] = [];
  let room = 0;
  for (const text of texts) {
    const size = Buffer.byteLength(text) + 1;
    const last = chunks.at(-1);
    if (last === undefined || size > room) {
      chunks.push([text]);
      room = fullChunk - size;
    } else {
      last.push(text);
      room -= size;
    }
  }
  let firstN = from;
  return chunks.map((chunk) => {
    const raw = Buffer.from(chunk.join('\n'));
    const described = { firstN, count: chunk.length, bytes: raw.byteLength, raw };
    firstN += chunk.length;
    return described;
  });
}

/** The plain chunks at the end, and the compressed one before them. */
function readTail(connection: Connection, runId: RunId): readonly Chunk[] {
  return connection
    .sql(
      `SELECT ${chunkColumns} FROM log_chunks WHERE run = @runId AND first_n >= coalesce(
         (SELECT first_n FROM log_chunks WHERE run = @runId AND codec = 'deflate' ORDER BY first_n DESC LIMIT 1), 1)
       ORDER BY first_n`,
    )
    .all({ runId })
    .map((row) => chunkSchema.parse(row));
}

/** Whole chunks are put together as they are: to take their lines apart would cost more than to compress them. */
function compress(connection: Connection, runId: RunId, pieces: readonly Piece[]): void {
  const groups = grouped(pieces);
  for (const [index, group] of groups.entries()) {
    const [first, last] = [group[0], group.at(-1)];
    if (first === undefined || last === undefined) continue;
    const isRest = groups.length > 1 && index === groups.length - 1;
    // What is small will grow; what is compressed already is as it should be.
    if (isRest && bytesOf(group) < fullChunk / 2) {
      for (const piece of group)
        if ('raw' in piece) insertChunk(connection, runId, piece, 'plain', piece.raw);
      continue;
    }
    if (group.length === 1 && 'codec' in first && first.codec === 'deflate') continue;
    const raw = joined(group.map((piece) => ('raw' in piece ? piece.raw : rawOf(connection, runId, piece))));
    connection
      .sql('DELETE FROM log_chunks WHERE run = ? AND first_n BETWEEN ? AND ?')
      .run(runId, first.firstN, last.firstN);
    const count = group.reduce((sum, piece) => sum + piece.count, 0);
    insertChunk(connection, runId, { firstN: first.firstN, count, bytes: raw.byteLength }, 'deflate', raw);
  }
}

function grouped(pieces: readonly Piece[]): readonly (readonly Piece[])[] {
  const groups: Piece[][] = [];
  for (const piece of pieces) {
    const last = groups.at(-1);
    if (last === undefined || bytesOf(last) + piece.bytes > fullChunk) groups.push([piece]);
    else last.push(piece);
  }
  return groups;
}

function bytesOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { bytes }) => sum + bytes, 0);
}

const lineBreak = Buffer.from('\n');

function joined(raws: readonly Uint8Array[]): Buffer {
  return Buffer.concat(raws.flatMap((raw, index) => (index === 0 ? [raw] : [lineBreak, raw])));
}

function insertChunk(
  { sql }: Connection,
  runId: RunId,
  { firstN, count, bytes }: Extent,
  codec: Chunk['codec'],
  raw: Buffer,
): void {
  sql('INSERT INTO log_chunks (run, first_n, count, bytes, codec, data) VALUES (?, ?, ?, ?, ?, ?)').run(
    runId,
    firstN,
    count,
    bytes,
    codec,
    codec === 'plain' ? raw : deflateSync(raw),
  );
}

function readLines(connection: Connection, runId: RunId, from: number, limit: number): readonly LogLine[] {
  const first = Math.max(1, from);
  const end = first + limit;
  return connection
    .sql(
      `SELECT ${chunkColumns} FROM log_chunks WHERE run = @runId AND first_n < @end AND first_n >= coalesce(
         (SELECT first_n FROM log_chunks WHERE run = @runId AND first_n <= @first ORDER BY first_n DESC LIMIT 1), 1)
       ORDER BY first_n`,
    )
    .all({ runId, first, end })
    .map((row) => chunkSchema.parse(row))
    .flatMap((chunk) => linesOf(connection, runId, chunk, first, end));
}

function linesOf(
  connection: Connection,
  runId: RunId,
  chunk: Chunk,
  first: number,
  end: number,
): readonly LogLine[] {
  const skip = Math.max(0, first - chunk.firstN);
  const wanted = textsOf(connection, runId, chunk).slice(skip, Math.max(0, end - chunk.firstN));
  return decodeLines(wanted, chunk.firstN + skip);
}

function textsOf(connection: Connection, runId: RunId, chunk: Chunk): readonly string[] {
  return Buffer.from(rawOf(connection, runId, chunk))
    .toString('utf8')
    .split('\n');
}

function rawOf({ sql }: Connection, runId: RunId, { firstN, codec }: Chunk): Uint8Array {
  const data = z
    .instanceof(Uint8Array)
    .parse(sql('SELECT data FROM log_chunks WHERE run = ? AND first_n = ?').pluck().get(runId, firstN));
  return codec === 'plain' ? data : inflateSync(data);
}

const encodedLinesSchema = jsonOf(
  z.array(
    z.tuple([
      logLineSchema.shape.at,
      logLineSchema.shape.step,
      logLineSchema.shape.source,
      logLineSchema.shape.level,
      logLineSchema.shape.text,
    ]),
  ),
);

/** An array for each line. JSON has no raw line break, so a break separates lines. */
function encodeLines(lines: readonly NewLine[]): readonly string[] {
  let last: NewLine | undefined;
  let head = '';
  return lines.map((line) => {
    const { at, step, source, level, text } = line;
    // Lines that came in one breath differ in their text alone.
    if (at !== last?.at || step !== last.step || source !== last.source || level !== last.level)
      head = JSON.stringify([at, step, source, level]).slice(0, -1);
    last = line;
    return `${head},${JSON.stringify(text)}]`;
  });
}

/** All at once: there may be a hundred thousand of them. */
function decodeLines(encoded: readonly string[], firstN: number): readonly LogLine[] {
  return encodedLinesSchema
    .parse(`[${encoded.join(',')}]`)
    .map(([at, step, source, level, text], index) => ({ n: firstN + index, at, step, source, level, text }));
}
