import { boardSchema } from '#shared/domain/board.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { logLineSchema, type RecordedEvent, recordedEventSchema } from '#shared/domain/run-events.ts';
import { foldRun, toSummary } from '#shared/domain/run-reducer.ts';
import { ago, boardInput, chatbot, promotionPlan, releases, rows, running, workspace } from './chatbot.ts';
import type { FixtureData } from './fixture-client.ts';

const s = 1_000;
const min = 60 * s;

const [dev, staging, prod] = boardInput.environments;
const { lease: _lease, currentRun: _run, ...stagingAtRest } = staging as Record<string, unknown>;
const { drift: _drift, ...prodAtRest } = prod as Record<string, unknown>;

const step = (id: string, title: string, detail: string, changes = false, repeatable = true) => ({
  id,
  title,
  detail,
  action: {},
  repeatable,
  changes,
  timeoutMs: 2 * min,
});

const steps = [
  step('find-image', 'Find image', 'chatbot:r-8f21c0 is on the engine'),
  step('start', 'Start services', 'docker compose up in project chatbot-prod', true),
  step('wait', 'Wait until healthy', 'every container is healthy and /healthz answers'),
  step('verify', 'Verify image', 'what runs is 9b1c04e7a2f8'),
];

const plan = {
  ...promotionPlan,
  request: { ...promotionPlan.request, from: 'staging', to: 'prod' },
  environment: 'prod',
  previous: releases.oldest,
  onFailure: 'stay',
  confirm: 'typed',
  steps,
  target: { kind: 'compose', label: 'chatbot-prod' },
};

type Aged = readonly [age: number, event: object];

const requested = (began: number, of: object = {}): Aged => [
  began,
  {
    kind: 'run-requested',
    workspaceId: workspace.id,
    run: 'promote',
    environment: 'prod',
    from: 'staging',
    release: releases.newest.id,
    previousRelease: releases.oldest.id,
    envSnapshot: `e-${'1'.repeat(64)}`,
    plan: { ...plan, ...of },
    steps: plan.steps,
    by: { name: 'mo', shell: 'desktop' },
    ...of,
  },
];

const done = (id: string, from: number, took: number, detail: string): readonly Aged[] => [
  [from, { kind: 'step-started', step: id }],
  [from - took, { kind: 'step-ended', step: id, outcome: 'succeeded', detail }],
];

function record(id: number, events: readonly Aged[]): readonly RecordedEvent[] {
  return events.map(([age, event], index) =>
    recordedEventSchema.parse({ seq: id * 100 + index, runId: id, n: index + 1, at: ago(age), event }),
  );
}

const why = 'web exited 9 times with code 1 within 2:00';

const failed = (id: number, outcome: 'failed' | 'errored', of: object = {}) =>
  record(id, [
    requested(6 * min, of),
    ...done('find-image', 6 * min, s, 'chatbot:r-8f21c0 is 9b1c04e7a2f8'),
    ...done('start', 6 * min - s, 2 * s, 'web started'),
    [6 * min - 3 * s, { kind: 'step-started', step: 'wait' }],
    [
      4 * min - 3 * s,
      {
        kind: 'step-ended',
        step: 'wait',
        outcome,
        detail: outcome === 'failed' ? why : 'the engine stopped answering',
        error:
          outcome === 'failed'
            ? {
                code: 'target-refused',
                message: 'web exited 9 times with code 1. Its last line: Error: REDIS_TYPING_URL is not set',
                hint: 'Add REDIS_TYPING_URL to .env.prod, or see its last lines in the log.',
              }
            : {
                code: 'engine-unreachable',
                message: 'connect ECONNREFUSED /var/run/docker.sock',
                hint: 'Start Docker, then retry.',
              },
      },
    ],
    [
      4 * min - 4 * s,
      {
        kind: 'run-ended',
        outcome,
        summary: outcome === 'failed' ? why : 'the engine stopped answering',
        recovered: false,
      },
    ],
  ]);

const log = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    logLineSchema.parse({
      n: index + 1,
      at: ago(6 * min) + index * 900,
      step: 'wait',
      source: index % 4 === 3 ? 'gantry' : 'web',
      level: index % 4 === 1 ? 'err' : index % 4 === 3 ? 'note' : 'out',
      text: [
        '{"level":"info","msg":"starting","release":"r-8f21c0"}',
        'Error: REDIS_TYPING_URL is not set',
        '    at loadConfig (/app/dist/config.js:63:17)',
        'web exited with code 1, compose restarts it',
      ][index % 4],
    }),
  );

const recovered = record(224, [
  requested(6 * min),
  ...done('find-image', 6 * min, s, 'chatbot:r-8f21c0 is 9b1c04e7a2f8'),
  [6 * min - s, { kind: 'step-started', step: 'start' }],
  [4 * min, { kind: 'recovery-started', by: { bootId: 'b', pid: 40999, startTime: '2' } }],
  [
    4 * min - 2 * s,
    { kind: 'step-ended', step: 'start', outcome: 'succeeded', detail: 'web runs chatbot:r-8f21c0' },
  ],
  ...done('wait', 4 * min - 2 * s, 3 * s, 'healthy after 3 s'),
  ...done('verify', 4 * min - 5 * s, s, 'what runs is 9b1c04e7a2f8'),
  [
    4 * min - 6 * s,
    {
      kind: 'run-ended',
      outcome: 'succeeded',
      summary: 'Gantry stopped, but prod was found running r-8f21c0 and healthy',
      recovered: true,
    },
  ],
]);

/** Another process follows what goes on at the target. */
const reattached = record(225, [
  requested(50 * s),
  ...done('find-image', 50 * s, s, 'chatbot:r-8f21c0 is 9b1c04e7a2f8'),
  [49 * s, { kind: 'step-started', step: 'start' }],
  [12 * s, { kind: 'recovery-started', by: { bootId: 'b', pid: 40999, startTime: '2' } }],
  [9 * s, { kind: 'step-progressed', step: 'start', text: 'followed: 1 of 2 containers is new' }],
]);

const triggered = record(226, [
  requested(6 * min),
  ...done('find-image', 6 * min, s, 'chatbot:r-8f21c0 is 9b1c04e7a2f8'),
  [6 * min - s, { kind: 'step-started', step: 'start' }],
  [
    6 * min - 2 * s,
    { kind: 'step-ended', step: 'start', outcome: 'succeeded', detail: 'the hook answered 202' },
  ],
  [
    6 * min - 3 * s,
    {
      kind: 'run-ended',
      outcome: 'unverified',
      summary: 'triggered, cannot be verified: the hook answered 202',
      recovered: false,
    },
  ],
]);

function data(events: readonly RecordedEvent[], changes: (run: RunSummary) => object): FixtureData {
  const view = foldRun(events);
  if (view === undefined) throw new Error('these events are no run');
  const run = toSummary(view);
  const { id } = view;
  return {
    ...chatbot(),
    board: boardSchema.parse({
      ...boardInput,
      environments: [dev, stagingAtRest, { ...prodAtRest, ...changes(run) }],
    }),
    runs: [run, ...rows.slice(1)],
    events: new Map([[id, events]]),
    logs: new Map([[runIdSchema.parse(id), log(120)]]),
  };
}

const service = (name: string, imageId: string, health: string, state: string, since: number) => ({
  ...running(name, imageId, since, 8080, health).services[0],
  state,
  ports: [],
});

const inTwoRegions = {
  target: { kind: 'several', label: 'eu: chatbot-prod-eu, us: chatbot-prod-us', detail: 'eu: web; us: web' },
};

/** What a person meets after a run that did not end as it should, and where one environment is several places. */
export const failureScenarios: Readonly<Record<string, () => { data: FixtureData }>> = {
  failed: () => ({ data: data(failed(221, 'failed'), (run) => ({ failedRun: run })) }),
  'failed-click': () => ({
    data: data(failed(221, 'failed', { confirm: 'click' }), (run) => ({ failedRun: run, confirm: 'click' })),
  }),
  errored: () => ({ data: data(failed(222, 'errored'), (run) => ({ failedRun: run })) }),
  'failed-held': () => ({
    data: data(failed(221, 'failed'), (run) => ({
      failedRun: run,
      hold: { reason: 'Payment freeze until Monday', by: 'jl', at: ago(min) },
    })),
  }),
  recovered: () => ({
    data: data(recovered, (run) => ({
      release: releases.newest,
      state: {
        workspaceId: workspace.id,
        environment: 'prod',
        release: releases.newest.id,
        runId: run.id,
        at: ago(4 * min),
      },
      observed: running('web', releases.newest.imageId, ago(5 * min), 8082),
    })),
  }),
  reattached: () => ({ data: data(reattached, (run) => ({ currentRun: run })) }),
  triggered: () => ({
    data: data(triggered, (run) => ({
      release: releases.newest,
      state: {
        workspaceId: workspace.id,
        environment: 'prod',
        release: releases.newest.id,
        runId: run.id,
        at: ago(6 * min),
        isUnverified: true,
      },
      failedRun: run,
      observed: { kind: 'unobservable', at: ago(s), why: 'its target has no observe to ask' },
    })),
  }),
  several: () => ({
    data: data(recovered, () => ({
      ...inTwoRegions,
      observed: {
        ...running('web', releases.oldest.imageId, ago(min), 8082),
        services: [
          service('eu/web', releases.oldest.imageId, 'healthy', 'running', ago(3 * min)),
          service('us/web', releases.oldest.imageId, 'healthy', 'running', ago(2 * min)),
        ],
      },
    })),
  }),
  'several-unreachable': () => ({
    data: data(recovered, () => ({
      ...inTwoRegions,
      observed: {
        ...running('web', releases.oldest.imageId, ago(min), 8082),
        services: [service('us/web', releases.oldest.imageId, 'healthy', 'running', ago(2 * min))],
        places: [
          { kind: 'unreachable', name: 'eu', why: 'tcp://eu:2376 does not answer' },
          { kind: 'running', name: 'us' },
        ],
      },
    })),
  }),
  'several-apart': () => ({
    data: data(failed(221, 'failed'), (run) => ({
      ...inTwoRegions,
      failedRun: run,
      observed: {
        ...running('web', releases.oldest.imageId, ago(min), 8082),
        services: [
          service('eu/web', releases.newest.imageId, 'healthy', 'running', ago(3 * min)),
          service('us/web', releases.oldest.imageId, 'unhealthy', 'running', ago(9 * 24 * 60 * min)),
        ],
      },
    })),
  }),
};
