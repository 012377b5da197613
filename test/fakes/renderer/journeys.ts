import { ORPCError } from '@orpc/client';
import type { Comparison } from '#shared/domain/board.ts';
import { comparisonSchema } from '#shared/domain/board.ts';
import type { RunId } from '#shared/domain/ids.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import type { Plan, PlanRequest } from '#shared/domain/plan.ts';
import { planSchema } from '#shared/domain/plan.ts';
import { releaseSchema } from '#shared/domain/release.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { runSummarySchema } from '#shared/domain/run.ts';
import type { LogLine, RecordedEvent } from '#shared/domain/run-events.ts';
import { logLineSchema, recordedEventSchema } from '#shared/domain/run-events.ts';
import { ago, chatbot, promotionEvents, releases, rows, workspace } from './chatbot.ts';
import type { Fixture, FixtureData } from './fixture-client.ts';
import { never } from './fixture-client.ts';

const s = 1_000;
const min = 60 * s;
const h = 60 * min;
const d = 24 * h;

const sha = (head: string): string => head.padEnd(40, '0');
const commit = (head: string, subject: string, author: string, age: number) => ({
  sha: sha(head),
  subject,
  author,
  at: ago(age),
});

const commits = [
  commit('b90e4d2', 'Resume a dropped stream from its last token', 'jl', 26 * h),
  commit('e07a3c8', 'Store stream offsets per session', 'jl', 28 * h),
  commit('94d1b6f', 'Encrypt session state with the KMS key', 'pr', 2 * d),
  commit('2ac58e1', 'Back off when the model returns 429', 'mo', 4 * d),
  commit('6f3e902', 'Drop the long-poll fallback', 'mo', 5 * d),
  commit('c81b47d', 'Log tool calls with their request id', 'pr', 6 * d),
  commit('0d5f2ba', 'Bump ws to 8.18.0', 'mo', 8 * d),
];

const forward = {
  kind: 'known',
  direction: 'forward',
  commits,
  filesChanged: 14,
  insertions: 412,
  deletions: 96,
};

const image = {
  same: false,
  leftId: releases.oldest.imageId,
  rightId: releases.middle.imageId,
  leftSize: 71.5e6,
  rightSize: 72.2e6,
  layersShared: 8,
  layersNew: 3,
  layersGone: 3,
  config: [{ path: 'command', before: 'node server.js', after: 'node --enable-source-maps server.js' }],
};

const secret = (key: string, fingerprint = 'x') => ({ key, fingerprint });
const open = (key: string, publicValue: string) => ({ key, fingerprint: publicValue, publicValue });
const same = (key: string) => ({ key, kind: 'same', left: secret(key), right: secret(key) });

const quietKeys = Array.from({ length: 20 }, (_, index) => `SETTING_${String(index + 1).padStart(2, '0')}`);

const env = [
  { key: 'LLM_API_KEY', kind: 'changed', left: secret('LLM_API_KEY'), right: secret('LLM_API_KEY', 'y') },
  { key: 'LONG_POLL_MS', kind: 'removed', left: open('LONG_POLL_MS', '2500') },
  { key: 'STREAM_RESUME_TTL', kind: 'added', right: open('STREAM_RESUME_TTL', '600') },
  ...quietKeys.map(same),
];

const envFrom = [
  { key: 'SESSION_KMS_KEY', kind: 'missing', left: secret('SESSION_KMS_KEY') },
  {
    key: 'LLM_API_KEY',
    kind: 'changed',
    left: secret('LLM_API_KEY', 'z'),
    right: secret('LLM_API_KEY', 'y'),
  },
  {
    key: 'STREAM_RESUME_TTL',
    kind: 'changed',
    left: open('STREAM_RESUME_TTL', '900'),
    right: open('STREAM_RESUME_TTL', '600'),
  },
  ...quietKeys.map(same),
];

const target = [
  { path: 'web.image', before: releases.oldest.ref, after: releases.middle.ref },
  { path: 'web.memory', before: '512 MiB', after: '1 GiB' },
];

const step = (id: string, title: string, detail: string, changes = false) => ({
  id,
  title,
  detail,
  action: null,
  repeatable: true,
  changes,
  timeoutMs: 2 * min,
});

const composeSteps = (release: { readonly ref: string }, project: string) => [
  step('find-image', 'Find image', `${release.ref} is on the engine`),
  step('start', 'Start services', `docker compose up in project ${project}, pinned to ${release.ref}`, true),
  step('wait', 'Wait until healthy', 'every container is healthy and /healthz answers'),
  step('verify', 'Verify image', 'what runs is c4e81d09b37f'),
];

const backSteps = composeSteps(releases.newest, 'chatbot-dev').map((each) => ({
  ...each,
  id: `back-${each.id}`,
}));

const missing = {
  level: 'block',
  about: 'env',
  what: 'SESSION_KMS_KEY is missing in prod',
  detail: 'staging has it. Add it to .env.prod, or list it under env.optional in gantry.yml.',
};
const drift = {
  level: 'note',
  about: 'target',
  what: 'Drift in prod is overwritten',
  detail: 'web runs sha256:77aa01b2c3d4, not r-5c09e4.',
};
const gate = (id: string, title: string, state: string, detail: string) => ({ id, title, state, detail });
const openGates = (from: string, to: string) => [
  gate('hold', 'Hold', 'open', `${to} is not held`),
  gate('order', 'Order', 'open', `Ran in ${from} first`),
  gate('tests', 'Tests', 'open', '2 passed on this image'),
];

/** Answers like the core: the release that was asked for, else the one that makes sense. */
function planFor(request: PlanRequest, changes: object): Plan {
  const all = Object.values(releases);
  const { kind, to } = request;
  const usual = { deploy: releases.newest, promote: releases.middle, rollback: releases.oldest }[kind];
  const release = all.find((each) => each.id === request.release) ?? usual;
  const previous = kind === 'rollback' ? releases.middle : releases.oldest;
  const isBack = kind === 'rollback';
  return planSchema.parse({
    hash: '3d90b7e1'.padEnd(64, '0'),
    createdAt: ago(0),
    request: { ...request, release: release.id },
    environment: to,
    release,
    previous,
    env: isBack
      ? { kind: 'snapshot', id: `e-${'1'.repeat(64)}`, takenAt: ago(9 * d) }
      : { kind: 'file', file: `.env.${to}`, fingerprint: 'f' },
    diff: {
      commits: isBack ? { ...forward, direction: 'backward' } : forward,
      env,
      ...(kind === 'promote' ? { envFrom } : {}),
      image,
      target,
    },
    warnings: to === 'prod' && kind === 'promote' ? [missing, drift] : [],
    gates: isBack ? [] : openGates('staging', to),
    steps: composeSteps(release, `chatbot-${to}`),
    confirm: to === 'prod' ? 'typed' : 'click',
    onFailure: 'roll-back',
    target: { kind: 'compose', label: `chatbot-${to}` },
    lastDurationMs: 98 * s,
    ...changes,
  });
}

function compare(left: string, right: string): Comparison {
  const find = (name: string) => {
    const known: Record<string, object> = {
      dev: releases.newest,
      staging: releases.middle,
      prod: releases.oldest,
    };
    return known[name] ?? Object.values(releases).find((release) => release.id === name);
  };
  const areEnvironments = !left.startsWith('r-') && !right.startsWith('r-');
  return comparisonSchema.parse({
    left: { name: left, release: find(left) },
    right: { name: right, release: find(right) },
    commits: { ...forward, direction: 'backward' },
    image,
    ...(areEnvironments ? { env: [...env, envFrom[0]], target } : {}),
  });
}

const fullReleases = Object.values(releases).map(
  ({ imageId, ref, size, commit: at, branch, builtAt, ...rest }) =>
    releaseSchema.parse({
      ...rest,
      workspaceId: workspace.id,
      source: { commit: at, branch, uncommittedFiles: 0 },
      images: [
        {
          image: {
            identity: { imageId, manifestDigests: {} },
            tags: [ref],
            size,
            platform: 'linux/amd64',
            config: {
              entrypoint: [],
              command: [],
              envKeys: [],
              ports: [],
              user: '',
              workingDir: '',
              labels: {},
            },
            layers: [],
          },
          tags: [ref],
        },
      ],
      tests: [],
      builtBy: 216,
      builtAt,
    }),
);

const by = (name: string) => ({ name, shell: 'desktop' });
const runId = (id: number): RunId => runIdSchema.parse(id);

function record(
  id: number,
  seq: number,
  events: readonly (readonly [ageMs: number, event: object])[],
): RecordedEvent[] {
  return events.map(([age, event], index) =>
    recordedEventSchema.parse({ seq: seq + index, runId: id, n: index + 1, at: ago(age), event }),
  );
}

const vertex = (
  id: string,
  name: string,
  from: number,
  to: number,
  inputs: readonly string[],
  state = 'done',
) => ({
  kind: 'vertex-changed',
  step: 'build',
  vertex: {
    id,
    name,
    inputs,
    state,
    startedAt: ago(6 * min) + Math.round(from * s),
    ...(state === 'running' ? {} : { endedAt: ago(6 * min) + Math.round(to * s) }),
  },
});

const vertices = [
  vertex('def', '[internal] load build definition from Dockerfile', 0, 0.1, []),
  vertex('base', '[base 1/3] FROM docker.io/library/node:22-alpine', 0.4, 1.6, ['def']),
  vertex('tini', '[base 2/3] RUN apk add tini', 1.6, 1.7, ['base'], 'cached'),
  vertex('user', '[base 3/3] RUN adduser app', 1.7, 1.9, ['tini'], 'cached'),
  vertex('pkg', '[deps 1/2] COPY package.json package-lock.json', 1.9, 2.2, ['user']),
  vertex('ci', '[deps 2/2] RUN npm ci --omit=dev', 2.2, 13.4, ['pkg']),
  vertex('devci', '[dev-deps 1/1] RUN npm ci', 2.2, 12.1, ['pkg']),
  vertex('copy', '[build 1/2] COPY . .', 13.4, 14.1, ['ci', 'devci']),
  vertex('run', '[build 2/2] RUN npm run build', 14.1, 28.6, ['copy']),
  vertex('types', '[test 1/1] RUN npm run typecheck', 14.1, 22.4, ['copy']),
  vertex('dist', '[runtime 2/2] COPY --from=build /app/dist', 28.6, 29.3, ['run']),
  vertex('export', 'exporting to image', 29.3, 38.2, []),
];

const buildSteps = [
  step('source', 'Read source', 'Commit and uncommitted changes'),
  step('build', 'Build image', 'chatbot from Dockerfile'),
  step('test-1', 'Test unit', 'On this machine'),
  step('record', 'Record release', 'Tags and the ledger'),
];

const built = record(216, 700, [
  [
    6 * min,
    { kind: 'run-requested', workspaceId: workspace.id, run: 'build', steps: buildSteps, by: by('mo') },
  ],
  [6 * min, { kind: 'step-started', step: 'source' }],
  [
    6 * min,
    { kind: 'step-ended', step: 'source', outcome: 'succeeded', detail: '3f2c1a9 Send typing indicators' },
  ],
  [6 * min, { kind: 'step-started', step: 'build' }],
  ...vertices.map((event) => [6 * min, event] as const),
  [
    6 * min - 38 * s,
    { kind: 'step-ended', step: 'build', outcome: 'succeeded', detail: '25 of 34 steps cached' },
  ],
  [6 * min - 38 * s, { kind: 'step-started', step: 'test-1' }],
  [6 * min - 45 * s, { kind: 'step-ended', step: 'test-1', outcome: 'succeeded', detail: 'Passed' }],
  [6 * min - 45 * s, { kind: 'step-started', step: 'record' }],
  [
    6 * min - 46 * s,
    {
      kind: 'release-recorded',
      release: releases.newest.id,
      version: '1.4.2-dev',
      imageId: releases.newest.imageId,
    },
  ],
  [
    6 * min - 46 * s,
    { kind: 'step-ended', step: 'record', outcome: 'succeeded', detail: 'r-8f21c0 1.4.2-dev' },
  ],
  [
    6 * min - 46 * s,
    {
      kind: 'run-ended',
      outcome: 'succeeded',
      summary: 'r-8f21c0: 25 of 34 steps cached, 1 test passed',
      recovered: false,
    },
  ],
]);

const building = record(220, 950, [
  [
    21 * s,
    { kind: 'run-requested', workspaceId: workspace.id, run: 'build', steps: buildSteps, by: by('mo') },
  ],
  [21 * s, { kind: 'step-started', step: 'source' }],
  [
    21 * s,
    {
      kind: 'step-ended',
      step: 'source',
      outcome: 'succeeded',
      detail: '3f2c1a9 Send typing indicators, and 2 uncommitted files',
    },
  ],
  [21 * s, { kind: 'step-started', step: 'build' }],
  ...vertices.slice(0, 8).map((event) => [20 * s, shift(event)] as const),
  [6 * s, shift(vertex('run', '[build 2/2] RUN npm run build', 14.1, 0, ['copy'], 'running'))],
  [2 * s, { kind: 'step-progressed', step: 'build', text: 'step 9 of 12, RUN npm run build' }],
]);

/** The same build, begun 20 seconds ago. */
function shift(event: ReturnType<typeof vertex>): object {
  const by20s = 6 * min - 20 * s;
  const { startedAt, endedAt, ...rest } = event.vertex;
  return {
    ...event,
    vertex: {
      ...rest,
      startedAt: startedAt + by20s,
      ...(endedAt === undefined ? {} : { endedAt: endedAt + by20s }),
    },
  };
}

const devPlan = planFor(
  { workspaceId: chatbot().workspace.id, kind: 'deploy', to: environment('dev') },
  { previous: releases.newest, release: releases.middle, gates: [] },
);

function environment(name: string): PlanRequest['to'] {
  const found = chatbot().workspace.environments.find((each) => each === name);
  if (found === undefined) throw new Error(`this fixture has no environment ${name}`);
  return found;
}

/** A deploy whose health check never passed: it went back in the same run. */
const wentBack = record(219, 800, [
  [
    10 * min,
    {
      kind: 'run-requested',
      workspaceId: workspace.id,
      run: 'deploy',
      environment: 'dev',
      release: releases.middle.id,
      previousRelease: releases.newest.id,
      plan: devPlan,
      steps: devPlan.steps,
      by: by('mo'),
    },
  ],
  [10 * min, { kind: 'step-started', step: 'find-image' }],
  [
    10 * min - s,
    {
      kind: 'step-ended',
      step: 'find-image',
      outcome: 'succeeded',
      detail: 'chatbot:r-77ab10 is sha256:c4e81d09b37f',
    },
  ],
  [10 * min - s, { kind: 'step-started', step: 'start' }],
  [10 * min - 3 * s, { kind: 'step-ended', step: 'start', outcome: 'succeeded', detail: 'web started' }],
  [10 * min - 3 * s, { kind: 'step-started', step: 'wait' }],
  [
    8 * min - 3 * s,
    {
      kind: 'step-ended',
      step: 'wait',
      outcome: 'failed',
      detail: 'web did not become healthy within 2:00',
      error: {
        code: 'target-refused',
        message: 'web exited 9 times with code 1. Its last line: Error: REDIS_TYPING_URL is not set',
        hint: 'Add REDIS_TYPING_URL to .env.dev, or see its last lines in the log.',
      },
    },
  ],
  [8 * min - 3 * s, { kind: 'step-ended', step: 'verify', outcome: 'skipped', detail: 'Not run' }],
  [
    8 * min - 4 * s,
    {
      kind: 'rollback-started',
      reason: 'web did not become healthy within 2:00',
      release: releases.newest.id,
      steps: backSteps,
    },
  ],
  ...backSteps.flatMap((each, index) => [
    [8 * min - (4 + index * 2) * s, { kind: 'step-started', step: each.id }] as const,
    [
      8 * min - (6 + index * 2) * s,
      {
        kind: 'step-ended',
        step: each.id,
        outcome: 'succeeded',
        detail: ['found', 'web started', 'healthy after 2 s', 'verified'][index],
      },
    ] as const,
  ]),
  [
    8 * min - 14 * s,
    {
      kind: 'run-ended',
      outcome: 'rolled-back',
      summary: 'web did not become healthy within 2:00; back on r-8f21c0',
      recovered: false,
    },
  ],
]);

const patterns: readonly (readonly [step: string, source: string, level: string, text: string])[] = [
  ['wait', 'gantry', 'note', 'GET http://127.0.0.1:8080/healthz: connection refused'],
  ['wait', 'web', 'out', '{"level":"info","msg":"starting","release":"r-a94e55","node":"v22.9.0"}'],
  ['wait', 'web', 'out', '{"level":"info","msg":"redis connected","ms":4}'],
  ['wait', 'web', 'err', 'Error: REDIS_TYPING_URL is not set'],
  ['wait', 'web', 'err', '    at required (/app/dist/config.js:41:9)'],
  ['wait', 'web', 'err', '    at loadConfig (/app/dist/config.js:63:17)'],
  ['wait', 'gantry', 'note', 'web exited with code 1, compose restarts it'],
];

function logOf(count: number, start: number): readonly LogLine[] {
  return Array.from({ length: count }, (_, index) => {
    const [stepId, source, level, text] = index < 24 ? startLine(index) : pattern(index);
    return logLineSchema.parse({
      n: index + 1,
      at: start + index * 90,
      step: stepId,
      source,
      level,
      text,
    });
  });
}

function startLine(index: number): readonly [string, string, string, string] {
  return ['start', 'compose', 'out', `Container chatbot-dev-web-${index}  Started`];
}

function pattern(index: number): readonly [string, string, string, string] {
  return patterns[index % patterns.length] ?? ['wait', 'web', 'out', ''];
}

const buildLog = Array.from({ length: 340 }, (_, index) =>
  logLineSchema.parse({
    n: index + 1,
    at: ago(6 * min) + index * 110,
    step: 'build',
    source: index < 120 ? 'deps' : 'build',
    level: 'out',
    text:
      index < 120
        ? `npm http fetch GET 200 https://registry.npmjs.org/pkg-${index} ${index + 12}ms`
        : `dist/chunk-${index}.js  ${index} kB`,
  }),
);

/** Some months of work, older than the pictures' runs. */
function older(count: number): readonly RunSummary[] {
  const kinds = ['build', 'deploy', 'promote', 'promote', 'rollback'] as const;
  const outcomes = [
    'succeeded',
    'succeeded',
    'succeeded',
    'failed',
    'succeeded',
    'errored',
    'cancelled',
  ] as const;
  return Array.from({ length: count }, (_, index) => {
    const kind = kinds[index % kinds.length] ?? 'build';
    const state = outcomes[index % outcomes.length] ?? 'succeeded';
    const to = kind === 'deploy' ? 'dev' : index % 2 === 0 ? 'staging' : 'prod';
    const which = Object.values(releases)[index % 3] ?? releases.oldest;
    const startedAt = ago(26 * h + index * 5 * h);
    return runSummarySchema.parse({
      id: 210 - index,
      workspaceId: workspace.id,
      kind,
      ...(kind === 'build' ? {} : { environment: to }),
      ...(kind === 'promote' ? { from: to === 'prod' ? 'staging' : 'dev' } : {}),
      ...(kind === 'build' && state !== 'succeeded' ? {} : { release: which.id, version: which.version }),
      ...(kind === 'build' ? {} : { previousRelease: releases.newest.id }),
      by: by(['jl', 'mo', 'pr'][index % 3] ?? 'jl'),
      ...(kind === 'rollback'
        ? {
            note: 'Clients reconnect in a storm after a pod restart, so 1.4.1 goes back until the backoff is in',
          }
        : {}),
      state,
      recovered: index % 11 === 3 && state === 'succeeded',
      isCancelRequested: false,
      startedAt,
      endedAt: startedAt + (30 + (index % 7) * 17) * s,
      summary: {
        succeeded: 'healthy after 6 s, what runs is the image',
        failed: 'web did not become healthy within 2:00',
        errored: 'Docker stopped answering after step 2',
        cancelled: 'Cancelled',
      }[state],
      stepsDone: 4,
      stepsTotal: 4,
    });
  });
}

const summaryRow = (id: number, from: RunSummary | undefined): RunSummary =>
  runSummarySchema.parse({ ...from, id });

function journey(planChanges: object = {}): FixtureData {
  const base = chatbot();
  return {
    ...base,
    runs: [summaryRow(220, rows[2]), summaryRow(219, rows[1]), ...rows, ...older(190)],
    events: new Map([
      [runId(220), building],
      [runId(219), wentBack],
      [runId(218), promotionEvents],
      [runId(216), built],
    ]),
    logs: new Map([
      [runId(219), logOf(1_298, ago(10 * min))],
      [runId(216), buildLog],
      [runId(220), buildLog.slice(0, 210)],
      [runId(218), logOf(64, ago(41 * s))],
    ]),
    releases: fullReleases,
    plan: (request) => planFor(request, planChanges),
    compare,
  };
}

function refusal(code: string, message: string, hint: string): ORPCError<'GANTRY', unknown> {
  return new ORPCError('GANTRY', { defined: true, status: 400, message, data: { code, message, hint } });
}

type Journey = { readonly data: FixtureData; readonly prepare?: (fixture: Fixture) => void };

/** Plan dialog, run view, history and compare, in the states that are hard to reach: `?scenario=plan-stale`. */
export const journeys: Readonly<Record<string, () => Journey>> = {
  journey: () => ({ data: journey() }),
  'plan-ready': () => ({ data: journey({ warnings: [drift] }) }),
  'plan-held': () => ({
    data: journey({
      gates: [
        gate('hold', 'Hold', 'closed', 'Held by mo: payment freeze'),
        ...openGates('staging', 'prod').slice(1),
      ],
    }),
  }),
  'plan-first': () => ({
    data: journey({
      previous: undefined,
      warnings: [],
      diff: {
        commits: { kind: 'unknown', why: 'Nothing ran here before.' },
        env: env.flatMap((each) => ('right' in each ? [{ ...each, kind: 'added', left: undefined }] : [])),
        image: {
          ...image,
          leftId: undefined,
          leftSize: undefined,
          layersShared: 0,
          layersNew: 11,
          layersGone: 0,
          config: [],
        },
        target: [
          { path: 'project', after: 'chatbot-dev' },
          { path: 'image', after: releases.newest.ref },
        ],
      },
    }),
  }),
  'plan-planning': () => ({ data: journey(), prepare: (fixture) => fixture.fail('plan', never) }),
  'plan-failing': () => ({
    data: journey(),
    prepare: (fixture) =>
      fixture.fail(
        'plan',
        refusal(
          'target-unreachable',
          'prod cannot be observed: connect ENOENT /var/run/docker.sock',
          'Nothing was started. `gantry doctor` tells what is wrong.',
        ),
      ),
  }),
  'plan-stale': () => ({
    data: journey({ warnings: [] }),
    prepare: (fixture) =>
      fixture.fail(
        'runs.start',
        refusal('plan-stale', 'prod has changed since the plan was made.', 'Plan again.'),
      ),
  }),
  'plan-refused': () => ({
    data: journey({ warnings: [] }),
    prepare: (fixture) =>
      fixture.fail(
        'runs.start',
        refusal(
          'environment-busy',
          'prod is leased to run 221 (promote r-77ab10, by mo through cli).',
          'Wait until it has ended, or cancel it: gantry cancel 221',
        ),
      ),
  }),
  'run-loading': () => ({ data: journey(), prepare: (fixture) => fixture.fail('runs.get', never) }),
  'run-failing': () => ({
    data: journey(),
    prepare: (fixture) =>
      fixture.fail(
        'runs.get',
        refusal('run-unknown', 'There is no run 219.', 'Take one that `gantry history` lists.'),
      ),
  }),
  'history-empty': () => ({ data: { ...journey(), runs: [], events: new Map() } }),
  'history-loading': () => ({ data: journey(), prepare: (fixture) => fixture.fail('runs.list', never) }),
  'history-failing': () => ({
    data: journey(),
    prepare: (fixture) =>
      fixture.fail(
        'runs.list',
        refusal(
          'ledger-busy',
          'Another process has kept the ledger locked for 5 s.',
          'Wait until the other Gantry is done.',
        ),
      ),
  }),
  'compare-failing': () => ({
    data: journey(),
    prepare: (fixture) =>
      fixture.fail(
        'compare',
        refusal(
          'usage',
          'canary is neither an environment nor a release.',
          'Environments: dev, staging, prod. Releases look like r-8f21c0.',
        ),
      ),
  }),
};
