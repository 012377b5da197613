import { type Board, boardSchema, type Comparison, comparisonSchema } from '#shared/domain/board.ts';
import { type ImageComparison, imageComparisonSchema } from '#shared/domain/image-contents.ts';
import {
  type ImageList,
  imageListSchema,
  type RollbackChoice,
  rollbackChoiceSchema,
} from '#shared/domain/image-list.ts';
import { type Plan, type PlannedStep, planSchema } from '#shared/domain/plan.ts';
import {
  type Release,
  type ReleaseNotes,
  releaseNotesSchema,
  releaseSchema,
} from '#shared/domain/release.ts';
import { type PrunePreview, prunePreviewSchema } from '#shared/domain/retention.ts';
import { type RunSummary, runSummarySchema } from '#shared/domain/run.ts';
import { type LogLine, logLineSchema, type RunEvent, runEventSchema } from '#shared/domain/run-events.ts';
import { type WorkspaceView, workspaceViewSchema } from '#shared/domain/workspace.ts';

/** 2026-07-01T12:00:00Z */
export const startedAt = 1_782_907_200_000;
const minute = 60_000;

const imageOf = (digit: string) => `sha256:${digit.repeat(64)}`;
const commit = (digit: string, subject: string) => ({
  sha: digit.repeat(40),
  subject,
  author: 'Ada',
  at: startedAt - 60 * minute,
});

export function sampleWorkspace(changes: Partial<WorkspaceView> = {}): WorkspaceView {
  return workspaceViewSchema.parse({
    id: 'w-1',
    name: 'chatbot',
    folder: '/w/chatbot',
    origin: 'written',
    trusted: true,
    environments: ['dev', 'staging', 'prod'],
    commands: ['sh test/unit.sh'],
    problems: [],
    git: { branch: 'main', head: commit('a', 'Answer faster'), uncommittedFiles: 2 },
    ...changes,
  });
}

const newer = {
  id: 'r-77ab10',
  version: '0.2.0',
  imageId: imageOf('7'),
  ref: 'chatbot:r-77ab10',
  size: 12_400_000,
  commit: commit('a', 'Answer faster'),
  branch: 'main',
  uncommittedFiles: 0,
  builtAt: startedAt - 30 * minute,
};
const older = { ...newer, id: 'r-1234ab', version: '0.1.0', imageId: imageOf('1'), ref: 'chatbot:r-1234ab' };

export function sampleRelease(changes: object = {}): Release {
  return releaseSchema.parse({
    id: newer.id,
    workspaceId: 'w-1',
    version: newer.version,
    source: { commit: newer.commit, branch: 'main', uncommittedFiles: 0 },
    images: [
      {
        image: {
          identity: { imageId: newer.imageId, manifestDigests: {} },
          tags: [newer.ref],
          size: newer.size,
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
        tags: [newer.ref],
      },
    ],
    tests: [],
    builtBy: 1,
    builtAt: newer.builtAt,
    ...changes,
  });
}

const steps: PlannedStep[] = [
  {
    id: 'find-image',
    title: 'Find the image',
    detail: 'chatbot:r-77ab10',
    action: {},
    repeatable: true,
    changes: false,
    timeoutMs: 10_000,
  },
  {
    id: 'start',
    title: 'Start the containers',
    detail: 'chatbot-staging',
    action: {},
    repeatable: true,
    changes: true,
    timeoutMs: 60_000,
  },
];

const view = (key: string, value: string, publicValue?: string) => ({
  key,
  fingerprint: value,
  ...(publicValue === undefined ? {} : { publicValue }),
});

const commits = {
  kind: 'known',
  direction: 'forward',
  commits: [commit('a', 'Answer faster'), commit('b', 'Say \u001b[31mhello')],
  filesChanged: 3,
  insertions: 12,
  deletions: 4,
};
const env = [
  { key: 'API_TOKEN', kind: 'changed', left: view('API_TOKEN', '1'), right: view('API_TOKEN', '2') },
  { key: 'GREETING', kind: 'added', right: view('GREETING', '3', 'hello') },
  {
    key: 'LOG_LEVEL',
    kind: 'changed',
    left: view('LOG_LEVEL', '4', 'debug'),
    right: view('LOG_LEVEL', '5', 'info'),
  },
  { key: 'OLD', kind: 'removed', left: view('OLD', '6') },
  { key: 'PORT', kind: 'same', left: view('PORT', '7'), right: view('PORT', '7') },
];
const image = {
  same: false,
  leftId: older.imageId,
  rightId: newer.imageId,
  leftSize: 12_000_000,
  rightSize: newer.size,
  layersShared: 3,
  layersNew: 2,
  layersGone: 1,
  config: [{ path: 'user', before: 'root', after: 'app' }],
};
const target = [{ path: 'web.replicas', before: '1', after: '2' }];

export function samplePlan(changes: object = {}): Plan {
  return planSchema.parse({
    hash: '3f'.repeat(32),
    createdAt: startedAt,
    request: { workspaceId: 'w-1', kind: 'promote', to: 'staging', from: 'dev', release: newer.id },
    environment: 'staging',
    release: newer,
    previous: older,
    env: { kind: 'file', file: '.env.staging', fingerprint: 'f' },
    diff: { commits, env, envFrom: [{ ...env[3], kind: 'missing' }], image, target },
    warnings: [{ level: 'note', what: 'Drift', detail: 'web runs 0.0.9', about: 'target' }],
    gates: [{ id: 'order', title: 'Order', state: 'open', detail: 'Ran in dev first' }],
    steps,
    confirm: 'click',
    onFailure: 'roll-back',
    target: { kind: 'compose', label: 'compose chatbot-staging' },
    lastDurationMs: 12_000,
    ...changes,
  });
}

export function sampleComparison(): Comparison {
  return comparisonSchema.parse({
    left: { name: 'dev', release: newer },
    right: { name: 'staging', release: older },
    commits,
    env,
    image,
    target,
  });
}

export function sampleContents(): ImageComparison {
  const layer = (id: string, createdBy: string) => ({
    id: imageOf(id),
    createdBy,
    content: { files: 3, bytes: 4_200_000 },
  });
  return imageComparisonSchema.parse({
    left: { name: 'staging', release: older },
    right: { name: newer.id, release: newer },
    contents: {
      same: false,
      left: { imageId: imageOf('1'), size: 12_000_000, layers: 4 },
      right: {
        imageId: imageOf('7'),
        size: 12_400_000,
        layers: 5,
        system: 'Debian GNU/Linux 12 (bookworm)',
        base: { name: 'docker.io/library/debian:12' },
      },
      layers: {
        shared: 3,
        base: { layers: 3, bytes: 9_000_000 },
        added: [layer('8', 'COPY src /app'), layer('9', 'RUN pip install -r requirements.txt')],
        removed: [layer('5', 'COPY src /app')],
      },
      files: {
        added: { files: 1, bytes: 1_200 },
        removed: { files: 1, bytes: 90 },
        changed: { files: 2, before: 300, after: 420 },
        list: [
          { kind: 'changed', path: 'app/main.py', before: 200, after: 320, what: ['content'] },
          { kind: 'changed', path: 'app/run.sh', before: 100, after: 100, what: ['mode'] },
          { kind: 'added', path: 'app/new\u001b[2Jname', after: 1_200, what: [] },
          { kind: 'removed', path: 'app/old.py', before: 90, what: [] },
        ],
        folders: [],
      },
      packages: {
        added: 1,
        removed: 0,
        changed: 1,
        list: [
          { manager: 'dpkg', name: 'openssl', before: '3.0.11-1', after: '3.0.15-1' },
          { manager: 'pip', name: 'httpx', after: '0.28.0' },
        ],
      },
      config: [{ path: 'user', before: 'root', after: 'app' }],
      layersNotRead: 1,
    },
  });
}

export function sampleRun(changes: object = {}): RunSummary {
  return runSummarySchema.parse({
    id: 7,
    workspaceId: 'w-1',
    kind: 'promote',
    environment: 'staging',
    from: 'dev',
    release: newer.id,
    version: newer.version,
    by: { name: 'ada', shell: 'cli' },
    state: 'succeeded',
    recovered: false,
    isCancelRequested: false,
    startedAt: startedAt - 5 * minute,
    endedAt: startedAt - 5 * minute + 12_000,
    summary: 'staging runs 0.2.0',
    stepsDone: 2,
    stepsTotal: 2,
    ...changes,
  });
}

export function sampleBoard(changes: object = {}): Board {
  const place = (name: string) => ({
    name,
    confirm: name === 'prod' ? 'typed' : 'click',
    envFile: `.env.${name}`,
    envKeyCount: 5,
    target: { kind: 'compose', label: `compose chatbot-${name}`, detail: '' },
  });
  const running = (release: typeof newer, health: string) => ({
    kind: 'running',
    at: startedAt,
    services: [
      { name: 'web', imageId: release.imageId, imageRef: release.ref, health, state: 'running', ports: [] },
    ],
    settings: {},
  });
  const state = (name: string, release: typeof newer, runId: number) => ({
    workspaceId: 'w-1',
    environment: name,
    release: release.id,
    runId,
    at: startedAt - 10 * minute,
  });
  return boardSchema.parse({
    workspace: sampleWorkspace(),
    at: startedAt,
    environments: [
      { ...place('dev'), state: state('dev', newer, 3), release: newer, observed: running(newer, 'healthy') },
      {
        ...place('staging'),
        state: state('staging', older, 2),
        release: older,
        observed: running(older, 'unhealthy'),
        drift: { what: 'web runs 0.0.9', changes: [] },
        hold: { reason: 'audit', by: 'ada', at: startedAt },
        failedRun: sampleRun({ state: 'failed', summary: 'web never became healthy' }),
      },
      {
        ...place('prod'),
        observed: { kind: 'unreachable', at: startedAt, why: 'The engine does not answer.' },
      },
    ],
    gaps: [
      {
        left: 'dev',
        right: 'staging',
        relation: 'ahead',
        releasesAhead: 1,
        commits,
        image,
        env: env.filter((change) => change.kind !== 'same'),
        target,
        blocked: ['TOKEN is missing in staging'],
      },
      {
        left: 'staging',
        right: 'prod',
        relation: 'ahead',
        commits: { kind: 'unknown', why: 'nothing runs in prod' },
        env: [],
        target: [],
        blocked: [],
      },
    ],
    newestRelease: newer,
    ...changes,
  });
}

/** The events of a promotion up to its end. */
export function runEvents(
  outcome: 'succeeded' | 'failed' | 'errored' | 'cancelled' | 'rolled-back' | 'unverified' | 'interrupted',
  changes: object = {},
): RunEvent[] {
  const stepOutcome = outcome === 'succeeded' || outcome === 'unverified' ? 'succeeded' : 'failed';
  return [
    {
      kind: 'run-requested',
      workspaceId: 'w-1',
      run: 'promote',
      environment: 'staging',
      from: 'dev',
      release: newer.id,
      plan: samplePlan(),
      steps,
      by: { name: 'ada', shell: 'cli' },
    },
    { kind: 'step-started', step: 'find-image' },
    { kind: 'step-ended', step: 'find-image', outcome: 'succeeded', detail: 'it is here' },
    { kind: 'step-started', step: 'start' },
    { kind: 'step-progressed', step: 'start', text: 'healthy 1 of 2 times' },
    { kind: 'step-ended', step: 'start', outcome: stepOutcome, detail: 'as it turned out' },
    { kind: 'run-ended', outcome, summary: `it ${outcome}`, recovered: false, ...changes },
  ].map((event) => runEventSchema.parse(event));
}

/** Of a matrix of two cells, built before; one file of the second COPY changed. */
export function buildEvents(outcome: 'succeeded' | 'failed'): RunEvent[] {
  const step = (id: string, title: string) => ({
    id,
    title,
    detail: '',
    action: null,
    repeatable: true,
    changes: false,
    timeoutMs: 60_000,
  });
  const vertex = (id: string, name: string, from: number, to: number, more: object = {}) => ({
    kind: 'vertex-changed',
    step: 'build',
    vertex: {
      id,
      name,
      inputs: [],
      state: 'done',
      startedAt: startedAt + from,
      endedAt: startedAt + to,
      ...more,
    },
  });
  const cell = 'PYTHON=3.11';
  const log = { bytes: 2_097_152, isClipped: true };
  const warnings = [
    { file: 'Dockerfile', line: 3, what: 'JSON arguments recommended for CMD', hint: '' },
    { file: 'Dockerfile', line: 1, what: 'FromAsCasing', hint: '' },
  ];
  const failures = [
    { name: 'tests.test_dates.test_zone', message: 'assert 1 == 2' },
    { name: 'tests.test_dates.test_\u001b[31mred', message: '' },
  ];
  const counts = { total: 128, failed: outcome === 'failed' ? 9 : 0, skipped: 3 };
  const detail = 'Test unit failed with exit code 1: 9 of 128 tests failed';
  const error = { code: 'target-refused', message: `${detail}.`, hint: 'No release was made.' };
  return [
    {
      kind: 'run-requested',
      workspaceId: 'w-1',
      run: 'build',
      steps: [step('build', 'Build image'), step('test-1', 'Test unit')],
      by: { name: 'ada', shell: 'cli' },
    },
    { kind: 'step-started', step: 'build' },
    {
      kind: 'context-sent',
      step: 'build',
      files: 4,
      bytes: 12_345,
      names: ['docs/x.md', 'src/a.ts', 'src/b.ts', 'src/c.ts'],
      isFirst: false,
    },
    vertex('base', '[1/4] FROM docker.io/library/python:3.11', 0, 0, { state: 'cached' }),
    vertex('install', '[2/4] RUN pip install -r requirements.txt', 0, 0, {
      state: 'cached',
      inputs: ['base'],
    }),
    vertex('copy', '[3/4] COPY src/ /app/src/', 100, 400, { inputs: ['install'], cell }),
    vertex('make', '[4/4] RUN python -m compileall /app/src', 400, 12_400, {
      inputs: ['copy'],
      cell,
      log,
      warnings,
    }),
    vertex('export', 'exporting to image', 12_400, 12_900),
    { kind: 'step-ended', step: 'build', outcome: 'succeeded', detail: '2 of 4 steps cached, 2 images' },
    { kind: 'step-started', step: 'test-1' },
    { kind: 'test-reported', step: 'test-1', counts, failures: outcome === 'failed' ? failures : [] },
    {
      kind: 'step-ended',
      step: 'test-1',
      outcome,
      detail: outcome === 'failed' ? detail : '125 passed, 3 skipped',
      ...(outcome === 'failed' ? { error } : {}),
    },
    {
      kind: 'run-ended',
      outcome,
      summary: outcome === 'failed' ? detail : 'r-77ab10: 2 of 4 steps cached, 2 images, 125 tests passed',
      recovered: false,
      ...(outcome === 'failed' ? { error } : {}),
    },
  ].map((event) => runEventSchema.parse(event));
}

export function sampleLog(): LogLine[] {
  return [
    { n: 1, step: 'find-image', level: 'note', text: 'looking' },
    { n: 2, step: 'start', level: 'out', text: 'Container chatbot-web-1 Started' },
    { n: 3, step: 'start', level: 'err', text: 'web \u001b[2Jcrashed' },
  ].map((line) => logLineSchema.parse({ at: startedAt, source: 'compose', ...line }));
}

export function sampleChoices(): RollbackChoice[] {
  const gone = sampleRelease({ id: older.id, version: older.version });
  return [
    { release: sampleRelease(), image: 'here' },
    { release: gone, image: 'gone' },
  ].map((choice) => rollbackChoiceSchema.parse(choice));
}

export function sampleImages(): ImageList {
  const image = (release: typeof newer, names: readonly string[]) => ({
    imageId: release.imageId,
    size: release.size,
    names,
  });
  return imageListSchema.parse({
    images: [
      {
        release: newer,
        presence: 'here',
        images: [image(newer, [newer.ref, 'chatbot:0.2.0'])],
        places: [{ ref: 'ghcr.io/acme/chatbot:r-77ab10', digest: imageOf('d') }],
        runsIn: ['dev'],
        wayBackOf: [],
      },
      {
        release: older,
        presence: 'in-registry',
        images: [image(older, [])],
        places: [{ ref: 'ghcr.io/acme/chatbot:r-1234ab', digest: imageOf('e') }],
        runsIn: ['staging', 'prod'],
        wayBackOf: ['dev'],
        pin: { release: older.id, by: 'ada', at: startedAt - 10 * minute, note: 'the audit\u001b[2J' },
      },
      {
        release: { ...older, id: 'r-0000aa', version: '0.0.9' },
        presence: 'gone',
        images: [image(older, [])],
        places: [],
        runsIn: [],
        wayBackOf: [],
        adoptedFrom: { ref: 'ghcr.io/other/chatbot:0.0.9', digest: imageOf('f') },
      },
    ],
    notes: ['The registry ghcr.io does not answer.'],
  });
}

export function samplePrune(changes: object = {}): PrunePreview {
  const named = (release: typeof newer) => ({
    release: release.id,
    version: release.version,
    builtAt: release.builtAt,
  });
  return prunePreviewSchema.parse({
    hash: '9a'.repeat(32),
    keep: 1,
    goes: [
      {
        ...named({ ...older, id: 'r-0000aa', version: '0.0.9' }),
        names: ['chatbot:r-0000aa', 'chatbot:0.0.9'],
        manifests: [{ ref: `ghcr.io/acme/chatbot@${imageOf('e')}`, tags: ['r-0000aa', '0.0.9'] }],
        left: [{ name: 'chatbot:mine', why: 'no release owns that name' }],
      },
    ],
    stays: [
      { ...named(newer), why: [{ kind: 'newest' }, { kind: 'runs', environment: 'dev' }] },
      { ...named(older), why: [{ kind: 'pinned', by: 'ada', note: 'the audit' }] },
    ],
    gone: 2,
    freed: { bytes: 12_400_000, isAtLeast: true },
    notes: ['prod cannot be observed (it is down); what the ledger says of it is all that counts.'],
    ...changes,
  });
}

/** Of each group one, and more than the list holds. */
export function sampleNotes(): ReleaseNotes {
  const commit = (subject: string, body = '') => ({
    sha: 'abcdef0123'.padEnd(40, '0'),
    subject,
    body,
    author: 'ada',
    at: startedAt,
  });
  return releaseNotesSchema.parse({
    since: { release: older.id, version: older.version, commit: 'b90e4d2'.padEnd(40, '0') },
    commits: [
      commit('feat(api)!: encrypt *every* session', 'BREAKING CHANGE: set KMS_KEY first.'),
      commit('feat: typing indicators'),
      commit('fix(stream): keep the offset'),
      commit('perf: one query less'),
      commit('Bump ws'),
    ],
    total: 12,
  });
}
