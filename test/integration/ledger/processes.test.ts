import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { runIdSchema } from '#shared/domain/ids.ts';
import { foldRun, toSummary } from '#shared/domain/run-reducer.ts';
import { dev, freshLedger, open, refusal, take, temporaryFolder } from '#test/unit/ledger/scaffold.ts';
import { crewOf } from './crew.ts';

const first = runIdSchema.parse(1);

describe('several processes', () => {
  it('make one ledger together when they start at once', async () => {
    const path = join(temporaryFolder(), 'ledger.db');
    const crew = await crewOf(6);
    expect(await Promise.all(crew.map((worker) => worker.ask({ kind: 'open', path })))).toEqual(
      crew.map(() => 4),
    );
    expect(open(path).check()).toEqual([]);
  }, 30_000);

  it('asking 50 times for one environment get it once', async () => {
    const { ledger, path, workspaceId } = freshLedger();
    const crew = await crewOf(10);
    await Promise.all(crew.map((worker) => worker.ask({ kind: 'open', path })));
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const answers = (
      await Promise.all(
        crew.map((worker, turn) => {
          const requestIds = ids.map((_, index) => ids[(index + turn) % ids.length]);
          return worker.ask({ kind: 'request', workspaceId, requestIds });
        }),
      )
    ).flat() as readonly { readonly requestId: string; readonly kind: string }[];
    const count = (kind: string) => answers.filter((answer) => answer.kind === kind).length;
    expect({ taken: count('taken'), repeated: count('repeated'), busy: count('busy') }).toEqual({
      taken: 1,
      repeated: 9,
      busy: 40,
    });
    const winner = answers.find(({ kind }) => kind === 'taken')?.requestId;
    expect(
      new Set(answers.filter(({ kind }) => kind === 'repeated').map(({ requestId }) => requestId)),
    ).toEqual(new Set([winner]));
    expect(ledger.runs.unfinished()).toEqual([first]);
    expect(ledger.events.lastSeq()).toBe(1);
  }, 30_000);

  it('writing one log together lose and mix no line', async () => {
    const { ledger, path, workspaceId } = freshLedger();
    const { runId } = take(ledger, workspaceId, { environment: dev });
    const crew = await crewOf(3);
    await Promise.all(crew.map((worker) => worker.ask({ kind: 'open', path })));
    await Promise.all(
      crew.map((worker, turn) => worker.ask({ kind: 'log', runId, lines: 300, as: `w${turn}` })),
    );
    const lines = ledger.logs.read(runId, 1, 2000);
    expect(lines.map(({ n }) => n)).toEqual(Array.from({ length: 900 }, (_, index) => index + 1));
    for (const turn of [0, 1, 2]) {
      const own = lines.map(({ text }) => text).filter((text) => text.startsWith(`w${turn} `));
      expect(own).toEqual(Array.from({ length: 300 }, (_, index) => `w${turn} ${index + 1}`));
    }
  }, 30_000);
});

describe('a killed owner', () => {
  it('is succeeded by exactly one of those who try, and shut out if it were to come back', async () => {
    const { ledger, path, workspaceId } = freshLedger();
    const [holder, ...heirs] = await crewOf(7);
    if (holder === undefined) throw new Error('no holder');
    await Promise.all([holder, ...heirs].map((worker) => worker.ask({ kind: 'open', path })));
    await holder.ask({ kind: 'request', workspaceId, requestIds: ['mine'] });
    const tooEarly = await Promise.all(heirs.map((heir) => heir.ask({ kind: 'take-over', runId: first })));
    expect(tooEarly).toEqual(heirs.map(() => null));

    await holder.kill();
    const late = await heirs[0]?.ask({ kind: 'request', workspaceId, requestIds: ['late'] });
    expect(late).toMatchObject([{ kind: 'abandoned', runId: 1 }]);
    const tokens = await Promise.all(heirs.map((heir) => heir.ask({ kind: 'take-over', runId: first })));
    expect(tokens.filter((token) => token !== null)).toEqual([2]);

    const winner = heirs[tokens.indexOf(2)];
    expect(await winner?.ask({ kind: 'append', runId: first, token: 2 })).toBe(2);
    expect(await winner?.ask({ kind: 'append', runId: first, token: 1 })).toMatchObject({
      error: { code: 'environment-busy' },
    });
    expect(ledger.leases.get(workspaceId, dev)).toMatchObject({
      token: 2,
      owner: { pid: winner?.process.pid },
    });
  }, 30_000);

  it('loses nothing that it was told is written', async () => {
    const { ledger, path, workspaceId } = freshLedger();
    const [worker] = await crewOf(1);
    if (worker === undefined) throw new Error('no worker');
    await worker.ask({ kind: 'open', path });
    await worker.ask({ kind: 'request', workspaceId, requestIds: ['mine'] });
    let last = await worker.ask({ kind: 'append-for-ever', runId: first, token: 1 });
    for (let heard = 0; heard < 200; heard += 1) last = await worker.hear();
    await worker.kill();
    ledger.close();

    const after = open(path);
    const events = after.runs.events(first);
    expect(events.length).toBeGreaterThanOrEqual(Number(last));
    expect(events.map(({ n }) => n)).toEqual(events.map((_, index) => index + 1));
    const view = foldRun(events);
    expect(after.runs.get(first)).toEqual(view && toSummary(view));
    expect(after.check()).toEqual([]);
  }, 30_000);
});

describe('a ledger that another process is writing', () => {
  it('is busy when that takes too long, and reads all the while', () => {
    const { ledger, path, workspaceId } = freshLedger();
    const { runId, token } = take(ledger, workspaceId, { environment: dev });
    const impatient = open(path, 50);
    const writer = new Database(path);
    writer.exec('BEGIN IMMEDIATE');
    const { code, hint } = refusal(() =>
      impatient.runs.append(runId, token, 2, { kind: 'step-started', step: 'up' }),
    );
    expect(code).toBe('ledger-busy');
    expect(hint).toContain('Try again');
    expect(impatient.runs.get(runId)?.state).toBe('running');
    expect(open(path, 50).runs.events(runId)).toHaveLength(1);
    writer.exec('ROLLBACK');
    writer.close();
    expect(impatient.runs.append(runId, token, 3, { kind: 'step-started', step: 'up' }).n).toBe(2);
  });
});
