// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a compose file
import { describe, expect, it } from 'vitest';
import { interpolate } from '#main/targets/compose/interpolate.ts';
import { readModel, releaseServices, repositoryOf } from '#main/targets/compose/model.ts';

const env = new Map(Object.entries({ A: 'a', EMPTY: '' }));

describe('interpolation, as Compose does it', () => {
  it.each([
    ['$A-${A}', 'a-a'],
    ['$$A', '$A'],
    ['${NONE}', ''],
    ['${NONE:-b}|${NONE-b}|${EMPTY:-b}|${EMPTY-b}', 'b|b|b|'],
    ['${A:-b}', 'a'],
    ['${NONE:?say so}', ''],
    ['${NONE:-${A}}', '${NONE:-a}'],
    ['plain $', 'plain $'],
  ])('%s -> %s', (text, out) => {
    expect(interpolate(text, env)).toBe(out);
  });
});

describe('repositories', () => {
  it.each([
    ['chatbot', 'chatbot'],
    ['chatbot:1', 'chatbot'],
    ['host:5000/team/web', 'host:5000/team/web'],
    ['host:5000/team/web:1.2', 'host:5000/team/web'],
    ['web:1@sha256:abc', 'web'],
  ])('%s -> %s', (image, repository) => {
    expect(repositoryOf(image)).toBe(repository);
  });
});

describe('the model', () => {
  it('is read in every way in which Compose writes it', () => {
    const json = JSON.stringify({
      name: 'x',
      services: {
        a: {
          build: { context: '/w' },
          environment: ['FIXED=1', 'PASSED', 'EMPTY='],
          env_file: [{ path: '/w/.env.$A', required: false, format: '' }, '/w/b.env'],
        },
        b: { image: '${NONE:-db}:$A', environment: { X: '1', PASSED: null }, env_file: '/w/c.env' },
        c: { image: 'chatbot', environment: null, env_file: null },
      },
    });
    expect(readModel(json, env)).toEqual([
      {
        name: 'a',
        imageHasVariables: false,
        build: '{"context":"/w"}',
        ownEnvKeys: ['FIXED', 'EMPTY'],
        needs: [],
        envFiles: [
          { path: '/w/.env.a', required: false },
          { path: '/w/b.env', required: true },
        ],
      },
      {
        name: 'b',
        image: 'db:a',
        imageHasVariables: true,
        ownEnvKeys: ['X'],
        needs: [],
        envFiles: [{ path: '/w/c.env', required: true }],
      },
      {
        name: 'c',
        image: 'chatbot',
        imageHasVariables: false,
        ownEnvKeys: [],
        envFiles: [],
        needs: [],
      },
    ]);
  });

  it('without services has none', () => {
    expect(readModel('{"name":"x"}', env)).toEqual([]);
  });
});

describe('the services of a release', () => {
  const services = readModel(
    JSON.stringify({
      services: {
        built: { build: {} },
        named: { image: 'chatbot:old' },
        near: { image: 'chatbots' },
        db: { image: 'db' },
      },
    }),
    env,
  );

  it.each([
    ['are those built here or of its image', undefined, { kind: 'found', names: ['built', 'named'] }],
    ['are those that gantry.yml names', ['db'], { kind: 'found', names: ['db'] }],
    ['must exist', ['db', 'nope'], { kind: 'unknown-service', name: 'nope' }],
  ])('%s', (_name, wanted, found) => {
    expect(releaseServices(services, 'chatbot', wanted)).toEqual(found);
  });

  it('are all that are built in one way, and of several ways only those of its image', () => {
    const read = (images: Record<string, unknown>) => readModel(JSON.stringify({ services: images }), env);
    const same = { build: { context: '/w', dockerfile: 'Dockerfile' } };
    expect(releaseServices(read({ a: same, b: same }), 'chatbot', undefined)).toEqual({
      kind: 'found',
      names: ['a', 'b'],
    });
    const other = { build: { context: '/w', dockerfile: 'Other' } };
    expect(releaseServices(read({ a: same, b: other }), 'chatbot', undefined)).toEqual({
      kind: 'ambiguous',
      names: ['a', 'b'],
    });
    expect(
      releaseServices(read({ a: { ...same, image: 'chatbot' }, b: other }), 'chatbot', undefined),
    ).toEqual({
      kind: 'found',
      names: ['a'],
    });
  });

  it('may be none', () => {
    expect(releaseServices(services.slice(2), 'chatbot', undefined)).toEqual({ kind: 'none' });
  });
});
