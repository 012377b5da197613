import { ORPCError } from '@orpc/client';
import { boardSchema, comparisonSchema } from '#shared/domain/board.ts';
import type { RunId } from '#shared/domain/ids.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import { imageComparisonSchema } from '#shared/domain/image-contents.ts';
import { imageListSchema } from '#shared/domain/image-list.ts';
import type { Plan } from '#shared/domain/plan.ts';
import { planSchema } from '#shared/domain/plan.ts';
import { releaseSchema } from '#shared/domain/release.ts';
import { prunePreviewSchema } from '#shared/domain/retention.ts';
import type { RecordedEvent } from '#shared/domain/run-events.ts';
import { recordedEventSchema } from '#shared/domain/run-events.ts';
import { foldRun, toSummary } from '#shared/domain/run-reducer.ts';
import { workspaceViewSchema } from '#shared/domain/workspace.ts';
import { ago, boardInput, chatbot, releases as chatbotReleases, workspace } from './chatbot.ts';
import type { Fixture, FixtureData } from './fixture-client.ts';
import { never } from './fixture-client.ts';
import { journeys } from './journeys.ts';

const s = 1_000;
const min = 60 * s;
const h = 60 * min;
const d = 24 * h;

const repository = 'ghcr.io/parley/chatbot';
const digest = (head: string): string => `sha256:${head.padEnd(64, '3')}`;

type Listed = {
  readonly release: object & { readonly id: string; readonly imageId: string; readonly size: number };
  readonly [field: string]: unknown;
};

const listed = (release: Listed['release'], more: object = {}): Listed => ({
  release,
  presence: 'here',
  images: [{ imageId: release.imageId, size: release.size, names: [`chatbot:${release.id}`] }],
  places: [],
  runsIn: [],
  wayBackOf: [],
  ...more,
});

const place = (id: string, head: string) => ({ ref: `${repository}:${id}`, digest: digest(head) });

const older = (n: number) => {
  const head = (0x4a0000 + n * 7919).toString(16);
  return {
    ...chatbotReleases.oldest,
    id: `r-${head}`,
    version: `1.3.${40 - n}`,
    imageId: digest(`${head}00`),
    ref: `chatbot:r-${head}`,
    size: 71.5e6 - n * 120_000,
    commit: {
      ...chatbotReleases.oldest.commit,
      sha: head.padEnd(40, '0'),
      subject: subjects[n % subjects.length],
    },
    builtAt: ago((10 + n * 2) * d),
  };
};
const subjects = [
  'Keep the last twenty turns in memory',
  'Say which tool is being called, and with what, while the answer is still being written',
  'Fix the width of code blocks',
  'Bump openai to 5.1.0',
];

const { newest, middle, oldest } = chatbotReleases;
const adopted = {
  id: 'r-a90c11',
  version: '1.2.9',
  imageId: digest('77aa01b2c3d4'),
  ref: 'chatbot:r-a90c11',
  size: 70.1e6,
  uncommittedFiles: 0,
  builtAt: ago(12 * d),
};

const images = imageListSchema.parse({
  images: [
    listed(newest, { runsIn: ['dev'] }),
    listed(middle, {
      runsIn: ['staging'],
      wayBackOf: ['dev'],
      places: [place('r-77ab10', 'c4e81d09')],
      images: [
        { imageId: middle.imageId, size: middle.size, names: ['chatbot:r-77ab10', 'chatbot:candidate'] },
      ],
    }),
    listed(oldest, {
      runsIn: ['prod'],
      wayBackOf: ['dev', 'staging'],
      places: [
        place('r-5c09e4', '1fa6d270'),
        { ref: 'eu.gcr.io/parley-prod/chatbot:prod', digest: digest('1fa6d270') },
      ],
      pin: {
        release: oldest.id,
        by: 'mo',
        at: ago(2 * d),
        note: 'The last one before the new session store',
      },
    }),
    listed(adopted, {
      presence: 'in-registry',
      images: [{ imageId: adopted.imageId, size: adopted.size, names: [] }],
      places: [place('r-a90c11', '77aa01b2')],
      adoptedFrom: { ref: 'ghcr.io/parley/legacy-chatbot:1.2.9', digest: digest('77aa01b2') },
    }),
    listed(older(1), {
      images: ['linux-amd64', 'linux-arm64'].map((cell) => ({
        cell,
        imageId: digest(cell === 'linux-amd64' ? 'aa' : 'bb'),
        size: 71.2e6,
        names: [`chatbot:${older(1).id}-${cell}`],
      })),
    }),
    listed(older(2), {
      presence: 'gone',
      wayBackOf: ['prod'],
      images: [{ imageId: older(2).imageId, size: older(2).size, names: [] }],
    }),
    listed(older(3), {
      presence: 'gone',
      images: [{ imageId: older(3).imageId, size: older(3).size, names: [] }],
    }),
  ],
  notes: [],
});

const asRelease = (of: (typeof images.images)[number]) =>
  releaseSchema.parse({
    id: of.release.id,
    workspaceId: workspace.id,
    version: of.release.version,
    source: {
      ...(of.release.commit === undefined ? {} : { commit: of.release.commit, branch: 'main' }),
      uncommittedFiles: of.release.uncommittedFiles,
    },
    images: of.images.map(({ cell, imageId, size }) => ({
      ...(cell === undefined ? {} : { cell }),
      image: {
        identity: { imageId, manifestDigests: {} },
        tags: [],
        platform: 'linux/amd64',
        size,
        layers: [],
        config: { entrypoint: [], command: [], user: '', workingDir: '', ports: [], envKeys: [], labels: {} },
        createdAt: of.release.builtAt,
      },
      tags: [of.release.ref],
    })),
    tests:
      of.adoptedFrom === undefined
        ? [
            {
              name: 'unit',
              where: 'host',
              durationMs: 8_200,
              counts: { total: 414, failed: 0, skipped: 2 },
            },
            { name: 'smoke', where: 'image', durationMs: 2_100 },
          ]
        : [],
    ...(of.adoptedFrom === undefined ? {} : { adoptedFrom: of.adoptedFrom }),
    builtBy: 200,
    builtAt: of.release.builtAt,
  });

const withRepository = workspaceViewSchema.parse({ ...workspace, repository });

const prune = prunePreviewSchema.parse({
  hash: 'p'.repeat(64),
  keep: 3,
  goes: [
    {
      release: older(1).id,
      version: older(1).version,
      builtAt: older(1).builtAt,
      names: [`chatbot:${older(1).id}`],
      manifests: [{ ref: `${repository}@${digest('4a1e')}`, tags: [older(1).id] }],
      left: [],
    },
    {
      release: older(4).id,
      version: older(4).version,
      builtAt: older(4).builtAt,
      names: [`chatbot:${older(4).id}`],
      manifests: [],
      left: [{ name: 'mo/experiment:latest', why: 'Gantry did not give it that name' }],
    },
  ],
  stays: [
    { ...brief(newest), why: [{ kind: 'newest' }, { kind: 'runs', environment: 'dev' }] },
    {
      ...brief(middle),
      why: [
        { kind: 'newest' },
        { kind: 'runs', environment: 'staging' },
        { kind: 'way-back', environment: 'dev' },
      ],
    },
    {
      ...brief(oldest),
      why: [
        { kind: 'newest' },
        { kind: 'runs', environment: 'prod' },
        { kind: 'pinned', by: 'mo', note: 'The last one before the new session store' },
      ],
    },
    { ...brief(adopted), why: [{ kind: 'container', name: 'legacy-web-1' }] },
    ...[5, 6, 7, 8].map((n) => ({ ...brief(older(n)), why: [{ kind: 'way-back', environment: 'prod' }] })),
  ],
  gone: 2,
  freed: { bytes: 41_300_000, isAtLeast: true },
  notes: [],
});

function brief({ id, version, builtAt }: { id: string; version: string; builtAt: number }) {
  return { release: id, version, builtAt };
}

const layer = (head: string, createdBy: string, files: number, bytes: number) => ({
  id: digest(head),
  createdBy,
  content: { files, bytes },
});

export const contents = imageComparisonSchema.parse({
  left: { name: 'prod', release: oldest },
  right: { name: middle.id, release: middle },
  contents: {
    same: false,
    left: {
      imageId: oldest.imageId,
      size: 71.5e6,
      layers: 11,
      files: { files: 6_204, bytes: 70.1e6 },
      system: 'Debian GNU/Linux 12 (bookworm)',
      base: { name: 'docker.io/library/node:22-bookworm-slim', digest: digest('ba5e01') },
    },
    right: {
      imageId: middle.imageId,
      size: 72.2e6,
      layers: 11,
      files: { files: 6_291, bytes: 70.8e6 },
      system: 'Debian GNU/Linux 12 (bookworm)',
      base: { name: 'docker.io/library/node:22-bookworm-slim', digest: digest('ba5e02') },
    },
    layers: {
      shared: 8,
      base: { layers: 5, bytes: 51.2e6 },
      added: [
        layer('d157', 'COPY --from=build /app/dist ./dist', 214, 7.4e6),
        layer('0de5', 'COPY --from=deps /app/node_modules ./node_modules', 1_204, 3.2e6),
        layer('3141', 'COPY migrations ./migrations', 31, 1.8e6),
      ],
      removed: [
        layer('d158', 'COPY --from=build /app/dist ./dist', 209, 7.1e6),
        layer('0de6', 'COPY --from=deps /app/node_modules ./node_modules', 1_190, 2.9e6),
        layer('3142', 'COPY migrations ./migrations', 30, 1.7e6),
      ],
    },
    files: {
      added: { files: 92, bytes: 1.1e6 },
      removed: { files: 5, bytes: 210_400 },
      changed: { files: 203, before: 9.2e6, after: 9.0e6 },
      list: [
        {
          kind: 'added',
          path: 'app/node_modules/@aws-sdk/client-kms/dist-cjs/index.js',
          after: 402_112,
          what: [],
        },
        { kind: 'added', path: 'app/dist/stream/resume.js', after: 18_204, what: [] },
        { kind: 'added', path: 'app/migrations/0031_stream_offsets.sql', after: 812, what: [] },
        { kind: 'removed', path: 'app/dist/poll/long-poll.js', before: 92_400, what: [] },
        { kind: 'removed', path: 'app/dist/poll/back-off.js', before: 8_112, what: [] },
        {
          kind: 'changed',
          path: 'app/dist/server.js',
          before: 1_204_000,
          after: 1_281_000,
          what: ['content'],
        },
        {
          kind: 'changed',
          path: 'app/node_modules/ws/lib/websocket.js',
          before: 36_011,
          after: 36_480,
          what: ['content'],
        },
        { kind: 'changed', path: 'app/entrypoint.sh', before: 412, after: 412, what: ['mode', 'owner'] },
        {
          kind: 'changed',
          path: 'etc/ssl/certs/ca-certificates.crt',
          before: 219_330,
          after: 220_112,
          what: ['content'],
        },
      ],
      folders: [
        {
          folder: '/app',
          added: { files: 92, bytes: 1.1e6 },
          removed: { files: 5, bytes: 210_400 },
          changed: { files: 202, before: 8.98e6, after: 8.78e6 },
        },
        {
          folder: '/etc',
          added: { files: 0, bytes: 0 },
          removed: { files: 0, bytes: 0 },
          changed: { files: 1, before: 219_330, after: 220_112 },
        },
      ],
    },
    packages: {
      added: 1,
      removed: 0,
      changed: 5,
      list: [
        { manager: 'dpkg', name: 'libssl3', before: '3.0.15-1~deb12u1', after: '3.0.16-1~deb12u1' },
        { manager: 'dpkg', name: 'openssl', before: '3.0.15-1~deb12u1', after: '3.0.16-1~deb12u1' },
        { manager: 'npm', name: 'undici', before: '6.19.8', after: '6.21.1' },
        { manager: 'npm', name: 'ws', before: '8.17.1', after: '8.18.0' },
        { manager: 'npm', name: 'zod', before: '3.23.8', after: '3.24.1' },
        { manager: 'npm', name: '@aws-sdk/client-kms', after: '3.637.0' },
      ],
    },
    config: [{ path: 'command', before: 'node server.js', after: 'node --enable-source-maps server.js' }],
    layersNotRead: 0,
  },
});

const many = imageComparisonSchema.parse({
  ...contents,
  contents: {
    ...contents.contents,
    layersNotRead: 4,
    packages: {
      added: 41,
      removed: 12,
      changed: 260,
      list: Array.from({ length: 200 }, (_, n) => ({
        manager: n % 3 === 0 ? 'dpkg' : 'npm',
        name: n % 7 === 0 ? `@opentelemetry/instrumentation-with-a-very-long-name-${n}` : `package-${n}`,
        ...(n < 160 ? { before: `1.${n}.0` } : {}),
        after: `1.${n}.1`,
      })),
    },
    files: {
      added: { files: 12_044, bytes: 61e6 },
      removed: { files: 4_201, bytes: 33e6 },
      changed: { files: 2_209, before: 90e6, after: 92e6 },
      list: (['added', 'removed', 'changed'] as const).flatMap((kind) =>
        Array.from({ length: 200 }, (_, n) => ({
          kind,
          path: `${['app/node_modules', 'usr/lib/x86_64-linux-gnu', 'var/cache/apt', 'etc'][n % 4]}/some/deep/folder/with/many/parts/${kind}-file-number-${n}.so`,
          ...(kind === 'added' ? {} : { before: 400_000 - n * 1_000 }),
          ...(kind === 'removed' ? {} : { after: 401_000 - n * 1_000 }),
          what: kind === 'changed' ? ['content'] : [],
        })),
      ),
      folders: [
        ...['/app', '/usr/lib', '/var/cache', '/etc', '/usr/share', '/opt/venv'].map((folder, n) => ({
          folder,
          added: { files: 2_000 - n * 100, bytes: 1e7 - n * 1e6 },
          removed: { files: 700 - n * 50, bytes: 5e6 - n * 1e5 },
          changed: { files: 300, before: 1.4e7, after: 1.5e7 },
        })),
        {
          folder: '',
          added: { files: 44, bytes: 1e6 },
          removed: { files: 1, bytes: 3e3 },
          changed: { files: 9, before: 1e6, after: 1e6 },
        },
      ],
    },
  },
});

const compared = comparisonSchema.parse({
  left: { name: oldest.id, release: oldest },
  right: { name: middle.id, release: middle },
  commits: boardInput.gaps[1]?.commits,
  image: {
    same: false,
    leftId: oldest.imageId,
    rightId: middle.imageId,
    leftSize: 71.5e6,
    rightSize: 72.2e6,
    layersShared: 8,
    layersNew: 3,
    layersGone: 3,
    config: contents.contents.config,
  },
});

/** Those of the list, as the ledger has them. */
export const fakeReleases = images.images.map(asRelease);

function data(more: Partial<FixtureData> = {}): FixtureData {
  return {
    ...chatbot(),
    workspace: withRepository,
    board: boardSchema.parse({ ...boardInput, workspace: withRepository }),
    images,
    releases: fakeReleases,
    prune,
    runs: [
      ...[...imageRuns.values()].toReversed().flatMap((events) => {
        const view = foldRun(events);
        return view === undefined ? [] : [toSummary(view)];
      }),
      ...chatbot().runs,
    ],
    events: new Map([...chatbot().events, ...imageRuns]),
    compare: (left, right) => ({
      ...compared,
      left: { ...compared.left, name: left },
      right: { ...compared.right, name: right },
    }),
    contents: () => contents,
    ...more,
  };
}

/** Runs that are about images and names alone. */
function run(
  id: number,
  kind: string,
  release: string | undefined,
  steps: readonly (readonly [id: string, title: string, detail: string])[],
  middle: readonly object[],
  end: { readonly outcome: string; readonly summary: string } | undefined,
): readonly [RunId, readonly RecordedEvent[]] {
  const [first] = steps;
  const events: readonly object[] = [
    {
      kind: 'run-requested',
      workspaceId: workspace.id,
      run: kind,
      ...(release === undefined ? {} : { release }),
      steps: steps.map(([stepId, title, detail]) => ({
        id: stepId,
        title,
        detail,
        action: null,
        repeatable: true,
        changes: true,
        timeoutMs: 10 * min,
      })),
      by: { name: 'mo', shell: 'desktop' },
    },
    { kind: 'step-started', step: first?.[0] },
    ...middle,
    ...(end === undefined ? [] : [{ kind: 'run-ended', recovered: false, ...end }]),
  ];
  const runId = runIdSchema.parse(id);
  return [
    runId,
    events.map((event, index) =>
      recordedEventSchema.parse({
        seq: id * 100 + index,
        runId,
        n: index + 1,
        at: ago((230 - id) * 10 * min - index * 900),
        event,
      }),
    ),
  ];
}

const done = (step: string, detail: string, more: object = {}) => ({
  kind: 'step-ended',
  step,
  outcome: 'succeeded',
  detail,
  ...more,
});
const pushed = {
  kind: 'image-placed',
  step: 'image-registry',
  release: middle.id,
  repository,
  tag: middle.id,
  digest: digest('c4e81d09'),
};

const imageRuns = new Map([
  run(
    221,
    'push',
    middle.id,
    [
      ['image-registry', 'Push image', `this engine’s image as ${repository}:${middle.id}`],
      ['names', 'Name image in registry', `${repository}:latest, ${repository}:stable`],
    ],
    [
      pushed,
      done('image-registry', `${repository}:${middle.id} is ${digest('c4e81d09')}`),
      { kind: 'step-started', step: 'names' },
      {
        kind: 'tag-moved',
        step: 'names',
        ref: `${repository}:latest`,
        before: digest('1fa6d270'),
        after: digest('c4e81d09'),
      },
      { kind: 'tag-moved', step: 'names', ref: `${repository}:stable`, after: digest('c4e81d09') },
      done('names', '2 names are there'),
    ],
    { outcome: 'succeeded', summary: `${repository}:${middle.id} is ${digest('c4e81d09')}` },
  ),
  run(
    222,
    'push',
    newest.id,
    [['image-registry', 'Push image', `this engine’s image as ${repository}:${newest.id}`]],
    [{ kind: 'step-progressed', step: 'image-registry', text: '12.4 of 73.3 MB, 3 of 11 layers are there' }],
    undefined,
  ),
  run(
    223,
    'adopt',
    undefined,
    [
      ['find', 'Find image', 'ghcr.io/parley/legacy-chatbot:1.2.9'],
      ['present', 'Make image present', 'On this engine'],
      ['record', 'Record release', 'Names and the ledger'],
    ],
    [
      done('find', `ghcr.io/parley/legacy-chatbot:1.2.9 is ${digest('77aa01b2')}`),
      { kind: 'step-started', step: 'present' },
      done('present', 'Fetched, 70.1 MB'),
      { kind: 'step-started', step: 'record' },
      { kind: 'release-recorded', release: adopted.id, version: adopted.version, imageId: adopted.imageId },
      {
        ...pushed,
        step: 'record',
        release: adopted.id,
        tag: '1.2.9',
        repository: 'ghcr.io/parley/legacy-chatbot',
      },
      done('record', `${adopted.id} 1.2.9, adopted from ghcr.io/parley/legacy-chatbot:1.2.9`),
    ],
    {
      outcome: 'succeeded',
      summary: `${adopted.id} 1.2.9, adopted from ghcr.io/parley/legacy-chatbot:1.2.9`,
    },
  ),
  run(
    224,
    'tag',
    middle.id,
    [['name-1', 'Name image', 'chatbot:candidate']],
    [
      {
        kind: 'tag-moved',
        step: 'name-1',
        ref: 'chatbot:candidate',
        before: oldest.imageId,
        after: middle.imageId,
      },
      done('name-1', 'chatbot:candidate'),
    ],
    { outcome: 'succeeded', summary: 'chatbot:candidate' },
  ),
  run(
    225,
    'prune',
    undefined,
    [1, 2].map(
      (n) =>
        [
          `remove-${older(n).id}`,
          `Remove ${older(n).id} ${older(n).version}`,
          `chatbot:${older(n).id}`,
        ] as const,
    ),
    [
      removed(older(1).id, { manifests: [{ ref: `${repository}@${digest('4a1e')}`, tags: [older(1).id] }] }),
      done(`remove-${older(1).id}`, 'Removed'),
      { kind: 'step-started', step: `remove-${older(2).id}` },
      removed(older(2).id, {
        left: [{ name: 'mo/experiment:latest', why: 'Gantry did not give it that name' }],
      }),
      done(`remove-${older(2).id}`, 'Removed, 1 name left'),
    ],
    { outcome: 'succeeded', summary: 'Images of 2 releases removed' },
  ),
]);

function removed(release: string, more: object): object {
  return {
    kind: 'image-removed',
    step: `remove-${release}`,
    release,
    digests: [digest(release.slice(2))],
    names: [`chatbot:${release}`],
    manifests: [],
    left: [],
    ...more,
  };
}

const [dev, staging, prod] = boardInput.environments;
const { lease: _lease, currentRun: _run, ...stagingAtRest } = staging as Record<string, unknown>;
const { drift: _drift, ...prodAtRest } = prod as Record<string, unknown>;

/** Prod is a tag that others pull. */
const tagged = {
  ...prodAtRest,
  target: {
    kind: 'registry',
    label: `registry ${repository}:prod`,
    detail: `the tag ${repository}:prod`,
  },
  observed: {
    kind: 'running',
    at: ago(12 * s),
    services: [
      {
        name: 'tag',
        imageId: digest('1fa6d270'),
        imageRef: `${repository}:prod`,
        health: 'healthy',
        state: 'named',
        ports: [],
      },
    ],
    settings: {},
  },
};

function boardOf(...environments: readonly object[]) {
  return boardSchema.parse({ ...boardInput, workspace: withRepository, environments });
}

/** The journey's plan of a promotion, with a way for the image that begins in another registry. */
function planOf(changes: object): NonNullable<FixtureData['plan']> {
  const { plan } = journeys.journey?.().data ?? {};
  return (request): Plan => planSchema.parse({ ...plan?.(request), ...changes });
}

const carried = {
  warnings: [],
  availability: [
    {
      kind: 'promote',
      ref: `eu.gcr.io/parley-prod/chatbot:${middle.id}`,
      digest: digest('c4e81d09'),
      from: `${repository}@${digest('c4e81d09')}`,
      isSameRegistry: false,
      bytes: 12_400_000,
    },
  ],
  tags: [
    {
      ref: 'eu.gcr.io/parley-prod/chatbot:prod',
      isMoving: true,
      before: digest('1fa6d270'),
      after: digest('c4e81d09'),
    },
    { ref: 'eu.gcr.io/parley-prod/chatbot:1.4.1', isMoving: false, after: digest('c4e81d09') },
  ],
};

const unfit = {
  ...carried,
  warnings: [
    {
      level: 'block',
      about: 'image',
      what: 'The image is for linux/arm64, and prod runs linux/amd64',
      detail: 'Build it for both: write platforms: [linux/amd64, linux/arm64] under build in gantry.yml.',
    },
  ],
};

function refused(code: string, message: string, hint: string): ORPCError<'GANTRY', unknown> {
  return new ORPCError('GANTRY', { defined: true, status: 400, message, data: { code, message, hint } });
}

const registryDown = refused(
  'registry-unreachable',
  'ghcr.io does not answer.',
  'See whether the machine is online, then try again.',
);

/** What there is to see of releases and their images. */
export const releaseScenarios: Readonly<
  Record<string, () => { data: FixtureData; prepare?: (fixture: Fixture) => void }>
> = {
  releases: () => ({ data: data() }),
  'releases-many': () => ({
    data: data({
      images: imageListSchema.parse({
        images: [
          ...images.images,
          ...Array.from({ length: 43 }, (_, n) =>
            listed(older(n + 4), n % 5 === 4 ? { presence: 'unknown' } : {}),
          ),
        ],
        notes: ['ghcr.io does not answer, so what is there is not known.'],
      }),
      contents: () => many,
    }),
  }),
  'releases-empty': () => ({ data: data({ images: { images: [], notes: [] }, releases: [] }) }),
  'releases-loading': () => ({ data: data(), prepare: (fixture) => fixture.fail('images.list', never) }),
  'releases-failing': () => ({
    data: data(),
    prepare: (fixture) => fixture.fail('images.list', registryDown),
  }),
  'prune-loading': () => ({
    data: data(),
    prepare: (fixture) => fixture.fail('images.prune.preview', never),
  }),
  'prune-failing': () => ({
    data: data(),
    prepare: (fixture) => fixture.fail('images.prune.preview', registryDown),
  }),
  'prune-nothing': () => ({ data: data({ prune: { ...prune, goes: [] } }) }),
  'contents-loading': () => ({ data: data(), prepare: (fixture) => fixture.fail('images.compare', never) }),
  'contents-reading-on': () => ({
    data: data(),
    prepare: (fixture) => fixture.fail('images.compare whole', never),
  }),
  'contents-failing': () => ({
    data: data(),
    prepare: (fixture) => fixture.fail('images.compare', registryDown),
  }),
  'plan-carried': () => ({ data: data({ plan: planOf(carried) }) }),
  'plan-unfit': () => ({ data: data({ plan: planOf(unfit) }) }),
  'plan-inside-loading': () => ({
    data: data({ plan: planOf(carried) }),
    prepare: (fixture) => fixture.fail('images.compare', never),
  }),
  'plan-inside-failing': () => ({
    data: data({ plan: planOf(carried) }),
    prepare: (fixture) => fixture.fail('images.compare', registryDown),
  }),
  'board-tag': () => ({
    data: data({
      board: boardOf(dev ?? {}, stagingAtRest, tagged),
      runs: chatbot().runs.slice(1),
      events: new Map(),
    }),
  }),
  'board-gone': () => ({
    data: data({
      board: boardOf(dev ?? {}, stagingAtRest, {
        ...prodAtRest,
        rollbackTo: { ...older(2), image: 'gone' },
      }),
      runs: chatbot().runs.slice(1),
      events: new Map(),
    }),
  }),
  'contents-same': () => ({
    data: data({
      contents: () => ({
        ...contents,
        contents: {
          ...contents.contents,
          same: true,
          config: [],
          layers: { ...contents.contents.layers, added: [], removed: [] },
          packages: { added: 0, removed: 0, changed: 0, list: [] },
          files: {
            added: { files: 0, bytes: 0 },
            removed: { files: 0, bytes: 0 },
            changed: { files: 0, before: 0, after: 0 },
            list: [],
            folders: [],
          },
        },
      }),
    }),
  }),
};
