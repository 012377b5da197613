import { describe, expect, test } from 'vitest';
import { environmentNameSchema, releaseIdSchema, runIdSchema } from '#shared/domain/ids.ts';
import { type RetentionFacts, type StayReason, stayText, whatMayGo } from '#shared/domain/retention.ts';

const release = (letter: string) => releaseIdSchema.parse(`r-${letter.repeat(6)}`);
const prod = environmentNameSchema.parse('prod');
const staging = environmentNameSchema.parse('staging');

/** Newest first; each with an image of its own unless it is said otherwise. */
function facts(
  letters: string,
  changes: Partial<Omit<RetentionFacts, 'releases'>> = {},
  digests: Readonly<Record<string, readonly string[]>> = {},
): RetentionFacts {
  return {
    keep: 1,
    releases: [...letters].map((letter) => ({
      id: release(letter),
      digests: digests[letter] ?? [`sha256:${letter}`],
    })),
    environments: [],
    containers: [],
    pins: [],
    inFlight: [],
    elsewhere: [],
    ...changes,
  };
}

const goes = (given: RetentionFacts) => whatMayGo(given).goes.map((id) => id[2]);
const why = (given: RetentionFacts, letter: string) =>
  whatMayGo(given)
    .stays.find((one) => one.release === release(letter))
    ?.why.map(({ kind }) => kind);

describe('what stays', () => {
  const place = { name: prod, wayBack: [], seen: [] };
  const cases: readonly [string, RetentionFacts, letter: string, reasons: readonly StayReason['kind'][]][] = [
    ['the newest', facts('cba'), 'c', ['newest']],
    ['as many of them as are kept', facts('cba', { keep: 3 }), 'a', ['newest']],
    ['what runs', facts('cba', { environments: [{ ...place, runs: release('a') }] }), 'a', ['runs']],
    [
      'every way back',
      facts('dcba', {
        environments: [{ ...place, runs: release('c'), wayBack: [release('b'), release('a')] }],
      }),
      'a',
      ['way-back'],
    ],
    [
      'what was seen running, whatever the ledger says',
      facts('cba', { environments: [{ ...place, runs: release('c'), seen: ['sha256:a'] }] }),
      'a',
      ['observed'],
    ],
    [
      'what a container has',
      facts('cba', { containers: [{ name: 'web', imageId: 'sha256:a' }] }),
      'a',
      ['container'],
    ],
    ['what is pinned', facts('cba', { pins: [{ release: release('a'), by: 'ada' }] }), 'a', ['pinned']],
    [
      'what a run uses, both ways',
      facts('cba', { inFlight: [{ runId: runIdSchema.parse(7), releases: [release('c'), release('a')] }] }),
      'a',
      ['in-flight'],
    ],
    [
      'what another workspace needs',
      facts('cba', { elsewhere: [{ workspace: '/other', digests: ['sha256:a'] }] }),
      'a',
      ['elsewhere'],
    ],
    ['the same image under another name', facts('cba', {}, { c: ['x'], a: ['x'] }), 'a', ['shares-image']],
    [
      'what shares an image with what shares one',
      facts('cba', {}, { c: ['x'], b: ['x', 'y'], a: ['y'] }),
      'a',
      ['shares-image'],
    ],
  ];
  test.each(cases)('%s', (_name, given, letter, reasons) => {
    expect(why(given, letter)).toEqual(reasons);
    expect(goes(given)).not.toContain(letter);
  });

  test('everything else goes', () => {
    expect(goes(facts('dcba'))).toEqual(['c', 'b', 'a']);
    expect(goes(facts(''))).toEqual([]);
  });

  test('each reason is told once, and all of them', () => {
    const given = facts('ba', {
      environments: [
        { name: staging, runs: release('a'), wayBack: [], seen: ['sha256:a', 'sha256:a'] },
        { name: prod, runs: release('b'), wayBack: [release('a'), release('a'), release('b')], seen: [] },
      ],
    });
    expect(whatMayGo(given).stays.find((one) => one.release === release('a'))?.why).toEqual([
      { kind: 'runs', environment: staging },
      { kind: 'observed', environment: staging },
      { kind: 'way-back', environment: prod },
    ]);
  });

  test('a release that the ledger has lost protects nothing and breaks nothing', () => {
    const given = facts('ba', { pins: [{ release: release('f'), by: 'ada' }] });
    expect(whatMayGo(given).stays.map((one) => one.release)).toEqual([release('b')]);
  });
});

test('the digests of all that stays are protected, and those of what is not a release’s too', () => {
  const { protectedDigests } = whatMayGo(
    facts('ba', {
      environments: [{ name: prod, wayBack: [], seen: ['sha256:stranger'] }],
      containers: [{ name: 'db', imageId: 'sha256:db' }],
      elsewhere: [{ workspace: '/other', digests: ['sha256:theirs'] }],
    }),
  );
  expect(protectedDigests).toEqual(new Set(['sha256:b', 'sha256:stranger', 'sha256:db', 'sha256:theirs']));
});

test.each<[StayReason, string]>([
  [{ kind: 'pinned', by: 'ada', note: 'the audit' }, 'pinned by ada: the audit'],
  [{ kind: 'pinned', by: 'ada' }, 'pinned by ada'],
  [{ kind: 'way-back', environment: prod }, 'prod could go back to it'],
  [{ kind: 'elsewhere', workspace: '/other' }, 'the workspace /other needs it'],
])('%j is said', (reason, text) => {
  expect(stayText(reason)).toBe(text);
});
