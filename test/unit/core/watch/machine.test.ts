import { describe, expect, test } from 'vitest';
import {
  newWatch,
  stepWatch,
  type WatchEffect,
  type WatchEvent,
  type WatchMachine,
} from '#main/core/watch/machine.ts';
import { stateOf } from '#main/core/watch/state.ts';
import { type ReleaseId, releaseIdSchema, runIdSchema } from '#shared/domain/ids.ts';

const release = releaseIdSchema.parse('r-aaaaaa');
const other = releaseIdSchema.parse('r-bbbbbb');
const run = (id: number) => runIdSchema.parse(id);

/** A loop as its events leave it, with what it wants done. */
function loop(deploys = true) {
  let machine: WatchMachine = newWatch(deploys);
  const all: WatchEffect[] = [];
  const tell = (event: WatchEvent): readonly WatchEffect[] => {
    const step = stepWatch(machine, event);
    machine = step.machine;
    all.push(...step.effects);
    return step.effects;
  };
  const change = (...paths: readonly string[]) => tell({ kind: 'changed', paths, at: 5, duringTests: false });
  const changeInTests = (...paths: readonly string[]) =>
    tell({ kind: 'changed', paths, at: 5, duringTests: true });
  const compare = (fingerprint: string | undefined) => {
    tell({ kind: 'quiet' });
    return tell({ kind: 'compared', fingerprint });
  };
  const built = (made: ReleaseId | undefined = release, summary = 'built') =>
    tell({ kind: 'built', ...(made === undefined ? {} : { release: made }), summary });
  const state = () => stateOf(machine, undefined, 1);
  return {
    tell,
    change,
    changeInTests,
    compare,
    built,
    state,
    phase: () => state().phase,
    all,
    failed: (summary: string) => tell({ kind: 'built', summary }),
    /** The first round, as far as its build. */
    begin() {
      tell({ kind: 'began' });
      tell({ kind: 'compared', fingerprint: 'one' });
      tell({ kind: 'started', runId: run(1) });
      return this;
    },
  };
}

const kinds = (effects: readonly WatchEffect[]) => effects.map(({ kind }) => kind);

describe('the first round', () => {
  test('begins at once, builds and deploys', () => {
    const it = loop();
    expect(kinds(it.tell({ kind: 'began' }))).toEqual(['compare']);
    expect(it.phase()).toBe('settling');
    expect(it.tell({ kind: 'compared', fingerprint: 'one' })).toEqual([{ kind: 'build', changed: [] }]);
    expect(it.phase()).toBe('building');
    it.tell({ kind: 'started', runId: run(1) });
    expect(it.state()).toMatchObject({ phase: 'building', runId: 1, changed: [] });
    expect(it.state()).not.toHaveProperty('changedAt');
    expect(it.built()).toEqual([{ kind: 'deploy', release, changed: [] }]);
    it.tell({ kind: 'started', runId: run(2) });
    expect(it.state()).toMatchObject({ phase: 'deploying', runId: 2 });
    expect(it.tell({ kind: 'deployed', ok: true, summary: 'dev runs it' })).toEqual([]);
    expect(it.state()).toMatchObject({ phase: 'waiting', done: 'dev runs it' });
  });

  test('ends with the build where nothing is deployed', () => {
    const it = loop(false).begin();
    expect(it.built()).toEqual([]);
    expect(it.state()).toMatchObject({ phase: 'waiting', done: 'built' });
  });

  test('begins outside of a repository, too', () => {
    const it = loop();
    it.tell({ kind: 'began' });
    expect(kinds(it.tell({ kind: 'compared', fingerprint: undefined }))).toEqual(['build']);
  });
});

describe('a change', () => {
  test('builds once it is quiet; what came meanwhile is one round', () => {
    const it = loop(false).begin();
    it.built();
    expect(kinds(it.change('a'))).toEqual(['settle']);
    expect(kinds(it.change('b', 'a'))).toEqual(['settle']);
    expect(it.phase()).toBe('settling');
    expect(it.compare('two')).toEqual([{ kind: 'build', changed: ['a', 'b'] }]);
    expect(it.state()).toMatchObject({ changed: ['a', 'b'], changedAt: 5 });
    // Of the round before.
    expect(it.state()).not.toHaveProperty('done');
  });

  test('that changed nothing builds nothing', () => {
    const it = loop(false).begin();
    it.built();
    it.change('a');
    expect(it.compare('one')).toEqual([]);
    expect(it.state()).toMatchObject({ phase: 'waiting', done: 'built', changed: [] });
  });

  test('that cannot be told from none builds', () => {
    const it = loop(false);
    it.tell({ kind: 'began' });
    it.tell({ kind: 'compared', fingerprint: undefined });
    it.built();
    it.change();
    expect(kinds(it.compare(undefined))).toEqual(['build']);
  });

  test('as contents are compared is looked at again', () => {
    const it = loop(false).begin();
    it.built();
    it.change('a');
    it.tell({ kind: 'quiet' });
    expect(kinds(it.change('b'))).toEqual(['settle']);
    expect(it.tell({ kind: 'compared', fingerprint: 'one' })).toEqual([]);
    expect(it.phase()).toBe('settling');
    expect(it.compare('two')).toEqual([{ kind: 'build', changed: ['a', 'b'] }]);
  });
});

describe('a change during a build', () => {
  test('cancels it, and the next begins only when it has ended', () => {
    const it = loop().begin();
    it.change('a');
    expect(it.phase()).toBe('building');
    expect(it.compare('two')).toEqual([{ kind: 'cancel', runId: 1 }]);
    expect(it.phase()).toBe('settling');
    expect(it.failed('Cancelled')).toEqual([{ kind: 'build', changed: ['a'] }]);
    expect(it.state()).not.toHaveProperty('trouble');
  });

  test('is forgiven when it changed nothing', () => {
    const it = loop().begin();
    it.change('a');
    expect(it.compare('one')).toEqual([]);
    expect(kinds(it.built())).toEqual(['deploy']);
  });

  test('keeps a stale build from being deployed, although it passed', () => {
    const it = loop().begin();
    it.change('a');
    it.compare('two');
    expect(kinds(it.built())).toEqual(['build']);
    expect(kinds(it.all)).not.toContain('deploy');
  });

  test('that is not yet compared as the build passes holds the deploy back', () => {
    const same = loop().begin();
    same.change('a');
    expect(same.built()).toEqual([]);
    expect(same.phase()).toBe('building');
    expect(kinds(same.compare('one'))).toEqual(['deploy']);

    const differs = loop().begin();
    differs.change('a');
    differs.built();
    expect(kinds(differs.compare('two'))).toEqual(['build']);
    expect(kinds(differs.all)).not.toContain('deploy');
  });

  test('before its run is known cancels it as soon as it is', () => {
    const it = loop();
    it.tell({ kind: 'began' });
    it.tell({ kind: 'compared', fingerprint: 'one' });
    it.change('a');
    expect(it.compare('two')).toEqual([]);
    expect(it.tell({ kind: 'started', runId: run(1) })).toEqual([{ kind: 'cancel', runId: 1 }]);
    expect(kinds(it.failed('Cancelled'))).toEqual(['build']);
  });

  test('back to what the cancelled one saw builds all the same', () => {
    const it = loop().begin();
    it.change('a');
    it.compare('two');
    it.change('a');
    expect(it.compare('one')).toEqual([]);
    expect(kinds(it.failed('Cancelled'))).toEqual(['build']);
  });

  test('cancels it once, however much changes', () => {
    const it = loop().begin();
    it.change('a');
    it.compare('two');
    it.change('b');
    expect(it.compare('three')).toEqual([]);
    expect(it.failed('Cancelled')).toEqual([{ kind: 'build', changed: ['a', 'b'] }]);
  });

  test('as the cancelled one ends waits until it is quiet', () => {
    const it = loop().begin();
    it.change('a');
    it.compare('two');
    it.change('b');
    expect(it.failed('Cancelled')).toEqual([]);
    expect(it.compare('three')).toEqual([{ kind: 'build', changed: ['a', 'b'] }]);
  });
});

describe('a change during a deploy', () => {
  test('waits for its end, and then builds', () => {
    const it = loop().begin();
    it.built();
    it.tell({ kind: 'started', runId: run(2) });
    expect(it.change('a')).toEqual([]);
    expect(it.phase()).toBe('deploying');
    expect(kinds(it.tell({ kind: 'deployed', ok: true, summary: 'done' }))).toEqual(['settle']);
    expect(it.compare('two')).toEqual([{ kind: 'build', changed: ['a'] }]);
  });
});

describe('trouble', () => {
  test('of a build is told, and the next change tries again', () => {
    const it = loop().begin();
    expect(it.failed('Test unit failed')).toEqual([]);
    expect(it.state()).toMatchObject({ phase: 'waiting', trouble: 'Test unit failed' });
    it.change('a');
    it.compare('two');
    expect(it.state()).not.toHaveProperty('trouble');
    expect(kinds(it.built())).toEqual(['deploy']);
  });

  test('of a deploy is told, and the next change builds', () => {
    const it = loop().begin();
    it.built();
    expect(it.tell({ kind: 'refused', why: 'dev is on hold' })).toEqual([]);
    expect(it.state()).toMatchObject({ phase: 'waiting', trouble: 'dev is on hold' });
    it.change('a');
    expect(kinds(it.compare('two'))).toEqual(['build']);
    it.built(other);
    it.tell({ kind: 'deployed', ok: false, summary: 'web never became healthy' });
    expect(it.state().trouble).toBe('web never became healthy');
  });

  test('with the same content is not tried again by itself, unless it was refused', () => {
    const failed = loop().begin();
    failed.failed('Test unit failed');
    failed.change('a');
    expect(failed.compare('one')).toEqual([]);
    expect(failed.state().trouble).toBe('Test unit failed');

    const refused = loop().begin();
    refused.tell({ kind: 'refused', why: 'No engine' });
    refused.change('a');
    expect(kinds(refused.compare('one'))).toEqual(['build']);
  });
});

describe('what tests write', () => {
  /** A round whose tests write a file; `write` says what comes of it. */
  const round = (it: ReturnType<typeof loop>, fingerprint: string) => {
    const written = it.changeInTests('report.txt');
    if (written.length > 0) it.compare(fingerprint);
    return written.length > 0;
  };

  test('is found out after some rounds, starts none any more, and is named', () => {
    const it = loop().begin();
    expect(round(it, 'two')).toBe(true);
    it.failed('Cancelled');
    expect(round(it, 'three')).toBe(true);
    it.failed('Cancelled');
    expect(round(it, 'four')).toBe(false);
    expect(kinds(it.built())).toEqual(['deploy']);
    it.tell({ kind: 'deployed', ok: true, summary: 'dev runs r-aaaaaa' });
    expect(it.state().phase).toBe('waiting');
    expect(it.state().done).toMatch(/^dev runs r-aaaaaa\. report\.txt changes whenever the tests run/);
  });

  test('counts with what changed beside it', () => {
    const it = loop().begin();
    round(it, 'two');
    it.failed('Cancelled');
    round(it, 'three');
    it.failed('Cancelled');
    expect(kinds(it.changeInTests('report.txt', 'src/a.ts'))).toEqual(['settle']);
    it.compare('four');
    expect(it.failed('Cancelled')).toEqual([{ kind: 'build', changed: ['src/a.ts'] }]);
  });

  test('counts when it changes at any other time', () => {
    const it = loop().begin();
    round(it, 'two');
    it.failed('Cancelled');
    round(it, 'three');
    it.failed('Cancelled');
    it.change('report.txt');
    it.compare('four');
    it.failed('Cancelled');
    expect(round(it, 'five')).toBe(true);
  });
});

test('what is late changes nothing', () => {
  const it = loop();
  expect(it.tell({ kind: 'quiet' })).toEqual([]);
  expect(it.tell({ kind: 'compared', fingerprint: 'x' })).toEqual([]);
  expect(it.tell({ kind: 'started', runId: run(9) })).toEqual([]);
  expect(it.phase()).toBe('waiting');
});
