import { boardSchema } from '#shared/domain/board.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import { runSummarySchema } from '#shared/domain/run.ts';
import type { RecordedEvent } from '#shared/domain/run-events.ts';
import { recordedEventSchema } from '#shared/domain/run-events.ts';
import { systemStatusSchema } from '#shared/domain/system.ts';
import { workspaceViewSchema } from '#shared/domain/workspace.ts';
import type { FixtureData } from './fixture-client.ts';

/** The moment the pictures are taken. */
export const now = new Date('2026-03-12T14:32:07').getTime();
const s = 1_000;
const min = 60 * s;
const h = 60 * min;
const d = 24 * h;
export const ago = (ms: number): number => now - ms;

const digest = (head: string): string => `sha256:${head.padEnd(64, '0')}`;
const sha = (head: string): string => head.padEnd(40, '0');

export const commits = {
  typing: {
    sha: sha('3f2c1a9'),
    subject: 'Send typing indicators through Redis pub/sub',
    author: 'mo',
    at: ago(26 * min),
  },
  resume: {
    sha: sha('b90e4d2'),
    subject: 'Resume a dropped stream from its last token',
    author: 'jl',
    at: ago(26 * h),
  },
  cap: { sha: sha('51d7f0e'), subject: 'Cap tool-call recursion at eight', author: 'mo', at: ago(9 * d + h) },
} as const;

const release = (
  id: string,
  version: string,
  image: string,
  size: number,
  commit: object,
  builtAt: number,
) => ({
  id,
  version,
  imageId: digest(image),
  ref: `chatbot:${id}`,
  size,
  commit,
  branch: 'main',
  uncommittedFiles: 0,
  builtAt,
});

export const releases = {
  newest: release('r-8f21c0', '1.4.2-dev', '9b1c04e7a2f8', 73.3e6, commits.typing, ago(5 * min)),
  middle: release('r-77ab10', '1.4.1', 'c4e81d09b37f', 72.2e6, commits.resume, ago(21 * h)),
  oldest: release('r-5c09e4', '1.4.0', '1fa6d2705be3', 71.5e6, commits.cap, ago(9 * d)),
} as const;

export const workspace = {
  id: 'w-chatbot',
  name: 'chatbot',
  folder: '/home/mo/code/chatbot',
  origin: 'written',
  trusted: true,
  environments: ['dev', 'staging', 'prod'],
  commands: ['npm test', 'docker compose up --detach'],
  problems: [],
  git: { branch: 'main', head: commits.typing, uncommittedFiles: 2 },
};

const actor = (name: string) => ({ name, shell: 'desktop' });

export function running(name: string, imageId: string, since: number, port: number, health = 'healthy') {
  return {
    kind: 'running',
    at: ago(12 * s),
    services: [
      {
        name,
        imageId,
        imageRef: 'chatbot:r',
        health,
        state: 'running',
        since,
        ports: [`127.0.0.1:${port}->8080/tcp`],
      },
    ],
    settings: {},
  };
}

const state = (environment: string, of: { id: string }, runId: number, at: number) => ({
  workspaceId: workspace.id,
  environment,
  release: of.id,
  runId,
  at,
});

const steps = [
  ['pin', 'Pin the image', 'chatbot:r-8f21c0'],
  ['up', 'Start web', 'compose, chatbot-staging'],
  ['healthy', 'Wait until healthy', '/healthz, at most 2:00'],
  ['verify', 'Verify the live digest', 'sha256:9b1c04e7a2f8'],
  ['record', 'Record the release', 'staging'],
].map(([id, title, detail]) => ({
  id,
  title,
  detail,
  action: null,
  repeatable: true,
  changes: id === 'up',
  timeoutMs: 2 * min,
}));

const sameImage = {
  same: false,
  leftSize: 72.2e6,
  rightSize: 73.3e6,
  layersShared: 8,
  layersNew: 3,
  layersGone: 3,
  config: [],
};

export const promotionPlan = {
  hash: '3d90b7e1'.padEnd(64, '0'),
  createdAt: ago(50 * s),
  request: {
    workspaceId: workspace.id,
    kind: 'promote',
    from: 'dev',
    to: 'staging',
    release: releases.newest.id,
  },
  environment: 'staging',
  release: releases.newest,
  previous: releases.middle,
  env: { kind: 'file', file: '.env.staging', fingerprint: 'f' },
  diff: {
    commits: {
      kind: 'known',
      direction: 'forward',
      commits: [commits.typing],
      filesChanged: 4,
      insertions: 120,
      deletions: 18,
    },
    env: [],
    image: sameImage,
    target: [],
  },
  warnings: [],
  gates: [],
  steps,
  confirm: 'click',
  onFailure: 'roll-back',
  target: { kind: 'compose', label: 'chatbot-staging' },
};

/** Run 218, a promotion to staging in its third step, 41 seconds in. */
export const promotionEvents: readonly RecordedEvent[] = [
  {
    kind: 'run-requested',
    workspaceId: workspace.id,
    run: 'promote',
    environment: 'staging',
    from: 'dev',
    release: releases.newest.id,
    previousRelease: releases.middle.id,
    plan: promotionPlan,
    steps,
    by: actor('mo'),
  },
  { kind: 'step-started', step: 'pin' },
  { kind: 'step-ended', step: 'pin', outcome: 'succeeded', detail: 'chatbot:r-8f21c0' },
  { kind: 'step-started', step: 'up' },
  { kind: 'step-ended', step: 'up', outcome: 'succeeded', detail: 'web started' },
  { kind: 'step-started', step: 'healthy' },
].map((event, index) =>
  recordedEventSchema.parse({
    seq: 900 + index,
    runId: 218,
    n: index + 1,
    at: ago(41 * s - index * 20),
    event,
  }),
);

const row = (
  id: number,
  kind: string,
  outcome: string,
  from: number,
  took: number,
  summary: string,
  more: object = {},
) => ({
  id,
  workspaceId: workspace.id,
  kind,
  by: actor('mo'),
  state: outcome,
  recovered: false,
  isCancelRequested: false,
  startedAt: ago(from + took),
  endedAt: ago(from),
  summary,
  stepsDone: 5,
  stepsTotal: 5,
  ...more,
});

const of = (which: { readonly id: string; readonly version: string }) => ({
  release: which.id,
  version: which.version,
});

export const rows = [
  row(218, 'promote', 'running', -41 * s, 82 * s, 'Wait until healthy', {
    environment: 'staging',
    from: 'dev',
    ...of(releases.newest),
    endedAt: undefined,
    startedAt: ago(41 * s),
    stepsDone: 2,
  }),
  row(217, 'deploy', 'succeeded', 4 * min, 19 * s, 'Healthy after 6 s, digest verified', {
    environment: 'dev',
    ...of(releases.newest),
  }),
  row(
    216,
    'build',
    'succeeded',
    5 * min,
    38 * s,
    '31 of 34 steps cached, 414 tests passed',
    of(releases.newest),
  ),
  row(215, 'build', 'failed', 18 * min, 27 * s, 'RUN npm run build: 3 type errors in src/stream/resume.ts'),
  row(214, 'deploy', 'errored', 2 * h, 30 * s, 'Docker stopped answering after step 2; dev was not changed', {
    environment: 'dev',
    release: 'r-4b7e02',
    version: '1.4.2-dev',
  }),
  row(213, 'promote', 'succeeded', 20 * h, 64 * s, 'Healthy after 22 s, digest verified', {
    environment: 'staging',
    from: 'dev',
    ...of(releases.middle),
    by: actor('jl'),
  }),
  row(212, 'build', 'cancelled', 23 * h, 9 * s, 'Stopped at step 12 of 34', { by: actor('jl') }),
  row(
    211,
    'rollback',
    'succeeded',
    23 * h,
    52 * s,
    'Image, 3 env keys and 1 port went back; the database did not',
    {
      environment: 'staging',
      ...of(releases.oldest),
      by: actor('jl'),
    },
  ),
].map((each) => runSummarySchema.parse(each));

const key = (name: string, kind: string) => ({ key: name, kind });

const leaseOf = (runId: number) => ({
  runId,
  owner: { bootId: 'b', pid: 40512, startTime: '1' },
  by: actor('mo'),
  reason: `promote ${releases.newest.id}`,
  takenAt: ago(41 * s),
  heartbeatAt: ago(3 * s),
  token: 7,
});

/** Board data before it is parsed, so that scenarios can change a part of it. */
export const boardInput = {
  workspace,
  at: ago(12 * s),
  newestRelease: releases.newest,
  environments: [
    {
      name: 'dev',
      confirm: 'click',
      envFile: '.env.dev',
      envKeyCount: 24,
      target: { kind: 'compose', label: 'chatbot-dev', detail: 'web' },
      state: state('dev', releases.newest, 217, ago(4 * min)),
      release: releases.newest,
      deployedBy: 'mo',
      observed: running('web', releases.newest.imageId, ago(4 * min), 8080),
      rollbackTo: { ...releases.middle, image: 'here' },
    },
    {
      name: 'staging',
      confirm: 'click',
      envFile: '.env.staging',
      envKeyCount: 23,
      target: { kind: 'compose', label: 'chatbot-staging', detail: 'web' },
      state: state('staging', releases.middle, 213, ago(20 * h)),
      release: releases.middle,
      deployedBy: 'jl',
      observed: running('web', releases.middle.imageId, ago(20 * h), 8081),
      lease: leaseOf(218),
      currentRun: rows[0],
      rollbackTo: { ...releases.oldest, image: 'here' },
    },
    {
      name: 'prod',
      confirm: 'typed',
      envFile: '.env.prod',
      envKeyCount: 22,
      target: { kind: 'compose', label: 'chatbot-prod', detail: 'web' },
      state: state('prod', releases.oldest, 190, ago(9 * d)),
      release: releases.oldest,
      deployedBy: 'jl',
      observed: running('web', releases.oldest.imageId, ago(9 * d), 8082),
      drift: {
        what: 'The container was changed after the last run',
        changes: [
          { path: 'web.memory', before: '512 MiB', after: '1 GiB' },
          { path: 'web.environment', before: 'as deployed', after: 'another' },
        ],
      },
      rollbackTo: { ...releases.oldest, id: 'r-3e88d1', version: '1.3.9', image: 'here' },
    },
  ],
  gaps: [
    {
      left: 'dev',
      right: 'staging',
      relation: 'ahead',
      releasesAhead: 1,
      commits: {
        kind: 'known',
        direction: 'forward',
        commits: [commits.typing, { ...commits.resume, sha: sha('a1') }, { ...commits.cap, sha: sha('a2') }],
        filesChanged: 9,
        insertions: 210,
        deletions: 40,
      },
      image: sameImage,
      env: [key('REDIS_TYPING_URL', 'removed')],
      target: [],
      blocked: [],
    },
    {
      left: 'staging',
      right: 'prod',
      relation: 'ahead',
      releasesAhead: 1,
      commits: {
        kind: 'known',
        direction: 'forward',
        commits: Array.from({ length: 7 }, (_, index) => ({
          ...commits.resume,
          sha: sha(`b${index}`),
          author: ['jl', 'pr', 'mo'][index % 3],
        })),
        filesChanged: 14,
        insertions: 412,
        deletions: 96,
      },
      image: sameImage,
      env: [key('SESSION_KMS_KEY', 'missing'), key('STREAM_RESUME_TTL', 'changed')],
      target: [
        { path: 'a', before: '1', after: '2' },
        { path: 'b', before: '1', after: '2' },
        { path: 'c', before: '1', after: '2' },
      ],
      blocked: ['SESSION_KMS_KEY is missing in .env.prod'],
    },
  ],
};

export const status = {
  gantryVersion: '0.1.0',
  engine: {
    kind: 'reachable',
    version: '28.3.2',
    apiVersion: '1.51',
    product: 'docker',
    via: 'context desktop-linux',
    host: 'unix:///var/run/docker.sock',
    imageStore: 'classic',
    hasBuildKit: true,
  },
  ledger: { path: '/home/mo/.gantry/ledger.db', bytes: 18.4e6, schemaVersion: 1 },
};

/** The workspace of the pictures: dev healthy, a promotion on its way to staging, drift in prod. */
export function chatbot(): FixtureData {
  const runs = rows;
  return {
    board: boardSchema.parse(boardInput),
    workspace: workspaceViewSchema.parse(workspace),
    recent: [
      {
        id: workspaceViewSchema.parse(workspace).id,
        name: 'chatbot',
        folder: workspace.folder,
        openedAt: ago(min),
        present: true,
      },
      {
        id: workspaceViewSchema.parse({ ...workspace, id: 'w-shop' }).id,
        name: 'shop',
        folder: '/home/mo/code/shop',
        openedAt: ago(3 * d),
        present: true,
      },
    ],
    status: systemStatusSchema.parse(status),
    runs,
    events: new Map([[runIdSchema.parse(218), promotionEvents]]),
  };
}
