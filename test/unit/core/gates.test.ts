import { describe, expect, test } from 'vitest';
import { checkGates, type GateFacts } from '#main/core/gates.ts';
import { sampleEnvironment, sampleRelease, staging } from './samples.ts';

const test1 = { name: 'unit', where: 'host' as const, run: ['true'], env: {}, timeout: 1_000 };

function facts(changes: Partial<GateFacts>): GateFacts {
  return {
    kind: 'promote',
    environment: sampleEnvironment(),
    before: sampleEnvironment(staging),
    ranBefore: 'seen',
    release: sampleRelease('a'),
    tests: [],
    ...changes,
  };
}

function closed(changes: Partial<GateFacts>): string[] {
  return checkGates(facts(changes))
    .filter((gate) => gate.state !== 'open')
    .map((gate) => gate.id);
}

describe('gates', () => {
  test('all open: nothing is closed', () => expect(closed({})).toEqual([]));
  test('order is closed until the release ran in the environment before', () =>
    expect(closed({ ranBefore: undefined })).toEqual(['order']));
  test('what was asked for and never seen is no proof, and it is said how to do without', () => {
    const [gate] = checkGates(facts({ ranBefore: 'unverified' })).filter(({ id }) => id === 'order');
    expect(gate).toMatchObject({ state: 'closed', detail: expect.stringContaining('gates.order: false') });
  });
  test('the first environment has no order', () => {
    const { before: _, ...first } = facts({ ranBefore: undefined });
    expect(checkGates(first).map((gate) => gate.id)).toEqual(['hold']);
  });
  test('order can be switched off', () => {
    const environment = sampleEnvironment(undefined, { gates: { order: false, tests: true } });
    expect(closed({ environment, ranBefore: undefined })).toEqual([]);
  });
  test('a release built before a test was named is closed by it', () =>
    expect(closed({ tests: [test1] })).toEqual(['tests']));
  test('a test that it passed opens it', () => {
    const release = sampleRelease('a', { tests: [{ name: 'unit', where: 'host', durationMs: 1 }] });
    expect(closed({ tests: [test1], release })).toEqual([]);
  });
  test('a hold closes everything but the way back', () => {
    const hold = { reason: 'payment freeze', by: 'mo', at: 0 };
    expect(closed({ hold })).toEqual(['hold']);
    expect(checkGates(facts({ hold, kind: 'rollback', ranBefore: undefined, tests: [test1] }))).toEqual([]);
  });
});
