import type { ErrorDetail } from './errors.ts';
import { assertNever } from './errors.ts';
import { addProbes, type ProbeSeries } from './health.ts';
import type { RunId, Time } from './ids.ts';
import type { Observed } from './observed.ts';
import type { Plan, PlannedStep } from './plan.ts';
import type { ProcessIdentity } from './processes.ts';
import type { RunSummary, StepView } from './run.ts';
import type { RecordedEvent, RunEvent, RunEventOf } from './run-events.ts';
import type { Vertex } from './step-events.ts';

/** With how long it may take, from which its deadline follows when it starts. */
type StepInView = StepView & {
  readonly timeoutMs?: number;
  readonly lastsMs?: number | undefined;
  /** What the other side calls the work that it asked for. */
  readonly handle?: string;
};

/** Everything there is to know about a run but its log. Core and renderer fold it from the same events. */
export type RunView = RunSummary & {
  /** `n` of the last event folded in; 0 before the first. */
  readonly lastEvent: number;
  readonly plan?: Plan;
  /** Of a build that was asked to run every step again. */
  readonly noCache?: boolean | undefined;
  readonly steps: readonly StepInView[];
  /** In the order in which the engine first named them. */
  readonly vertices: readonly (Vertex & { readonly step: string })[];
  readonly sent: readonly Omit<RunEventOf<'context-sent'>, 'kind'>[];
  readonly testReports: readonly Omit<RunEventOf<'test-reported'>, 'kind'>[];
  /** One for each release whose images were removed. */
  readonly removals: readonly Omit<RunEventOf<'image-removed'>, 'kind'>[];
  readonly places: readonly Omit<RunEventOf<'image-placed'>, 'kind'>[];
  readonly movedTags: readonly MovedTag[];
  /** One for each check of a step that asks for health. */
  readonly probes: readonly ProbeSeries[];
  readonly children: readonly (ProcessIdentity & { readonly step: string; readonly what: string })[];
  readonly observed?: Observed;
  readonly rollbackReason?: string;
  readonly error?: ErrorDetail;
  readonly leaves?: RunEventOf<'run-ended'>['leaves'];
  readonly keeps?: RunEventOf<'run-ended'>['keeps'];
  /** That it put on its environment; whether it still stands is the environment's to say. */
  readonly hold?: RunEventOf<'run-ended'>['hold'];
};

export type MovedTag = Omit<RunEventOf<'tag-moved'>, 'kind'> & {
  /** It was about to be moved; as long as nothing else is known it may be either. */
  readonly isUnsure?: true;
};

/** Folds a run's events, in order, into its view. `undefined` until `run-requested` was seen. */
export function foldRun(events: readonly RecordedEvent[], from?: RunView): RunView | undefined {
  return events.reduce<RunView | undefined>(reduceRun, from);
}

/** Events already folded in change nothing, so a stream may repeat itself; nor do those after the end but giving up. */
export function reduceRun(view: RunView | undefined, recorded: RecordedEvent): RunView | undefined {
  if (view === undefined) {
    return recorded.event.kind === 'run-requested'
      ? begin(recorded.runId, recorded.at, recorded.n, recorded.event)
      : undefined;
  }
  if (recorded.n <= view.lastEvent) return view;
  if (view.state !== 'running' && recorded.event.kind !== 'run-given-up') return view;
  return { ...apply(view, recorded.event, recorded.at), lastEvent: recorded.n };
}

function begin(id: RunId, at: Time, n: number, event: RunEventOf<'run-requested'>): RunView {
  const { kind: _, run, steps, plan, ...facts } = event;
  return {
    ...facts,
    id,
    kind: run,
    ...(plan === undefined ? {} : { plan, version: plan.release.version }),
    state: 'running',
    recovered: false,
    isCancelRequested: false,
    startedAt: at,
    summary: steps[0]?.title ?? '',
    stepsDone: 0,
    stepsTotal: steps.length,
    lastEvent: n,
    steps: steps.map((step) => toStepView(step, false)),
    vertices: [],
    sent: [],
    testReports: [],
    removals: [],
    places: [],
    movedTags: [],
    probes: [],
    children: [],
  };
}

function toStepView(step: PlannedStep, isRollback: boolean): StepInView {
  const { action: _, timeoutMs, lastsMs, ...facts } = step;
  const lasts = lastsMs === undefined ? {} : { lastsMs };
  return { ...facts, isRollback, state: 'not-yet', text: '', timeoutMs, ...lasts };
}

function apply(view: RunView, event: RunEvent, at: Time): RunView {
  switch (event.kind) {
    case 'run-requested':
      return view;
    case 'step-started':
      return startStep(view, event.step, at);
    case 'step-progressed':
      return withSteps(view, event.step, (step) => ({ ...step, text: event.text }));
    case 'step-handed-over':
      return withSteps(view, event.step, (step) => ({ ...step, handle: event.handle }));
    case 'step-retried':
      return withSteps(view, event.step, (step) => ({
        ...step,
        attempt: event.attempt,
        text: `try ${event.attempt} of ${event.of} follows: ${event.why}`,
      }));
    case 'vertex-changed':
      return { ...view, vertices: upsertVertex(view.vertices, event.step, event.vertex) };
    case 'context-sent':
      return { ...view, sent: [...view.sent, withoutKind(event)] };
    case 'test-reported':
      return { ...view, testReports: [...view.testReports, withoutKind(event)] };
    case 'image-placed':
      return { ...view, places: [...view.places, withoutKind(event)] };
    case 'tags-moving': {
      const { step } = event;
      const moving = event.names.map((name) => ({ step, ...name, isUnsure: true as const }));
      return { ...view, movedTags: [...view.movedTags, ...moving] };
    }
    case 'tag-moved': {
      const moved = withoutKind(event);
      return { ...view, movedTags: [...view.movedTags.filter((tag) => !isOfMove(tag, moved)), moved] };
    }
    case 'child-started':
      return {
        ...view,
        children: [...view.children, { ...event.child, step: event.step, what: event.what }],
      };
    case 'child-ended':
      return { ...view, children: view.children.filter((child) => child.pid !== event.pid) };
    case 'health-probed':
      return { ...view, probes: addProbes(view.probes, event) };
    case 'step-ended':
      return endStep(view, event, at);
    case 'observed':
      return { ...view, observed: event.observed };
    case 'release-recorded':
      return { ...view, release: event.release, version: event.version };
    case 'image-removing':
      return view;
    case 'image-removed':
      return { ...view, removals: [...view.removals, withoutKind(event)] };
    case 'rollback-started':
      return {
        ...view,
        rollbackReason: event.reason,
        steps: [...view.steps, ...event.steps.map((step) => toStepView(step, true))],
        stepsTotal: view.stepsTotal + event.steps.length,
      };
    case 'cancel-requested':
      return { ...view, isCancelRequested: true };
    case 'recovery-started':
      return { ...view, recovered: true };
    case 'run-ended':
      return endRun(view, event, at);
    case 'run-given-up':
      return view.state === 'running' || view.givenUp !== undefined
        ? view
        : { ...view, givenUp: { by: event.by, at } };
    default:
      return assertNever(event);
  }
}

function withoutKind<Event extends RunEvent>({ kind: _, ...facts }: Event): Omit<Event, 'kind'> {
  return facts;
}

function isOfMove(tag: MovedTag, { step, ref }: MovedTag): boolean {
  return tag.isUnsure === true && tag.step === step && tag.ref === ref;
}

function withSteps(view: RunView, id: string, change: (step: StepInView) => StepInView): RunView {
  return { ...view, steps: view.steps.map((step) => (step.id === id ? change(step) : step)) };
}

function startStep(view: RunView, id: string, at: Time): RunView {
  const planned = view.steps.find((step) => step.id === id);
  const next = withSteps(view, id, (step) => ({
    ...step,
    state: 'running',
    startedAt: at,
    ...(step.timeoutMs === undefined ? {} : { deadlineAt: at + step.timeoutMs }),
    ...(step.lastsMs === undefined ? {} : { overAt: at + step.lastsMs }),
  }));
  return { ...next, summary: planned?.title ?? view.summary };
}

function endStep(view: RunView, event: RunEventOf<'step-ended'>, at: Time): RunView {
  const next = withSteps(view, event.step, (step) => ({
    ...step,
    state: event.outcome,
    endedAt: at,
    text: event.detail,
    ...(event.error === undefined ? {} : { error: event.error }),
    ...(event.isUnverified === undefined ? {} : { isUnverified: event.isUnverified }),
  }));
  // A step that knows how it ended has said of each name that it moved.
  const isSure = event.outcome === 'succeeded' || event.outcome === 'failed';
  const movedTags = isSure
    ? view.movedTags.filter(({ step, isUnsure }) => step !== event.step || isUnsure !== true)
    : view.movedTags;
  return {
    ...next,
    movedTags,
    stepsDone: next.steps.filter((step) => step.state !== 'not-yet' && step.state !== 'running').length,
  };
}

function endRun(view: RunView, event: RunEventOf<'run-ended'>, at: Time): RunView {
  return {
    ...view,
    state: event.outcome,
    endedAt: at,
    summary: event.summary,
    recovered: event.recovered,
    ...(event.error === undefined ? {} : { error: event.error }),
    ...(event.leaves === undefined ? {} : { leaves: event.leaves }),
    ...(event.keeps === undefined ? {} : { keeps: event.keeps }),
    ...(event.hold === undefined ? {} : { hold: event.hold }),
  };
}

function upsertVertex(vertices: RunView['vertices'], step: string, vertex: Vertex): RunView['vertices'] {
  const index = vertices.findIndex((known) => known.id === vertex.id && known.step === step);
  return index < 0
    ? [...vertices, { ...vertex, step }]
    : vertices.with(index, { ...vertices[index], ...vertex, step });
}

/** The part of a view that lists need; the ledger keeps it as a row. */
export function toSummary(view: RunView): RunSummary {
  const {
    lastEvent: _lastEvent,
    plan: _plan,
    noCache: _noCache,
    steps: _steps,
    vertices: _vertices,
    sent: _sent,
    testReports: _testReports,
    removals: _removals,
    places: _places,
    movedTags: _movedTags,
    probes: _probes,
    children: _children,
    observed: _observed,
    rollbackReason: _rollbackReason,
    error: _error,
    leaves: _leaves,
    keeps: _keeps,
    hold: _hold,
    ...summary
  } = view;
  return summary;
}
