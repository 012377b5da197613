import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import type { BuildRequest } from '#main/core/ports.ts';
import { readCacheOption } from '#main/docker/control/cache-options.ts';
import { buildFailure } from '#main/docker/control/failure.ts';
import { GrpcFailure, readFailure } from '#main/docker/control/grpc-failure.ts';
import { readSolveResponse, writeSolveRequest } from '#main/docker/control/solve-messages.ts';
import { isFolder, solveRequest } from '#main/docker/control/solve-options.ts';

const request: BuildRequest = {
  contextFolder: '/work/app',
  dockerfile: 'deploy/My.Dockerfile',
  images: [{ tag: 'app:1', args: { A: '1' } }],
  atOnce: 1,
  labels: {},
  contexts: {},
  platforms: [],
  cacheFrom: [],
  cacheTo: [],
  noCache: false,
  pull: 'missing',
  network: 'default',
  extraHosts: {},
  provenance: 'off',
  sbom: false,
  secrets: {},
  ssh: [],
  signal: new AbortController().signal,
};

const facts = {
  ref: 'r',
  sessionId: 's',
  folderNames: new Map<string, string>(),
  caches: { imports: [], exports: [] },
  extraHosts: {},
};

function attributes(wanted: Partial<BuildRequest>, more: Partial<typeof facts> = {}) {
  return solveRequest({ ...request, ...wanted }, request.images[0], { ...facts, ...more }).frontendAttributes;
}

describe('what is asked of the engine', () => {
  test('of a plain build is as little as the docker CLI asks', () => {
    expect(solveRequest(request, request.images[0], facts)).toEqual({
      ref: 'r',
      session: 's',
      frontend: 'dockerfile.v0',
      frontendAttributes: {
        filename: 'My.Dockerfile',
        'image-resolve-mode': 'local',
        'build-arg:A': '1',
      },
      exporter: { type: 'moby', attributes: { name: 'app:1' } },
      cacheExports: [],
      cacheImports: [],
      entitlements: [],
    });
  });

  const cases: readonly (readonly [Partial<BuildRequest>, Record<string, string>])[] = [
    [{ target: 't' }, { target: 't' }],
    [{ labels: { a: 'b' } }, { 'label:a': 'b' }],
    [{ noCache: true }, { 'no-cache': '' }],
    [{ pull: 'always' }, { 'image-resolve-mode': 'pull' }],
    [{ network: 'none' }, { 'force-network-mode': 'none' }],
    [{ platforms: ['linux/amd64', 'linux/arm64/v8'] }, { platform: 'linux/amd64,linux/arm64/v8' }],
    [{ provenance: 'max' }, { 'attest:provenance': 'mode=max' }],
    [{ sbom: {} }, { 'attest:sbom': '' }],
    [{ sbom: { generator: 'x:1' } }, { 'attest:sbom': 'generator=x:1' }],
    [{ sourceDateEpoch: 5 }, { 'build-arg:SOURCE_DATE_EPOCH': '5' }],
    [{ contexts: { base: 'docker-image://x' } }, { 'context:base': 'docker-image://x' }],
  ];
  test.each(cases)('%j', (wanted, asked) => {
    expect(attributes(wanted)).toMatchObject(asked);
  });

  test('folders go by the session, hosts without brackets, caches in Go’s words', () => {
    const told = attributes(
      { contexts: { assets: '/work/assets' } },
      {
        folderNames: new Map([['assets', 'assets-1a2b']]),
        extraHosts: { db: '[::1]', web: '10.0.0.1' },
        caches: { imports: [{ type: 'registry', attributes: { ref: 'x' } }] as never[], exports: [] },
      },
    );
    expect(told).toMatchObject({
      'context:assets': 'local:assets-1a2b',
      'add-hosts': 'db=::1,web=10.0.0.1',
      'cache-imports': '[{"Type":"registry","Attrs":{"ref":"x"}}]',
    });
  });

  test('the machine’s own network is a right that is asked for', () => {
    expect(solveRequest({ ...request, network: 'host' }, request.images[0], facts).entitlements).toEqual([
      'network.host',
    ]);
  });

  test('an argument of the person’s goes before ours', () => {
    const image = { tag: 'x', args: { SOURCE_DATE_EPOCH: '7' } };
    const told = solveRequest({ ...request, sourceDateEpoch: 5 }, image, facts);
    expect(told.frontendAttributes['build-arg:SOURCE_DATE_EPOCH']).toBe('7');
  });

  test.each([
    ['/work/assets', true],
    ['assets', true],
    ['docker-image://alpine', false],
    ['https://example.com/x.tar', false],
    ['git@github.com:a/b', false],
    ['oci-layout://x', false],
  ])('%s is a folder: %s', (place, is) => {
    expect(isFolder(place)).toBe(is);
  });
});

describe('messages', () => {
  test('a request holds each field under its number, the exporter under two', () => {
    const bytes = writeSolveRequest({
      ...solveRequest(request, request.images[0], facts),
      cacheExports: [{ type: 'inline', attributes: {} }],
    });
    const numbers: number[] = [];
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      numbers.push(number);
      reader.skip(type, number);
    }
    expect(numbers).toEqual([1, 3, 4, 5, 6, 7, 7, 7, 8, 13]);
    expect(Buffer.from(bytes).toString('latin1')).toContain('moby');
  });

  test('an answer', () => {
    const pair = new BinaryWriter()
      .tag(1, 2)
      .string('containerimage.digest')
      .tag(2, 2)
      .string('sha256:1')
      .finish();
    const bytes = new BinaryWriter().tag(1, 2).bytes(pair).tag(9, 0).int32(1).finish();
    expect(readSolveResponse(bytes)).toEqual({ 'containerimage.digest': 'sha256:1' });
  });
});

describe('an error of the engine', () => {
  const detail = (type: string, value: unknown) =>
    new BinaryWriter()
      .tag(1, WireType.LengthDelimited)
      .string(type)
      .tag(2, WireType.LengthDelimited)
      .bytes(Buffer.from(JSON.stringify(value)))
      .finish();
  const trailers = (...details: readonly Uint8Array[]) => {
    const status = new BinaryWriter().tag(1, 0).int32(2);
    for (const each of details) status.tag(3, 2).bytes(each);
    return {
      'grpc-status': '2',
      'grpc-message': 'failed to solve: 100%25 wrong: %e2%82%ac %zz',
      'grpc-status-details-bin': Buffer.from(status.finish()).toString('base64').replace(/=+$/, ''),
    };
  };

  test('is none when all went well', () => {
    expect(readFailure({ 'grpc-status': '0' })).toBeUndefined();
  });

  test('has its words unescaped, and its details', () => {
    const failure = readFailure(trailers(detail('x/errdefs.Vertex+json', { digest: 'd' })));
    expect(failure?.message).toBe('failed to solve: 100% wrong: € %zz');
    expect(failure?.details.map(({ type }) => type)).toEqual(['x/errdefs.Vertex+json']);
  });

  test('names the step and where it begins, once', () => {
    const range = (line: number) => ({ start: { line, character: 0 }, end: { line } });
    const failure = readFailure(
      trailers(
        detail('x/errdefs.Source+json', { info: { filename: 'D' }, ranges: [range(3), range(4)] }),
        detail('x/errdefs.Vertex+json', { digest: 'd' }),
        detail('x/errdefs.Source+json', { info: null, ranges: 'nonsense' }),
      ),
    );
    if (failure === undefined) throw new Error('it is an error');
    const progress = {
      failedStep: () => 'another',
      nameOf: (id: string) => (id === 'd' ? 'RUN x' : undefined),
    };
    const error = buildFailure(failure, progress, { dockerfile: 'deploy/D', cell: 'V=1' });
    expect(error.message).toBe('V=1: 100% wrong: € %zz.');
    expect(error.hint).toBe('The step that failed is RUN x; what it wrote is in the log.');
    expect(error.problems).toMatchObject([
      { file: 'deploy/D', line: 3, hint: expect.stringContaining('It ends in line 4.') },
    ]);
  });

  test.each(['not base64 of anything', Buffer.from([0xff, 0xff]).toString('base64')])(
    'whose details are broken is told without: %s',
    (packed) => {
      const failure = readFailure({
        'grpc-status': '2',
        'grpc-message': 'no',
        'grpc-status-details-bin': packed,
      });
      expect(failure).toBeInstanceOf(GrpcFailure);
      expect(failure?.details).toEqual([]);
    },
  );
});

describe('a cache', () => {
  test.each([
    ['app:cache', { type: 'registry', attributes: { ref: 'app:cache' } }],
    ['type=inline', { type: 'inline', attributes: {} }],
    ['type=registry,ref=a/b:c,mode=max', { type: 'registry', attributes: { ref: 'a/b:c', mode: 'max' } }],
    ['type=local,"src=/a, ""b"""', { type: 'local', attributes: { src: '/a, "b"' } }],
    ['TYPE=gha,scope=a=b', { type: 'gha', attributes: { scope: 'a=b' } }],
  ])('%s', (text, option) => {
    expect(readCacheOption(text)).toEqual(option);
  });

  test.each(['', 'a,b', 'type=', 'ref=x', 'type=registry', 'type=local,"src', '=x,type=local'])(
    '%j is none',
    (text) => {
      expect(() => readCacheOption(text)).toThrow('is no build cache');
    },
  );
});
