import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Connection, createConnection } from '#main/ledger/connection.ts';
import { createLogs } from '#main/ledger/logs.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { LogLine } from '#shared/domain/run-events.ts';
import { dev, freshLedger, prod, quickFolder, refusal, type Scaffold, take } from './scaffold.ts';

type NewLine = Omit<LogLine, 'n'>;

const line = (text: string): NewLine => ({ at: 1, step: 'up', source: 'web', level: 'out', text });
/** About a tenth of a full chunk, and hard to compress. */
const longText = (seed: number) =>
  Array.from({ length: 900 }, (_, index) =>
    Math.sin(seed + index)
      .toString(36)
      .slice(2, 9),
  ).join('');

const chunkSchema = z.object({
  id: z.number(),
  first: z.number(),
  count: z.number(),
  bytes: z.number(),
  codec: z.string(),
});

function chunksOf({ path }: Scaffold, runId: RunId): readonly z.infer<typeof chunkSchema>[] {
  const db = new Database(path, { readonly: true });
  const chunks = db
    .prepare(
      'SELECT id, first_n AS first, count, bytes, codec FROM log_chunks WHERE run = ? ORDER BY first_n',
    )
    .all(runId);
  db.close();
  return chunks.map((chunk) => chunkSchema.parse(chunk));
}

const anyLine: fc.Arbitrary<NewLine> = fc.record({
  at: fc.nat(),
  step: fc.constantFrom('up', 'health'),
  source: fc.constantFrom('gantry', 'web'),
  level: fc.constantFrom('out', 'err', 'note'),
  text: fc.oneof(
    { weight: 8, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
    { weight: 1, arbitrary: fc.nat().map(longText) },
  ),
});

describe('a log', () => {
  it('gives back what was appended, by any pieces, from any line', () => {
    const { ledger, another } = freshLedger(quickFolder());
    const ledgers = [ledger, another()] as const;
    const pieces = fc.array(fc.array(anyLine, { maxLength: 12 }), { maxLength: 60, size: 'max' });
    let environment = 0;
    fc.assert(
      fc.property(pieces, fc.nat({ max: 80 }), fc.nat({ max: 80 }), (appends, from, limit) => {
        environment += 1;
        const second = ledger.workspaces.opened(`/nowhere/${environment}`, 'w', 1);
        const { runId } = take(ledger, second, { environment: dev });
        for (const [index, lines] of appends.entries())
          ledgers[index % 2 === 0 ? 0 : 1].logs.append(runId, lines);
        const all = appends.flat().map((one, index) => ({ n: index + 1, ...one }));
        expect(ledger.logs.count(runId)).toBe(all.length);
        expect(ledger.logs.read(runId, 1, all.length)).toEqual(all);
        const wanted = all.filter(({ n }) => n >= from && n < Math.max(1, from) + limit);
        expect(ledger.logs.read(runId, from, limit)).toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  });

  it('is read by another process as soon as it is written', () => {
    const { ledger, workspaceId, another } = freshLedger(quickFolder());
    const { runId } = take(ledger, workspaceId, { environment: dev });
    const other = another();
    ledger.logs.append(runId, [line('one')]);
    expect(other.logs.read(runId, 1, 10)).toEqual([{ n: 1, ...line('one') }]);
    expect(other.logs.count(runId)).toBe(1);
  });

  it('does not make a chunk of every call', () => {
    const scaffold = freshLedger(quickFolder());
    const { runId } = take(scaffold.ledger, scaffold.workspaceId, { environment: dev });
    for (let index = 0; index < 2000; index += 1) scaffold.ledger.logs.append(runId, [line(`line ${index}`)]);
    const chunks = chunksOf(scaffold, runId);
    expect(chunks.length).toBeLessThan(40);
    expect(chunks[0]).toMatchObject({ first: 1, codec: 'deflate' });
    expect(scaffold.ledger.logs.count(runId)).toBe(2000);
  });

  it('cuts one large append into chunks of their size, but no line', () => {
    const scaffold = freshLedger(quickFolder());
    const { runId } = take(scaffold.ledger, scaffold.workspaceId, { environment: dev });
    const lines = [...Array(40).keys()].map((seed) => line(longText(seed)));
    scaffold.ledger.logs.append(runId, [...lines, line('x'.repeat(200_000))]);
    for (const { count, bytes } of chunksOf(scaffold, runId)) {
      expect(count === 1 || bytes <= 64 * 1024).toBe(true);
    }
    expect(scaffold.ledger.logs.read(runId, 41, 1)[0]?.text).toHaveLength(200_000);
  });

  it('is compressed as it grows, and what is half full is not touched again', () => {
    const scaffold = freshLedger(quickFolder());
    const { runId } = take(scaffold.ledger, scaffold.workspaceId, { environment: dev });
    const grow = (from: number) => {
      for (let seed = from; seed < from + 64; seed += 1)
        scaffold.ledger.logs.append(runId, [line(longText(seed).slice(0, 1200))]);
      return chunksOf(scaffold, runId);
    };
    const before = grow(0);
    expect(before.map(({ codec, bytes }) => [codec, bytes > 32 * 1024])).toEqual([
      ['deflate', true],
      ['deflate', true],
    ]);
    expect(grow(64).slice(0, 2)).toEqual(before);
  });

  it('of one huge append is compressed too', () => {
    const scaffold = freshLedger(quickFolder());
    const { runId } = take(scaffold.ledger, scaffold.workspaceId, { environment: dev });
    scaffold.ledger.logs.append(
      runId,
      [...Array(900).keys()].map((seed) => line(longText(seed))),
    );
    expect(new Set(chunksOf(scaffold, runId).map(({ codec }) => codec))).toEqual(new Set(['deflate']));
  });

  it('opens only the chunks that it needs', () => {
    const scaffold = freshLedger(quickFolder());
    const { ledger, path, workspaceId } = scaffold;
    const { runId } = take(ledger, workspaceId, { environment: dev });
    ledger.logs.append(
      runId,
      [...Array(100).keys()].map((seed) => line(longText(seed))),
    );
    const { connection, opened, close } = watched(path);
    const logs = createLogs(connection);
    const startOfSecond = chunksOf(scaffold, runId)[1]?.first ?? 0;
    expect(logs.read(runId, startOfSecond, 1)[0]?.n).toBe(startOfSecond);
    expect(opened()).toBe(1);
    expect(logs.read(runId, 50, 1)[0]?.text).toBe(longText(49));
    expect(opened()).toBe(1);
    logs.read(runId, 95, 100);
    expect(opened()).toBeLessThanOrEqual(3);
    close();
  });

  it('of one run is not that of another', () => {
    const { ledger, workspaceId } = freshLedger(quickFolder());
    const one = take(ledger, workspaceId, { environment: dev }).runId;
    const two = take(ledger, workspaceId, { environment: prod }).runId;
    ledger.logs.append(one, [line('one')]);
    ledger.logs.append(two, [line('two')]);
    ledger.logs.append(two, []);
    expect(ledger.logs.read(two, 1, 9).map(({ text }) => text)).toEqual(['two']);
    expect(ledger.logs.count(one)).toBe(1);
  });

  it('with spoiled bytes says that the ledger is corrupt', () => {
    const { ledger, path, workspaceId } = freshLedger(quickFolder());
    const { runId } = take(ledger, workspaceId, { environment: dev });
    ledger.logs.append(
      runId,
      [...Array(30).keys()].map((seed) => line(longText(seed))),
    );
    const db = new Database(path);
    db.prepare("UPDATE log_chunks SET data = x'00112233'").run();
    db.close();
    expect(refusal(() => ledger.logs.read(runId, 1, 1)).code).toBe('ledger-corrupt');
  });
});

/** A connection that counts how many chunks are opened. */
function watched(path: string): { connection: Connection; opened: () => number; close: () => void } {
  let count = 0;
  const db = new Database(path);
  const real = createConnection(db, path, () => 0, 100);
  const sql: Connection['sql'] = (text) => {
    if (text.startsWith('SELECT data')) count += 1;
    return real.sql(text);
  };
  const opened = () => {
    const soFar = count;
    count = 0;
    return soFar;
  };
  return { connection: { ...real, sql }, opened, close: () => db.close() };
}
