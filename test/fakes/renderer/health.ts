import { boardSchema } from '#shared/domain/board.ts';
import type { Probe } from '#shared/domain/health.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { runSummarySchema } from '#shared/domain/run.ts';
import type { RecordedEvent } from '#shared/domain/run-events.ts';
import { recordedEventSchema } from '#shared/domain/run-events.ts';
import { ago, boardInput, chatbot, promotionPlan, releases, rows, running, workspace } from './chatbot.ts';
import type { Fixture, FixtureData } from './fixture-client.ts';

const s = 1_000;
const windowMs = 120 * s;
const everyMs = 2 * s;

const step = (id: string, title: string, detail: string, changes: boolean, lastsMs?: number) => ({
  id,
  title,
  detail,
  action: {},
  repeatable: true,
  changes,
  timeoutMs: 180 * s,
  ...(lastsMs === undefined ? {} : { lastsMs }),
});

const steps = [
  step('find-image', 'Find image', 'chatbot:r-8f21c0 is on the engine', false),
  step('start', 'Start services', 'docker compose up in project chatbot-prod', true),
  step('wait', 'Wait until healthy', 'every container is healthy and /healthz answers', false),
  step('verify', 'Verify image', 'what runs is a7703c5de912', false),
  step('watch', 'Watch', 'for 2 min: what runs stays and is healthy, /healthz answers', false, windowMs),
];
const backSteps = steps.slice(0, 4).map((each) => ({ ...each, id: `back-${each.id}` }));

const by = { name: 'mo', shell: 'desktop' };

/** Answers of a check, the last of them `until` ago; every `failsAt`-th from the end fails. */
function answers(
  step: string,
  check: string,
  {
    from,
    until,
    ms,
    fails,
  }: { from: number; until: number; ms: number; fails: (age: number) => string | undefined },
): (readonly [number, object])[] {
  const probes: Probe[] = [];
  for (let age = from; age >= until; age -= everyMs) {
    const text = fails(age);
    // Uneven, and the same each time.
    const wobble = 1 + ((age / s) % 7) / 5 + ((age / s) % 11 === 3 ? 4 : 0);
    probes.push({ at: ago(age), ok: text === undefined, ms: Math.round(ms * wobble), text: text ?? '200' });
  }
  return [[until, { kind: 'health-probed', step, check, probes }]];
}

const plan = {
  ...promotionPlan,
  request: { ...promotionPlan.request, from: 'staging', to: 'prod' },
  environment: 'prod',
  previous: releases.oldest,
  confirm: 'typed',
  steps,
  target: { kind: 'compose', label: 'chatbot-prod' },
};

function untilWatched(id: number, began: number): (readonly [number, object])[] {
  const ended = (step: string, detail: string) => ({
    kind: 'step-ended',
    step,
    outcome: 'succeeded',
    detail,
  });
  return [
    [
      began,
      {
        kind: 'run-requested',
        workspaceId: workspace.id,
        run: 'promote',
        environment: 'prod',
        from: 'staging',
        release: releases.newest.id,
        previousRelease: releases.oldest.id,
        plan,
        steps,
        by,
        note: `run ${id}`,
      },
    ],
    [began, { kind: 'step-started', step: 'find-image' }],
    [began - s, ended('find-image', 'chatbot:r-8f21c0 is a7703c5de912')],
    [began - s, { kind: 'step-started', step: 'start' }],
    [began - 3 * s, ended('start', 'web started')],
    [began - 3 * s, { kind: 'step-started', step: 'wait' }],
    ...answers('wait', '/healthz', {
      from: began - 3 * s,
      until: began - 9 * s,
      ms: 9,
      fails: (age) => (age > began - 8 * s ? 'connection refused' : undefined),
    }),
    [began - 9 * s, ended('wait', 'healthy after 6 s')],
    [began - 9 * s, { kind: 'step-started', step: 'verify' }],
    [began - 10 * s, ended('verify', 'what runs is a7703c5de912')],
    [began - 10 * s, { kind: 'step-started', step: 'watch' }],
  ];
}

function record(id: number, events: readonly (readonly [number, object])[]): readonly RecordedEvent[] {
  return events.map(([age, event], index) =>
    recordedEventSchema.parse({ seq: id * 100 + index, runId: id, n: index + 1, at: ago(age), event }),
  );
}

const watching = record(220, [
  ...untilWatched(220, 85 * s),
  ...answers('watch', '/healthz', {
    from: 75 * s,
    until: s,
    ms: 11,
    fails: (age) => (age === 31 * s || age === 29 * s ? '503' : undefined),
  }),
  ...answers('watch', 'what runs', { from: 75 * s, until: s, ms: 4, fails: () => undefined }).map(
    ([age, event]) => [age, withText(event, 'healthy')] as const,
  ),
  [s, { kind: 'step-progressed', step: 'watch', text: 'healthy' }],
]);

function withText(event: object, text: string): object {
  const { probes } = event as { probes: readonly Probe[] };
  return { ...event, probes: probes.map((probe) => ({ ...probe, text: probe.ok ? text : probe.text })) };
}

const lostWhy = 'health was lost after 41 s: prod answers 503 on /healthz, 3 times in a row';

const lost = record(221, [
  ...untilWatched(221, 120 * s),
  ...answers('watch', '/healthz', {
    from: 110 * s,
    until: 70 * s,
    ms: 11,
    fails: (age) => (age <= 74 * s ? '503' : undefined),
  }),
  ...answers('watch', 'what runs', { from: 110 * s, until: 70 * s, ms: 4, fails: () => undefined }).map(
    ([age, event]) => [age, withText(event, 'healthy')] as const,
  ),
  [
    69 * s,
    {
      kind: 'step-ended',
      step: 'watch',
      outcome: 'failed',
      detail: lostWhy,
      error: {
        code: 'target-refused',
        message: `${lostWhy.replace('health', 'Health')}.`,
        hint: 'The chart shows when it began; what the release said last is in the log.',
      },
    },
  ],
  [69 * s, { kind: 'rollback-started', reason: lostWhy, release: releases.oldest.id, steps: backSteps }],
  ...backSteps.flatMap((each, index) => [
    [69 * s - index * 2 * s, { kind: 'step-started', step: each.id }] as const,
    [
      67 * s - index * 2 * s,
      {
        kind: 'step-ended',
        step: each.id,
        outcome: 'succeeded',
        detail: ['found', 'web started', 'healthy after 2 s', 'verified'][index],
      },
    ] as const,
  ]),
  [
    60 * s,
    {
      kind: 'run-ended',
      outcome: 'rolled-back',
      summary: `${lostWhy}; back on ${releases.oldest.id}`,
      recovered: false,
      hold: { reason: `Run 221 went back by itself: ${lostWhy}`, by: 'Gantry' },
    },
  ],
]);

const [dev, staging, prod] = boardInput.environments;
const { lease: _lease, currentRun: _run, ...stagingAtRest } = staging as Record<string, unknown>;
const { drift: _drift, ...prodAtRest } = prod as Record<string, unknown>;

function data(run: RunSummary, events: readonly RecordedEvent[], changes: object): FixtureData {
  return {
    ...chatbot(),
    board: boardSchema.parse({
      ...boardInput,
      environments: [dev, stagingAtRest, { ...prodAtRest, ...changes }],
    }),
    runs: [run, ...rows.slice(1)],
    events: new Map([[runIdSchema.parse(run.id), events]]),
  };
}

const summary = (id: number, changes: object): RunSummary =>
  runSummarySchema.parse({
    ...rows[0],
    id,
    environment: 'prod',
    from: 'staging',
    previousRelease: releases.oldest.id,
    stepsTotal: 5,
    ...changes,
  });

const now = summary(220, { startedAt: ago(85 * s), stepsDone: 4, summary: 'Watch' });
const failed = summary(221, {
  state: 'rolled-back',
  startedAt: ago(120 * s),
  endedAt: ago(60 * s),
  summary: `${lostWhy}; back on ${releases.oldest.id}`,
});

/** A release in prod that is watched, and one that was taken back by itself. */
export const healthScenarios: Readonly<
  Record<string, () => { data: FixtureData; prepare?: (fixture: Fixture) => void }>
> = {
  watching: () => ({
    data: data(now, watching, {
      observed: running('web', releases.newest.imageId, ago(80 * s), 8082),
      currentRun: now,
      lease: { ...(staging as { lease: object }).lease, runId: 220, takenAt: ago(85 * s) },
    }),
  }),
  'watch-lost': () => ({
    data: data(failed, lost, {
      failedRun: failed,
      hold: { reason: `Run 221 went back by itself: ${lostWhy}`, by: 'Gantry', at: ago(60 * s), runId: 221 },
    }),
  }),
};
