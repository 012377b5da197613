import { deflateSync, inflateSync } from 'node:zlib';
import * as z from 'zod';
import type { Ledger } from '#main/core/ports/ledger.ts';
import type { RunId } from '#shared/domain/ids.ts';
import { type LogLine, logLineSchema } from '#shared/domain/run-events.ts';
import type { Connection } from './connection.ts';
import { jsonOf } from './rows.ts';

/*
 * Each append is stored at once as a small plain chunk, so that a crash loses nothing and other processes read it right
 * away. When the plain chunks at the end are many or large, they are joined with the compressed chunk before them while
 * that is small. A line is thus compressed a few times at most, and a read opens only the chunks it needs.
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
const chunkColumns = 'first_n AS firstN, count, bytes, codec';

function count({ sql }: Connection, runId: RunId): number {
  const last = sql('SELECT first_n + count - 1 FROM log_chunks WHERE run = ? ORDER BY first_n DESC LIMIT 1')
    .pluck()
    .get(runId);
  return last === undefined ? 0 : z.number().parse(last);
}

function append(connection: Connection, runId: RunId, lines: readonly NewLine[]): void {
  let next = count(connection, runId) + 1;
  for (const texts of inChunks(lines.map(encodeLine))) {
    insertChunk(connection, runId, next, texts.length, Buffer.from(texts.join('\n')), 'plain');
    next += texts.length;
  }
  joinTail(connection, runId);
}

function inChunks(texts: readonly string[]): readonly (readonly string[])[] {
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
  return chunks;
}

/** Joins the plain chunks at the end, and the compressed one before them while it is small, into compressed ones. */
function joinTail(connection: Connection, runId: RunId): void {
  const tail = connection
    .sql(
      `SELECT ${chunkColumns} FROM log_chunks WHERE run = @runId AND first_n >= coalesce(
         (SELECT first_n FROM log_chunks WHERE run = @runId AND codec = 'deflate' ORDER BY first_n DESC LIMIT 1), 1)
       ORDER BY first_n`,
    )
    .all({ runId })
    .map((row) => chunkSchema.parse(row));
  const plain = tail.filter(({ codec }) => codec === 'plain');
  if (plain.length < manyChunks && bytesOf(plain) < fullChunk) return;
  const roomy = tail.filter(({ codec, bytes: size }) => codec === 'deflate' && size < fullChunk / 2);
  compress(connection, runId, [...roomy, ...plain]);
}

/** Whole chunks are put together as they are: to take their lines apart would cost more than to compress them. */
function compress(connection: Connection, runId: RunId, chunks: readonly Chunk[]): void {
  const groups = grouped(chunks);
  for (const [index, group] of groups.entries()) {
    const [first, last] = [group[0], group.at(-1)];
    if (first === undefined || last === undefined) continue;
    const isRest = groups.length > 1 && index === groups.length - 1;
    // What is small will grow; what is compressed already is as it should be.
    if (isRest && bytesOf(group) < fullChunk / 2) continue;
    if (group.length === 1 && first.codec === 'deflate') continue;
    const raws = group.map((chunk) => rawOf(connection, runId, chunk));
    connection
      .sql('DELETE FROM log_chunks WHERE run = ? AND first_n BETWEEN ? AND ?')
      .run(runId, first.firstN, last.firstN);
    const lines = group.reduce((sum, { count }) => sum + count, 0);
    insertChunk(connection, runId, first.firstN, lines, joined(raws), 'deflate');
  }
}

function grouped(chunks: readonly Chunk[]): readonly (readonly Chunk[])[] {
  const groups: Chunk[][] = [];
  for (const chunk of chunks) {
    const last = groups.at(-1);
    if (last === undefined || bytesOf(last) + chunk.bytes > fullChunk) groups.push([chunk]);
    else last.push(chunk);
  }
  return groups;
}

function bytesOf(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { bytes }) => sum + bytes, 0);
}

const lineBreak = Buffer.from('\n');

function joined(raws: readonly Uint8Array[]): Buffer {
  return Buffer.concat(raws.flatMap((raw, index) => (index === 0 ? [raw] : [lineBreak, raw])));
}

function insertChunk(
  { sql }: Connection,
  runId: RunId,
  firstN: number,
  lines: number,
  raw: Buffer,
  codec: Chunk['codec'],
): void {
  sql('INSERT INTO log_chunks (run, first_n, count, bytes, codec, data) VALUES (?, ?, ?, ?, ?, ?)').run(
    runId,
    firstN,
    lines,
    raw.byteLength,
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
  return textsOf(connection, runId, chunk)
    .slice(skip, Math.max(0, end - chunk.firstN))
    .map((text, index) => decodeLine(text, chunk.firstN + skip + index));
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

const encodedLineSchema = jsonOf(
  z.tuple([
    logLineSchema.shape.at,
    logLineSchema.shape.step,
    logLineSchema.shape.source,
    logLineSchema.shape.level,
    logLineSchema.shape.text,
  ]),
);

/** JSON has no raw line break, so a break separates lines. */
function encodeLine({ at, step, source, level, text }: NewLine): string {
  return JSON.stringify([at, step, source, level, text]);
}

function decodeLine(encoded: string, n: number): LogLine {
  const [at, step, source, level, text] = encodedLineSchema.parse(encoded);
  return { n, at, step, source, level, text };
}
