import { describe, expect, test } from 'vitest';
import { brokenCache, buildTotals, isDockerfileStep } from '#shared/domain/build-facts.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';

type Step = RunView['vertices'][number];
type Sent = RunView['sent'][number];

let clock = 0;
function step(name: string, state: Step['state'], more: Partial<Step> = {}): Step {
  clock += 10;
  const times = state === 'waiting' ? {} : { startedAt: clock, endedAt: clock + 5 };
  return { id: name, name, inputs: [], state, step: 'build', ...times, ...more };
}

const sent = (names: readonly string[], more: Partial<Sent> = {}): Sent => ({
  step: 'build',
  files: names.length,
  bytes: 100,
  names: [...names],
  isFirst: false,
  ...more,
});

const broken = (vertices: readonly Step[], transfers: readonly Sent[] = [], noCache = false) => {
  const found = brokenCache({ vertices, sent: transfers, noCache });
  return found && [found.step.name, found.files, found.fileCount];
};

const base = step('[1/4] FROM docker.io/library/node:24', 'cached');
const before = [step('[internal] load build definition from Dockerfile', 'done'), base];

describe('what is a step of the Dockerfile', () => {
  test.each<[string, boolean]>([
    ['[2/7] COPY src /app/src', true],
    ['[builder 12/14] RUN make', true],
    ['[linux/amd64 builder 2/5] RUN make', true],
    ['RUN make', true],
    ['copy . .', true],
    ['[internal] load build context', false],
    ['[context lib] load from client', false],
    ['exporting to image', false],
    ['[auth] library/node:pull token for registry-1.docker.io', false],
    ['importing cache manifest from shop:cache', false],
    ['RUNNER=1', false],
  ])('%s: %s', (name, expected) => expect(isDockerfileStep({ name })).toBe(expected));
});

describe('what broke the cache', () => {
  const install = step('[2/4] RUN npm ci', 'cached');
  const copy = step('[3/4] COPY src /app/src', 'done');
  const make = step('[4/4] RUN make', 'done');
  const all = [...before, install, copy, make, step('exporting to image', 'done')];

  test('is the first step that ran, with the files it reads that changed', () => {
    expect(
      broken(all, [sent(['Dockerfile']), sent(['docs/a.md', 'src/a.ts', 'src/b.ts', 'srcs/c.ts'])]),
    ).toEqual([copy.name, ['src/a.ts', 'src/b.ts'], 2]);
  });

  test('counts what is not named, where the step reads all', () => {
    const whole = step('[2/2] COPY . .', 'done');
    expect(broken([base, whole], [sent(['a'], { files: 7 })])).toEqual([whole.name, ['a'], 7]);
    expect(broken(all, [sent(['src/a.ts'], { files: 7 })])).toEqual([copy.name, ['src/a.ts'], undefined]);
  });

  test('is the step that began first, in whatever order they are told', () => {
    expect(broken([...before, install, make, copy])?.[0]).toBe(copy.name);
  });

  test('is the step that failed, when that is the first that ran', () => {
    const failed = step('[3/4] RUN make', 'failed');
    expect(broken([base, install, failed])?.[0]).toBe(failed.name);
  });

  test('is the Dockerfile, for a step that reads nothing of the context', () => {
    const run = step('[2/3] RUN apk add curl', 'done');
    expect(broken([base, run], [sent(['Dockerfile', 'src/a.ts'])])).toEqual([run.name, ['Dockerfile'], 1]);
    const from = step('[2/3] COPY --from=builder --chown=1:1 /out /app', 'done');
    expect(broken([base, from], [sent(['out/x', 'build/api.Dockerfile'])])).toEqual([
      from.name,
      ['build/api.Dockerfile'],
      1,
    ]);
  });

  test.each<[string, readonly string[]]>([
    ['COPY --chown=1:1 --link ./src/ package*.json /app/', ['package-lock.json', 'package.json', 'src/a.ts']],
    ['COPY ["src", "/with space/"]', ['src/a.ts']],
    ['COPY **/*.json /app/', ['package-lock.json', 'package.json']],
    ['COPY src/?.ts /app/', ['src/a.ts']],
    ['ADD https://example.org/x src/a.ts /app/', ['src/a.ts']],
    ['ADD https://example.org/x /app/', []],
    ['COPY ["not json /app/', []],
  ])('%s reads %j', (name, files) => {
    const names = ['package-lock.json', 'package.json', 'src/a.ts', 'test/b.ts'];
    expect(broken([install, step(`[2/2] ${name}`, 'done')], [sent(names)])?.[1]).toEqual(files);
  });

  test.each<[string, readonly Step[], readonly Sent[], boolean]>([
    ['nothing, in a first build', [base, copy, make], [sent(['src/a.ts'], { isFirst: true })], false],
    ['nothing, where all came from the cache', [...before, install], [sent([], { files: 0 })], false],
    ['nothing, where everything was to run', all, [sent(['src/a.ts'])], true],
    ['nothing, before the first step', [step('[2/2] RUN make', 'waiting')], [sent(['a'])], false],
    ['no base image that only says done', [step('[1/2] FROM a', 'done'), install], [], false],
  ])('%s', (_name, vertices, transfers, noCache) => {
    expect(broken(vertices, transfers, noCache)).toBeUndefined();
  });

  test('is a base image that was fetched anew', () => {
    const fetched = step('[1/4] FROM docker.io/library/node:24', 'done', { bytes: { done: 9, total: 9 } });
    const run = step('[2/4] RUN npm ci', 'done');
    expect(broken([fetched, run], [sent([], { files: 0 })])?.[0]).toBe(fetched.name);
  });
});

test('totals count the Dockerfile’s steps, and everything that was sent, written and warned of', () => {
  const warning = { file: 'Dockerfile', line: 3, what: 'FromAsCasing', hint: '' };
  const clipped = step('[2/3] RUN make', 'done', {
    log: { bytes: 500, isClipped: true },
    warnings: [warning],
  });
  expect(
    buildTotals({
      vertices: [...before, clipped, step('[3/3] RUN x', 'failed', { log: { bytes: 7, isClipped: false } })],
      sent: [sent(['a']), sent(['b', 'c'], { bytes: 20 })],
    }),
  ).toEqual({
    steps: 2,
    cached: 1,
    filesSent: 3,
    bytesSent: 120,
    logBytes: 507,
    clipped: [clipped],
    warnings: [warning],
  });
});
