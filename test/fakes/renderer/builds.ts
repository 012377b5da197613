import { boardSchema } from '#shared/domain/board.ts';
import type { RunId } from '#shared/domain/ids.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import type { Release } from '#shared/domain/release.ts';
import { releaseSchema } from '#shared/domain/release.ts';
import type { LogLine, RecordedEvent } from '#shared/domain/run-events.ts';
import { logLineSchema, recordedEventSchema } from '#shared/domain/run-events.ts';
import { foldRun, toSummary } from '#shared/domain/run-reducer.ts';
import { watchStateSchema } from '#shared/domain/watch.ts';
import { ago, boardInput, chatbot, commits, releases, rows, workspace } from './chatbot.ts';
import type { Fixture, FixtureData } from './fixture-client.ts';

const s = 1_000;
const min = 60 * s;

type Step = { readonly id: string; readonly title: string; readonly detail: string };
type Moment = readonly [seconds: number, event: object];

const planned = ({ id, title, detail }: Step) => ({
  id,
  title,
  detail,
  action: null,
  repeatable: true,
  changes: false,
  timeoutMs: 30 * min,
});

const source: Step = { id: 'source', title: 'Read source', detail: 'Commit and uncommitted changes' };
const build: Step = { id: 'build', title: 'Build image', detail: 'chatbot from Dockerfile' };
const unit: Step = { id: 'test-1', title: 'Test unit', detail: 'On this machine' };
const smoke: Step = { id: 'test-2', title: 'Test smoke', detail: 'In the image' };
const last: Step = { id: 'record', title: 'Record release', detail: 'Tags and the ledger' };
const all = [source, build, unit, smoke, last];

const started = (step: Step) => ({ kind: 'step-started', step: step.id });
const ended = (step: Step, detail: string, more: object = {}) => ({
  kind: 'step-ended',
  step: step.id,
  outcome: 'succeeded',
  detail,
  ...more,
});
const skipped = (step: Step) => ended(step, 'Not run', { outcome: 'skipped' });

/** `secondsAgo`: when it began. Moments count from there. */
function record(
  id: number,
  secondsAgo: number,
  steps: readonly Step[],
  moments: readonly Moment[],
  more = {},
) {
  const begun = ago(secondsAgo * s);
  const requested = {
    kind: 'run-requested',
    workspaceId: workspace.id,
    run: 'build',
    steps: steps.map(planned),
    by: { name: 'mo', shell: 'desktop' },
    ...more,
  };
  const events: readonly Moment[] = [[0, requested], ...moments];
  return events.map(([at, event], index) =>
    recordedEventSchema.parse({
      seq: id * 1_000 + index,
      runId: id,
      n: index + 1,
      at: begun + at * s,
      event: placed(event, begun),
    }),
  );
}

/** A build step's times are written in seconds from the begin of the run. */
function placed(event: object, begun: number): object {
  if (!('vertex' in event) || typeof event.vertex !== 'object' || event.vertex === null) return event;
  const { from, to, ...vertex } = event.vertex as { from?: number; to?: number };
  return {
    ...event,
    vertex: {
      ...vertex,
      ...(from === undefined ? {} : { startedAt: begun + from * s }),
      ...(to === undefined ? {} : { endedAt: begun + to * s }),
    },
  };
}

const sourceRead: readonly Moment[] = [
  [0, started(source)],
  [0.2, ended(source, '3f2c1a9 Send typing indicators, and 2 uncommitted files')],
  [0.2, started(build)],
];

const vertex = (
  id: string,
  name: string,
  times: readonly [from?: number, to?: number],
  inputs: readonly string[],
  more: object = {},
): Moment => {
  const [from, to] = times;
  const state = to !== undefined ? 'done' : from !== undefined ? 'running' : 'waiting';
  return [
    to ?? from ?? 0.5,
    {
      kind: 'vertex-changed',
      step: 'build',
      vertex: { id, name, inputs, state, from, to, ...more },
    },
  ];
};

const cached = { state: 'cached' };
const lintWarning = {
  file: 'Dockerfile',
  line: 24,
  what: 'JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals.',
  hint: 'docs.docker.com/go/dockerfile/rule/json-args-recommended',
};
const stageWarning = {
  file: 'Dockerfile',
  line: 3,
  what: 'FromAsCasing: ‘as’ and ‘FROM’ keywords’ casing do not match.',
  hint: 'docs.docker.com/go/dockerfile/rule/from-as-casing',
};

const sent = (files: number, bytes: number, names: readonly string[], isFirst = false): Moment => [
  1.1,
  { kind: 'context-sent', step: 'build', files, bytes, names, isFirst },
];

const head = [
  vertex('def', '[internal] load build definition from Dockerfile', [0.3, 0.4], [], {
    warnings: [lintWarning, stageWarning],
  }),
  vertex('meta', '[internal] load metadata for docker.io/library/node:22-alpine', [0.4, 0.8], []),
  vertex('ignore', '[internal] load .dockerignore', [0.4, 0.5], []),
  vertex('context', '[internal] load build context', [0.8, 1.1], ['ignore'], {
    bytes: { done: 12_400, total: 12_400 },
  }),
];

const withCache = [
  ...head,
  vertex('base', '[base 1/3] FROM docker.io/library/node:22-alpine', [1.1, 1.1], ['meta'], cached),
  vertex('tini', '[base 2/3] RUN apk add tini', [1.1, 1.1], ['base'], cached),
  vertex('user', '[base 3/3] RUN adduser app', [1.1, 1.1], ['tini'], cached),
  vertex('pkg', '[deps 1/2] COPY package.json package-lock.json ./', [1.1, 1.1], ['user', 'context'], cached),
  vertex('ci', '[deps 2/2] RUN npm ci --omit=dev', [1.1, 1.1], ['pkg'], cached),
  vertex('devci', '[dev-deps 1/1] RUN npm ci', [1.1, 1.1], ['pkg'], cached),
  vertex('copy', '[build 1/2] COPY . .', [1.2, 1.9], ['devci', 'context']),
  vertex('run', '[build 2/2] RUN npm run build', [1.9, 16.4], ['copy'], {
    log: { bytes: 21_400, isClipped: false },
  }),
  vertex('types', '[test 1/1] RUN npm run typecheck', [1.9, 10.2], ['copy'], {
    log: { bytes: 2_097_152, isClipped: true },
  }),
  vertex('dist', '[runtime 2/2] COPY --from=build /app/dist ./dist', [16.4, 17.1], ['run']),
  vertex('export', 'exporting to image', [17.1, 19.4], [], { bytes: { done: 8_400_000 } }),
];

const changedNames = ['src/stream/resume.ts', 'src/stream/typing.ts', 'test/stream/resume.test.ts'];
const counts = (total: number, failed = 0, skippedTests = 0) => ({ total, failed, skipped: skippedTests });

const reported = (step: Step, of: object, failures: readonly object[] = []): object => ({
  kind: 'test-reported',
  step: step.id,
  counts: of,
  failures,
});

const built = record(240, 5 * 60, all, [
  ...sourceRead,
  sent(3, 12_400, changedNames),
  ...withCache,
  [19.5, ended(build, '6 of 10 steps cached')],
  [19.5, started(unit)],
  [26, reported(unit, counts(416, 0, 2))],
  [26, ended(unit, '414 passed, 2 skipped')],
  [26, started(smoke)],
  [28, ended(smoke, 'Passed')],
  [28, started(last)],
  [
    28.4,
    {
      kind: 'release-recorded',
      release: releases.newest.id,
      version: '1.4.2',
      imageId: releases.newest.imageId,
    },
  ],
  [28.4, ended(last, 'r-8f21c0 1.4.2')],
  [
    28.4,
    {
      kind: 'run-ended',
      outcome: 'succeeded',
      summary: 'r-8f21c0: 6 of 10 steps cached, 2 tests passed',
      recovered: false,
    },
  ],
]);

const failures = [
  {
    name: 'stream/resume › keeps the offset across a reconnect',
    message:
      'AssertionError: expected 1184 to be 1190 // Object.is equality\n- Expected\n+ Received\n- 1190\n+ 1184\n    at test/stream/resume.test.ts:48:26',
  },
  {
    name: 'stream/typing › stops after 5 s of silence',
    message: 'Error: Test timed out in 5000ms.\n    at test/stream/typing.test.ts:12:1',
  },
];

const failedTest = record(239, 12 * 60, all, [
  ...sourceRead,
  sent(3, 12_400, changedNames),
  ...withCache,
  [19.5, ended(build, '6 of 10 steps cached')],
  [19.5, started(unit)],
  [26, reported(unit, counts(416, 3, 2), failures)],
  [
    26,
    ended(unit, '3 of 416 failed, with exit code 1', {
      outcome: 'failed',
      error: {
        code: 'target-refused',
        message: 'Test unit failed with exit code 1: 3 of 416 failed.',
        hint: 'Its output is in the log. No release was made.',
      },
    }),
  ],
  [26, skipped(smoke)],
  [26, skipped(last)],
  [26, { kind: 'run-ended', outcome: 'failed', summary: 'Test unit: 3 of 416 failed', recovered: false }],
]);

const compileError = 'process "/bin/sh -c npm run build" did not complete successfully: exit code: 2';

const failedBuild = record(238, 20 * 60, all, [
  ...sourceRead,
  sent(1, 4_100, ['src/stream/resume.ts']),
  ...withCache.slice(0, 11),
  vertex('run', '[build 2/2] RUN npm run build', [1.9, 7.3], ['copy'], {
    state: 'failed',
    error: compileError,
    log: { bytes: 1_240, isClipped: false },
  }),
  vertex('types', '[test 1/1] RUN npm run typecheck', [1.9, 7.3], ['copy'], {
    state: 'cancelled',
    error: 'context canceled',
  }),
  vertex('dist', '[runtime 2/2] COPY --from=build /app/dist ./dist', [], ['run']),
  [
    7.4,
    ended(build, 'RUN npm run build ended with exit code 2', {
      outcome: 'failed',
      error: {
        code: 'engine-refused',
        message: `The engine could not build the image: ${compileError}`,
        hint: 'Mend the step; its output is in the log.',
        problems: [
          { file: 'Dockerfile', line: 18, what: 'RUN npm run build', hint: 'ended with exit code 2' },
        ],
      },
    }),
  ],
  [7.4, skipped(unit)],
  [7.4, skipped(smoke)],
  [7.4, skipped(last)],
  [
    7.4,
    {
      kind: 'run-ended',
      outcome: 'failed',
      summary: 'RUN npm run build ended with exit code 2',
      recovered: false,
    },
  ],
]);

/** A first build: everything is fetched and sent. */
const fetching = record(241, 21, all, [
  ...sourceRead,
  sent(20_004, 160_200_000, ['.eslintrc.json', 'Dockerfile', 'README.md', 'package.json'], true),
  vertex('def', '[internal] load build definition from Dockerfile', [0.3, 0.4], []),
  vertex('meta', '[internal] load metadata for docker.io/library/node:22-alpine', [0.4, 0.8], []),
  vertex('context', '[internal] load build context', [0.8, 9.1], ['def'], {
    bytes: { done: 160_200_000, total: 160_200_000 },
  }),
  vertex('base', '[base 1/3] FROM docker.io/library/node:22-alpine', [1.1], ['meta'], {
    bytes: { done: 12_400_000, total: 45_100_000 },
  }),
  vertex('tini', '[base 2/3] RUN apk add tini', [], ['base']),
  vertex('user', '[base 3/3] RUN adduser app', [], ['tini']),
  vertex('pkg', '[deps 1/2] COPY package.json package-lock.json ./', [], ['user', 'context']),
  vertex('ci', '[deps 2/2] RUN npm ci --omit=dev', [], ['pkg']),
  vertex('run', '[build 2/2] RUN npm run build', [], ['ci']),
  vertex('fonts', '[fonts 1/1] ADD https://fonts.example.com/inter.tar.gz /fonts/', [1.1], ['def'], {
    bytes: { done: 3_100_000 },
  }),
  [20, { kind: 'step-progressed', step: 'build', text: 'node:22-alpine 12.4 MB of 45.1 MB' }],
]);

const wait = (id: number): Step => ({
  id: 'wait',
  title: `Wait for run ${id}`,
  detail: 'build, by mo in cli, process 40512',
});

const queued = (id: number, after: number, secondsAgo: number) =>
  record(id, secondsAgo, [wait(after), ...all], [[0, started(wait(after))]]);

const cells = ['PYTHON=3.10', 'PYTHON=3.11'] as const;
const inCell = (cell: string) => ({ cell });
const [ten, eleven] = cells;

const matrixVertices = [
  vertex('def', '[internal] load build definition from Dockerfile', [0.3, 0.4], [], inCell(ten)),
  vertex('context', '[internal] load build context', [0.5, 0.9], ['def'], {
    ...inCell(ten),
    bytes: { done: 12_400 },
  }),
  vertex('b10', '[1/4] FROM docker.io/library/python:3.10-slim', [0.9, 0.9], ['def'], {
    ...inCell(ten),
    ...cached,
  }),
  vertex('r10', '[2/4] COPY requirements.txt .', [0.9, 0.9], ['b10', 'context'], {
    ...inCell(ten),
    ...cached,
  }),
  vertex('p10', '[3/4] RUN pip install -r requirements.txt', [0.9, 0.9], ['r10'], {
    ...inCell(ten),
    ...cached,
  }),
  vertex('c10', '[4/4] COPY . .', [1, 1.6], ['p10', 'context'], inCell(ten)),
  vertex('e10', 'exporting to image', [1.6, 3.8], [], inCell(ten)),
  vertex('b11', '[1/4] FROM docker.io/library/python:3.11-slim', [0.9, 0.9], ['def'], {
    ...inCell(eleven),
    ...cached,
  }),
  vertex('r11', '[2/4] COPY requirements.txt .', [0.9, 1.2], ['b11', 'context'], inCell(eleven)),
  vertex('p11', '[3/4] RUN pip install -r requirements.txt', [1.2, 14.8], ['r11'], {
    ...inCell(eleven),
    log: { bytes: 48_200, isClipped: false },
  }),
  vertex('c11', '[4/4] COPY . .', [14.8, 15.3], ['p11', 'context'], inCell(eleven)),
  vertex('e11', 'exporting to image', [15.3, 18.9], [], inCell(eleven)),
];

const matrixSteps = [source, build, unit, last];
const matrix = record(237, 30 * 60, matrixSteps, [
  ...sourceRead,
  sent(2, 12_400, ['app/main.py', 'requirements.txt']),
  ...matrixVertices,
  [19, ended(build, '4 of 9 steps cached')],
  [19, started(unit)],
  [24, reported(unit, counts(88))],
  [25, reported(unit, counts(88))],
  [25, ended(unit, '176 passed')],
  [25, started(last)],
  [
    25.5,
    { kind: 'release-recorded', release: 'r-c0ffee', version: '2.0.0', imageId: `sha256:${'10'.repeat(32)}` },
  ],
  [25.5, ended(last, 'r-c0ffee 2.0.0')],
  [
    25.5,
    {
      kind: 'run-ended',
      outcome: 'succeeded',
      summary: 'r-c0ffee: 4 of 9 steps cached, 2 tests passed',
      recovered: false,
    },
  ],
]);

const body = (text: string) => ({ body: text });
const notes = {
  since: { release: releases.middle.id, version: '1.4.1', commit: commits.resume.sha },
  commits: [
    { ...commits.typing, subject: 'feat(stream): send typing indicators through Redis pub/sub', ...body('') },
    {
      sha: 'e07a3c8'.padEnd(40, '0'),
      subject: 'fix(stream): store stream offsets per session',
      author: 'jl',
      at: ago(3 * 60 * min),
      ...body('Two tabs of one person shared an offset.'),
    },
    {
      sha: '94d1b6f'.padEnd(40, '0'),
      subject: 'feat!: encrypt session state with the KMS key',
      author: 'pr',
      at: ago(5 * 60 * min),
      ...body('BREAKING CHANGE: SESSION_KMS_KEY has to be set.'),
    },
    {
      sha: '0d5f2ba'.padEnd(40, '0'),
      subject: 'Bump ws to 8.18.0',
      author: 'mo',
      at: ago(9 * 60 * min),
      ...body(''),
    },
    {
      sha: '6f3e902'.padEnd(40, '0'),
      subject: 'docs: how to run a node',
      author: 'mo',
      at: ago(10 * 60 * min),
      ...body(''),
    },
  ],
  total: 5,
};

const config = { entrypoint: [], command: [], envKeys: [], ports: [], user: '', workingDir: '', labels: {} };
const image = (imageId: string, size: number, tags: readonly string[], cell?: string) => ({
  ...(cell === undefined ? {} : { cell }),
  tags,
  image: {
    identity: { imageId, manifestDigests: {} },
    tags,
    size,
    platform: 'linux/amd64',
    config,
    layers: [],
  },
});

export const builtReleases: readonly Release[] = [
  {
    id: releases.newest.id,
    version: '1.4.2',
    images: [
      image(releases.newest.imageId, 73_300_000, [
        'chatbot:r-8f21c0',
        'chatbot:1.4.2',
        'chatbot:main',
        'chatbot:3f2c1a9',
      ]),
    ],
    tests: [
      { name: 'unit', where: 'host', durationMs: 6_500, counts: counts(416, 0, 2) },
      { name: 'smoke', where: 'image', durationMs: 2_000 },
    ],
    builtBy: 240,
    notes,
  },
  {
    id: 'r-c0ffee',
    version: '2.0.0',
    images: [
      image(
        `sha256:${'10'.repeat(32)}`,
        151_000_000,
        ['chatbot:r-c0ffee-python3.10', 'chatbot:2.0.0-python3.10'],
        ten,
      ),
      image(
        `sha256:${'11'.repeat(32)}`,
        154_000_000,
        ['chatbot:r-c0ffee-python3.11', 'chatbot:2.0.0-python3.11'],
        eleven,
      ),
    ],
    tests: [
      { name: 'unit', where: 'image', cell: ten, durationMs: 4_100, counts: counts(88) },
      { name: 'unit', where: 'image', cell: eleven, durationMs: 4_400, counts: counts(88) },
    ],
    builtBy: 237,
  },
].map((each) =>
  releaseSchema.parse({
    ...each,
    workspaceId: workspace.id,
    source: { commit: commits.typing, branch: 'main', uncommittedFiles: 0 },
    builtAt: ago(4 * min),
  }),
);

const sources = ['[build 2/2] RUN npm run build', '[test 1/1] RUN npm run typecheck', 'test unit'] as const;

function linesOf(id: number, count: number): readonly LogLine[] {
  const isTest = id === 239;
  return Array.from({ length: count }, (_, index) => {
    const inTest = isTest && index > count / 2;
    return logLineSchema.parse({
      n: index + 1,
      at: ago(12 * min) + index * 90,
      step: inTest ? 'test-1' : 'build',
      source: inTest ? sources[2] : sources[index % 2],
      level: 'out',
      text: inTest
        ? index % 23 === 7
          ? 'AssertionError: expected 1184 to be 1190'
          : ` ✓ test/stream/case-${index}.test.ts (4 tests) ${index % 40}ms`
        : `dist/chunk-${index}.js  ${index} kB`,
    });
  });
}

const runId = (id: number): RunId => runIdSchema.parse(id);

/** Rows of `building` runs come before those of the pictures. */
function withBuilds(...of: readonly (readonly RecordedEvent[])[]): FixtureData {
  const views = of.map((events) => foldRun(events)).filter((view) => view !== undefined);
  return {
    ...chatbot(),
    runs: [...views.map(toSummary).toSorted((one, other) => other.id - one.id), ...rows.slice(1)],
    events: new Map(views.map((view, index) => [view.id, of[index] ?? []])),
    logs: new Map([
      [runId(240), linesOf(240, 412)],
      [runId(239), linesOf(239, 520)],
      [runId(238), linesOf(238, 64)],
      [runId(237), linesOf(237, 120)],
      [runId(241), linesOf(241, 12)],
    ]),
    releases: builtReleases,
  };
}

const watching = (phase: string, more: object = {}) =>
  watchStateSchema.parse({
    kind: 'on',
    environment: 'dev',
    since: ago(9 * min),
    phase,
    changed: [],
    ...more,
  });

function flood(fixture: Fixture): void {
  const lines: LogLine[] = [];
  const timer = setInterval(() => {
    for (let more = 0; more < 2_000; more += 1) {
      lines.push({
        n: lines.length + 1,
        at: ago(21 * s) + lines.length,
        step: 'build',
        source: sources[0],
        level: 'out',
        text: `line ${lines.length} of the flood: checking the invariants of block ${lines.length * 7}`,
      });
    }
    fixture.change({ logs: new Map([[runId(241), lines]]) });
    if (lines.length >= 100_000) clearInterval(timer);
  }, 60);
}

const ended5 = [built, failedTest, failedBuild, matrix];

/** Builds in every state: `?scenario=builds#/runs/240`. */
export const buildScenarios: Readonly<
  Record<string, () => { readonly data: FixtureData; readonly prepare?: (fixture: Fixture) => void }>
> = {
  /** 240 succeeded, 239 failed in a test, 238 failed in the Dockerfile, 237 is a matrix. */
  builds: () => ({ data: withBuilds(...ended5) }),
  /** Environments that run different cells of the same release. */
  'board-matrix': () => ({
    data: {
      ...withBuilds(...ended5),
      board: boardSchema.parse({
        ...boardInput,
        environments: boardInput.environments.map((environment, index) => ({
          ...environment,
          release: { ...environment.release, cell: index === 2 ? ten : eleven },
        })),
      }),
    },
  }),
  /** 241 builds. */
  'builds-running': () => ({ data: withBuilds(fetching, ...ended5) }),
  /** The loop that brings every change to dev: waiting, at work, in trouble, without an environment. */
  'watch-waiting': () => ({
    data: {
      ...withBuilds(...ended5),
      watch: watching('waiting', { runId: 217, done: 'r-8f21c0 runs in dev' }),
    },
  }),
  'watch-settling': () => ({ data: { ...withBuilds(...ended5), watch: watching('settling') } }),
  'watch-building': () => ({
    data: {
      ...withBuilds(fetching, ...ended5),
      watch: watching('building', { runId: 241, changed: changedNames }),
    },
  }),
  'watch-deploying': () => ({
    data: {
      ...withBuilds(...ended5),
      watch: watching('deploying', { runId: 240, changed: ['src/stream/resume.ts'] }),
    },
  }),
  'watch-trouble': () => ({
    data: {
      ...withBuilds(failedTest, failedBuild, matrix),
      watch: watching('waiting', {
        runId: 239,
        changed: changedNames,
        trouble: 'Test unit failed with exit code 1: 3 of 416 failed.',
      }),
    },
  }),
  'watch-nowhere': () => ({
    data: { ...withBuilds(...ended5), watch: watching('waiting', { environment: undefined }) },
  }),
  /** 241 writes 100,000 lines in some seconds, as a step does on an engine that clips nothing. */
  'builds-flood': () => ({ data: withBuilds(fetching, ...ended5), prepare: flood }),
  /** 241 builds, 242 and 243 wait for it. */
  'builds-queued': () => ({
    data: withBuilds(queued(243, 242, 4), queued(242, 241, 12), fetching, ...ended5),
  }),
};
