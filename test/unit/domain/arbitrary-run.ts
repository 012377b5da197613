import * as fc from 'fast-check';
import {
  environmentNameSchema,
  envSnapshotIdSchema,
  releaseIdSchema,
  runIdSchema,
  type WorkspaceId,
  workspaceIdSchema,
} from '#shared/domain/ids.ts';
import type { RunOutcome, StepOutcome } from '#shared/domain/outcome.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import type { RecordedEvent, RunEvent, RunEventOf } from '#shared/domain/run-events.ts';
import type { Vertex } from '#shared/domain/step-events.ts';

/*
 * Runs as they could be, and as they should not be: steps that nobody planned, ends without a start, two ends. Few
 * different names, so that events meet.
 */

const runOutcomes: readonly RunOutcome[] = [
  'succeeded',
  'failed',
  'errored',
  'cancelled',
  'rolled-back',
  'unverified',
  'interrupted',
];
const stepOutcomes: readonly StepOutcome[] = ['succeeded', 'failed', 'errored', 'skipped', 'cancelled'];
const vertexStates: readonly Vertex['state'][] = [
  'waiting',
  'running',
  'done',
  'cached',
  'failed',
  'cancelled',
];

const text = fc.string({ maxLength: 12 });
const stepId = fc.constantFrom('up', 'health', 'back-up', 'nobody-planned-this');
const time = fc.nat({ max: 2_000_000_000_000 });
const by = fc.record({ name: text, shell: fc.constantFrom('desktop', 'server', 'cli', 'recovery') });
const processIdentity = fc.record({
  bootId: text,
  pid: fc.integer({ min: 1, max: 4 }),
  startTime: text,
});
export const environmentName = fc
  .constantFrom('dev', 'staging', 'prod')
  .map((name) => environmentNameSchema.parse(name));
export const releaseId = fc
  .constantFrom('r-aaaaaa', 'r-bbbbbb', 'r-cccccc')
  .map((id) => releaseIdSchema.parse(id));
const envSnapshotId = fc
  .constantFrom('1', '2')
  .map((digit) => envSnapshotIdSchema.parse(`e-${digit.repeat(64)}`));

const plannedStep: fc.Arbitrary<PlannedStep> = fc.record({
  id: stepId,
  title: text,
  detail: text,
  action: fc.constant({ do: 'it' }),
  repeatable: fc.boolean(),
  changes: fc.boolean(),
  timeoutMs: fc.integer({ min: 1, max: 100_000 }),
});
const steps = fc.array(plannedStep, { maxLength: 4 });
const error = fc.record({ code: fc.constant('target-refused' as const), message: text, hint: text });
const kept = { requiredKeys: [] };

const vertex: fc.Arbitrary<Vertex> = fc.record(
  {
    id: fc.constantFrom('sha256:1', 'sha256:2'),
    name: text,
    inputs: fc.array(text, { maxLength: 2 }),
    state: fc.constantFrom(...vertexStates),
    startedAt: time,
    endedAt: time,
    error: text,
  },
  { requiredKeys: ['id', 'name', 'inputs', 'state'] },
);

export function runRequested(workspaceId: WorkspaceId): fc.Arbitrary<RunEventOf<'run-requested'>> {
  const common = fc.record({ steps, by });
  const build = fc
    .tuple(common, fc.constantFrom('build' as const, 'adopt' as const, 'prune' as const))
    .map(([facts, run]) => ({ ...facts, kind: 'run-requested' as const, workspaceId, run }));
  const facts = fc.record(
    { from: environmentName, previousRelease: releaseId, envSnapshot: envSnapshotId, note: text },
    kept,
  );
  const deploy = fc
    .tuple(common, facts, environmentName, releaseId, fc.constantFrom('deploy', 'promote', 'rollback'))
    .map(([first, more, environment, release, run]) => ({
      ...first,
      ...more,
      kind: 'run-requested' as const,
      workspaceId,
      run,
      environment,
      release,
    }));
  return fc.oneof(build, deploy);
}

const leaves = fc.record({ release: releaseId, envSnapshot: envSnapshotId }, { requiredKeys: ['release'] });

export const runEnded: fc.Arbitrary<RunEventOf<'run-ended'>> = fc.record(
  {
    kind: fc.constant('run-ended'),
    outcome: fc.constantFrom(...runOutcomes),
    summary: text,
    recovered: fc.boolean(),
    leaves,
    hold: fc.record({ reason: text }),
    error,
  },
  { requiredKeys: ['kind', 'outcome', 'summary', 'recovered'] },
);

const removal = {
  step: stepId,
  release: releaseId,
  digests: fc.array(text, { maxLength: 2 }),
  names: fc.array(text, { maxLength: 2 }),
  manifests: fc.array(fc.record({ ref: text, tags: fc.array(text, { maxLength: 2 }) }), { maxLength: 1 }),
};

const nameMove = { ref: fc.constantFrom('shop:latest', 'shop:stable'), before: text, after: text };

/** What may happen between a run's request and its end. */
export const middleEvent: fc.Arbitrary<RunEvent> = fc.oneof(
  fc.record({ kind: fc.constant('step-started'), step: stepId }),
  fc.record({ kind: fc.constant('step-progressed'), step: stepId, text }),
  fc.record({ kind: fc.constant('vertex-changed'), step: stepId, vertex }),
  fc.record({
    kind: fc.constant('health-probed'),
    step: stepId,
    check: text,
    probes: fc.array(fc.record({ at: time, ok: fc.boolean(), ms: fc.nat(), text }), { maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant('child-started'), step: stepId, child: processIdentity, what: text }),
  fc.record({
    kind: fc.constant('child-ended'),
    step: stepId,
    pid: fc.integer({ min: 1, max: 4 }),
    exitCode: fc.option(fc.nat({ max: 255 })),
  }),
  fc.record(
    {
      kind: fc.constant('step-ended'),
      step: stepId,
      outcome: fc.constantFrom(...stepOutcomes),
      detail: text,
      error,
    },
    { requiredKeys: ['kind', 'step', 'outcome', 'detail'] },
  ),
  fc.record(
    {
      kind: fc.constant('observed'),
      step: stepId,
      observed: fc.record({ kind: fc.constant('unreachable'), at: time, why: text }),
    },
    { requiredKeys: ['kind', 'observed'] },
  ),
  fc.record({
    kind: fc.constant('tags-moving'),
    step: stepId,
    names: fc.array(fc.record(nameMove, { requiredKeys: ['ref', 'after'] }), { maxLength: 2 }),
  }),
  fc.record(
    { kind: fc.constant('tag-moved'), step: stepId, ...nameMove },
    { requiredKeys: ['kind', 'step', 'ref', 'after'] },
  ),
  fc.record({ kind: fc.constant('release-recorded'), release: releaseId, version: text, imageId: text }),
  fc.record({ kind: fc.constant('image-removing'), ...removal }),
  fc.record({
    kind: fc.constant('image-removed'),
    ...removal,
    left: fc.array(fc.record({ name: text, why: text }), { maxLength: 2 }),
  }),
  fc.record(
    {
      kind: fc.constant('rollback-started'),
      reason: text,
      release: releaseId,
      envSnapshot: envSnapshotId,
      steps,
    },
    { requiredKeys: ['kind', 'reason', 'release', 'steps'] },
  ),
  fc.record({ kind: fc.constant('cancel-requested'), by }),
  fc.record({ kind: fc.constant('recovery-started'), by: processIdentity }),
);

const anyEvent: fc.Arbitrary<RunEvent> = fc.oneof(
  { weight: 8, arbitrary: middleEvent },
  { weight: 1, arbitrary: runEnded },
  { weight: 1, arbitrary: runRequested(workspaceIdSchema.parse('w-1')) },
);

/** Any events at all, numbered as the ledger does. */
export const anyEvents: fc.Arbitrary<readonly RecordedEvent[]> = fc
  .array(fc.tuple(anyEvent, time), { maxLength: 30 })
  .map((events) => events.map(([event, at], index) => recorded(event, index + 1, at)));

/** A run with its request first; the rest is anything. */
export const anyRun: fc.Arbitrary<readonly RecordedEvent[]> = fc
  .tuple(runRequested(workspaceIdSchema.parse('w-1')), time, anyEvents)
  .map(([first, at, rest]) => [
    recorded(first, 1, at),
    ...rest.map((event) => ({ ...event, n: event.n + 1, seq: event.seq + 1 })),
  ]);

export function recorded(event: RunEvent, n: number, at: number): RecordedEvent {
  return { seq: n, runId: runIdSchema.parse(7), n, at, event };
}
