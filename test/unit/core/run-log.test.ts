import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Core } from '#main/core/core.ts';
import { createLiveFeed, type LiveFeed } from '#main/core/live.ts';
import type { Ledger } from '#main/core/ports.ts';
import { type LogPage, readLog } from '#main/core/run-log.ts';
import { createClock } from '#main/host/clock.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import { only } from '#test/fakes/only.ts';
import { end, freshLedger, type Scaffold, type TakenRun, take } from '#test/unit/ledger/scaffold.ts';

let world: Scaffold;
let run: TakenRun;
let live: LiveFeed;

beforeEach(() => {
  world = freshLedger();
  run = take(world.ledger, world.workspaceId, {});
  live = createLiveFeed({ ledger: world.ledger, clock: createClock() });
});
afterEach(() => live.dispose());

const write = (ledger: Ledger, ...texts: readonly string[]) =>
  ledger.logs.append(
    run.runId,
    texts.map((text) => ({ at: 1, step: 'build', source: 'x', level: 'out' as const, text })),
  );

function ask(from: number, waitMs: number, signal = new AbortController().signal): Promise<LogPage> {
  const core = { ports: only<Core['ports']>({ ledger: world.ledger }), live };
  return readLog(core, { runId: run.runId, from, limit: 10, waitMs }, signal);
}

const texts = async (page: Promise<LogPage>) => (await page).lines.map(({ text }) => text);
const long = 20_000;

test('what is there is answered at once', async () => {
  expect(await ask(1, 0)).toEqual({ lines: [], total: 0, ended: false });
  write(world.ledger, 'one', 'two');
  expect(await texts(ask(2, long))).toEqual(['two']);
});

test('what is not there is waited for, whoever else wakes it', async () => {
  const asked = texts(ask(1, long));
  live.nudge();
  await new Promise((resolve) => setImmediate(resolve));
  write(world.ledger, 'one');
  live.nudge();
  expect(await asked).toEqual(['one']);
});

test('what another process writes is seen, too', async () => {
  const asked = texts(ask(1, long));
  write(world.another(), 'from elsewhere');
  expect(await asked).toEqual(['from elsewhere']);
});

test('a run that ends is an answer', async () => {
  const asked = ask(1, long);
  world.ledger.runs.append(run.runId, run.token, 2, end());
  live.nudge();
  expect(await asked).toEqual({ lines: [], total: 0, ended: true });
});

test('nothing is the answer when it has waited, when nobody waits any more, and when Gantry ends', async () => {
  const nothing = { lines: [], total: 0, ended: false };
  expect(await ask(1, 30)).toEqual(nothing);
  const left = new AbortController();
  const asked = [ask(1, long, left.signal), ask(1, long)];
  left.abort();
  expect(await asked[0]).toEqual(nothing);
  live.dispose();
  expect(await asked[1]).toEqual(nothing);
  expect(await ask(1, long)).toEqual(nothing);
});

test('a run that there is not is refused', async () => {
  const core = { ports: only<Core['ports']>({ ledger: world.ledger }), live };
  const question = { runId: runIdSchema.parse(99), from: 1, limit: 10, waitMs: long };
  await expect(readLog(core, question, new AbortController().signal)).rejects.toMatchObject({
    code: 'run-unknown',
  });
});
