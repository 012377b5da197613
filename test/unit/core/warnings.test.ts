import { describe, expect, test } from 'vitest';
import { findWarnings, type WarningFacts } from '#main/core/warnings.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import { sampleEnvironment, sampleImageId, sampleSummary } from './samples.ts';

function facts(changes: Partial<WarningFacts>): WarningFacts {
  return {
    kind: 'promote',
    environment: sampleEnvironment(),
    release: sampleSummary('b'),
    previous: sampleSummary('a'),
    previousIdentity: { compares: 'image-id', ids: new Set([sampleImageId('a')]) },
    foreign: [],
    seen: { kind: 'running', at: 0, services: [], settings: {} },
    cautions: [],
    commits: { kind: 'unknown', why: 'no git' },
    env: [],
    envFrom: [],
    fromName: 'staging',
    ...changes,
  };
}

const missing = { key: 'KMS_KEY', kind: 'missing' as const };

describe('warnings', () => {
  test('nothing to say: none', () => expect(findWarnings(facts({}))).toEqual([]));

  test('a key the environment before has and this one lacks blocks, once', () => {
    const found = findWarnings(facts({ env: [missing], envFrom: [missing] }));
    expect(found.map(({ level, what }) => [level, what])).toEqual([['block', 'KMS_KEY is missing in prod']]);
    expect(found[0]?.detail).toContain('.env.prod');
  });

  test('going back is never blocked by a key that came later', () => {
    expect(findWarnings(facts({ kind: 'rollback', env: [missing] }))[0]?.level).toBe('note');
  });

  test('another image than the ledger knows is drift; a service that is not ours is not', () => {
    const service = { name: 'web', imageRef: 'x', health: 'healthy' as const, state: 'running', ports: [] };
    const services = [
      { ...service, imageId: sampleImageId('c'), releaseLabel: 'r-cccccc' },
      { ...service, name: 'db', imageId: sampleImageId('d') },
    ];
    const found = findWarnings(facts({ seen: { kind: 'running', at: 0, services, settings: {} } }));
    expect(found.map((warning) => warning.detail)).toEqual([
      `web runs ${sampleImageId('c').slice(0, 19)}, not r-aaaaaa.`,
    ]);
  });

  test('what a run puts there at this moment is no drift', () => {
    const service = { name: 'web', imageRef: 'x', health: 'starting' as const, state: 'running', ports: [] };
    const services = [{ ...service, imageId: sampleImageId('c'), releaseLabel: 'r-cccccc' }];
    const seen = { kind: 'running' as const, at: 0, services, settings: {} };
    expect(findWarnings(facts({ seen, busyWith: runIdSchema.parse(7) }))).toEqual([
      expect.objectContaining({ level: 'note', about: 'target', what: 'Run 7 is at work in prod' }),
    ]);
  });

  test('nothing running where something should be is said', () => {
    expect(findWarnings(facts({ seen: { kind: 'empty', at: 0 } }))[0]?.what).toBe('Nothing runs in prod now');
  });

  test('what the place and its target have to say are notes, where nothing runs yet as well', () => {
    const running = { kind: 'running' as const, at: 0, services: [], settings: {}, notes: ['It is pinned.'] };
    const cautions = ['It mounts files.'];
    const details = (changes: Partial<WarningFacts>) =>
      findWarnings(facts(changes)).flatMap(({ level, detail }) => (level === 'note' ? [detail] : []));
    expect(details({ seen: running, cautions })).toEqual(['It is pinned.', 'It mounts files.']);
    expect(details({ seen: { kind: 'empty', at: 0 }, cautions })).toContain('It mounts files.');
  });

  test('uncommitted files are named with their number', () => {
    const release = { ...sampleSummary('b'), uncommittedFiles: 1 };
    expect(findWarnings(facts({ release }))[0]?.what).toBe('r-bbbbbb was built with 1 uncommitted file');
  });

  test('an older release is a note, except when going back is what was asked', () => {
    const commits = {
      kind: 'known' as const,
      direction: 'backward' as const,
      commits: [],
      filesChanged: 0,
      insertions: 0,
      deletions: 0,
    };
    expect(findWarnings(facts({ commits }))[0]?.about).toBe('commits');
    expect(findWarnings(facts({ commits, kind: 'rollback' }))).toEqual([]);
  });

  test('the same release with the same keys changes nothing, and says so', () => {
    expect(findWarnings(facts({ release: sampleSummary('a') }))[0]?.what).toBe('Nothing would change');
    expect(
      findWarnings(facts({ release: sampleSummary('a'), env: [{ key: 'A', kind: 'changed' }] })),
    ).toEqual([]);
  });
});
