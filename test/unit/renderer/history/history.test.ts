import { describe, expect, test } from 'vitest';
import { goingBack } from '#renderer/features/history/going-back.ts';
import { filterOf } from '#renderer/features/history/history-query.ts';
import {
  fits,
  heightOf,
  matches,
  neighbour,
  toRows,
  withRecent,
} from '#renderer/features/history/history-rows.ts';
import type { ImagePresence } from '#shared/domain/image-list.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { runSummarySchema } from '#shared/domain/run.ts';
import { boardInput, chatbot, releases, rows } from '#test/fakes/renderer/chatbot.ts';
import { fakeReleases } from '#test/fakes/renderer/releases.ts';

const at = (text: string): number => new Date(text).getTime();
const run = (id: number, changes: object = {}): RunSummary =>
  runSummarySchema.parse({ ...rows[1], id, startedAt: at('2026-03-12T10:00'), ...changes });

describe('the list', () => {
  test('runs stand under the day on which they began', () => {
    const shown = toRows([
      run(5, { startedAt: at('2026-03-12T00:01') }),
      run(4, { startedAt: at('2026-03-11T23:59'), endedAt: at('2026-03-12T00:02') }),
      run(3, { startedAt: at('2026-03-11T08:00') }),
    ]);
    expect(shown.map((row) => (row.kind === 'day' ? 'day' : row.run.id))).toEqual(['day', 5, 'day', 4, 3]);
  });

  test('a note makes its row one line taller', () => {
    const height = (changes: object) => heightOf({ kind: 'run', run: run(1, changes) });
    expect(height({ note: 'why' }) - height({})).toBe(20);
    expect(height({ summary: '' })).toBe(40);
  });

  test('new runs come on top, known ones are brought up to date, those that no longer fit go', () => {
    const listed = [run(7, { state: 'running', endedAt: undefined }), run(5)];
    const recent = [run(8), run(7, { state: 'failed' }), run(5)];
    expect(withRecent(listed, recent, {}).map(({ id, state }) => `${id} ${state}`)).toEqual([
      '8 succeeded',
      '7 failed',
      '5 succeeded',
    ]);
    expect(withRecent(listed, recent, { state: 'running' })).toEqual([]);
  });

  test('a filter asks for all of it', () => {
    const promote = run(1, { kind: 'promote', environment: 'prod', release: releases.middle.id });
    expect(fits(promote, { environment: 'prod', kind: 'promote', release: releases.middle.id })).toBe(true);
    expect(fits(promote, { environment: 'prod', kind: 'deploy' })).toBe(false);
    expect(fits(promote, { since: promote.startedAt + 1 })).toBe(false);
  });

  test('a search looks at release, version, summary and note', () => {
    const noted = run(1, { summary: 'Healthy', note: 'Clients RECONNECT in a storm' });
    expect(
      ['reconnect', releases.newest.id, '1.4.2', 'healthy', ' '].map((text) => matches(noted, text)),
    ).toEqual([true, true, true, true, true]);
    expect(matches(noted, 'payment')).toBe(false);
  });

  test('arrow keys stop at the ends', () => {
    const runs = [run(3), run(2), run(1)];
    const [three, two, one] = runs;
    expect(neighbour(runs, two?.id, 'ArrowDown')).toBe(one);
    expect(neighbour(runs, one?.id, 'ArrowDown')).toBe(one);
    expect(neighbour(runs, three?.id, 'ArrowUp')).toBe(three);
    expect(neighbour(runs, undefined, 'End')).toBe(one);
    expect(neighbour(runs, two?.id, 'x')).toBeUndefined();
  });
});

test('the address names a filter; what it cannot mean is left out', () => {
  const now = at('2026-03-12T14:30');
  expect(filterOf({ env: 'prod', kind: 'promote', outcome: 'rolled-back', since: '7' }, now)).toEqual({
    environment: 'prod',
    kind: 'promote',
    state: 'rolled-back',
    since: at('2026-03-05T00:00'),
  });
  expect(filterOf({ kind: 'deployment', outcome: 'green', since: '99' }, now)).toEqual({});
  expect(filterOf({ outcome: 'running', since: 'today' }, now)).toEqual({
    state: 'running',
    since: at('2026-03-12T00:00'),
  });
});

describe('going back to a run', () => {
  const staging = chatbot().board.environments.find((each) => each.name === 'staging');
  const promoted = run(213, { kind: 'promote', environment: 'staging', release: releases.oldest.id });
  const { id: runsNow } = releases.middle;

  test('possible where the ledger lists it', () => {
    const [release] = fakeReleases;
    if (release === undefined) throw new Error('nothing to go back to');
    const { id, source } = release;
    const to = (image: ImagePresence) =>
      goingBack({ ...promoted, release: id }, staging, [{ release, image }]);
    expect(to('here')).toEqual({ kind: 'possible', release: id });
    expect(to('gone')).toEqual({ kind: 'gone', release: id, commit: source.commit?.sha });
    expect(goingBack(promoted, staging, [])).toEqual({ kind: 'impossible' });
  });

  test('what runs there now needs no going back', () => {
    expect(boardInput.environments[1]?.release.id).toBe(runsNow);
    expect(goingBack(run(1, { ...promoted, release: runsNow }), staging, [])).toEqual({ kind: 'runs-now' });
  });

  test('nothing is said of builds, of runs that left nothing, and before the ledger has answered', () => {
    expect(goingBack(run(1, { kind: 'build' }), staging, []).kind).toBe('not-about');
    expect(goingBack(run(1, { ...promoted, state: 'failed' }), staging, []).kind).toBe('not-about');
    expect(goingBack(promoted, staging, undefined).kind).toBe('not-about');
  });
});
