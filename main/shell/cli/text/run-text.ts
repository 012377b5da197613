import { shortDigest } from '#shared/domain/availability-words.ts';
import type { ErrorDetail } from '#shared/domain/errors.ts';
import type { RunOutcome } from '#shared/domain/outcome.ts';
import { endText, type RunSummary, type StepView, watchedNow } from '#shared/domain/run.ts';
import type { RunEventOf } from '#shared/domain/run-events.ts';
import type { MovedTag, RunView } from '#shared/domain/run-reducer.ts';
import type { Style } from '../terminal.ts';
import { vertexName } from './build-text.ts';
import { ago, duration, plain } from './format.ts';

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** How often the spinner turns, in ms. */
export const frameMs = 100;

const maxVertices = 5;

/** `promote 0.2.0 to prod` */
export function runName(run: RunSummary): string {
  const what = run.version ?? run.release ?? '';
  const where =
    run.environment === undefined ? '' : run.kind === 'rollback' ? run.environment : `to ${run.environment}`;
  const parts = run.kind === 'rollback' ? [run.kind, where, what && `to ${what}`] : [run.kind, what, where];
  return plain(parts.filter((part) => part !== '').join(' '));
}

export function runHeading(run: RunSummary, style: Style): string {
  return `${style.bold(runName(run))} ${style.dim(`run ${run.id}`)}`;
}

/** The whole run as it stands, one line a step. */
export function runFrame(view: RunView, now: number, style: Style): string[] {
  const lines = [runHeading(view, style)];
  for (const step of view.steps) {
    lines.push(stepLine(step, now, style));
    if (step.state === 'running' && step.overAt !== undefined)
      lines.push(...watchLines(view, step.id, style));
    if (step.state === 'running') lines.push(...vertexLines(view, step.id, now, style));
  }
  if (view.state === 'running' && view.isCancelRequested)
    lines.push(style.yellow(watchedNow(view.steps) === undefined ? 'cancelling…' : 'watching stops…'));
  return lines;
}

function stepLine(step: StepView, now: number, style: Style): string {
  const time = step.startedAt === undefined ? '' : duration((step.endedAt ?? now) - step.startedAt);
  const left =
    step.state === 'running' && step.overAt !== undefined
      ? `${duration(Math.max(0, step.overAt - now))} left`
      : '';
  const title = `${step.isRollback ? 'rollback: ' : ''}${plain(step.title)}`;
  const text = step.text === '' ? '' : style.dim(plain(step.text));
  const name = step.state === 'not-yet' ? style.dim(title) : title;
  return [`  ${stepMark(step, now, style)} ${name}`, time, left, text]
    .filter((part) => part !== '')
    .join('  ');
}

/** What was asked so far, and what Ctrl-C does now. */
function watchLines(view: RunView, step: string, style: Style): string[] {
  const asked = view.probes.filter((series) => series.step === step).map(askedText);
  return [
    ...(asked.length === 0 ? [] : [`      ${style.dim(asked.join(', '))}`]),
    `      ${style.dim('Ctrl-C stops watching; the release stays')}`,
  ];
}

/** `/healthz 41 of 43 good` */
function askedText({ check, total, failed }: RunView['probes'][number]): string {
  return `${plain(check)} ${total - failed} of ${total} good`;
}

/** `- Wait until healthy: /healthz 41 of 43 good`, one for each check of each step. */
export function healthLines({ steps, probes }: Pick<RunView, 'steps' | 'probes'>): string[] {
  return probes.map((series) => {
    const title = steps.find(({ id }) => id === series.step)?.title ?? series.step;
    return `- ${plain(title)}: ${askedText(series)}`;
  });
}

function stepMark({ state }: StepView, now: number, style: Style): string {
  switch (state) {
    case 'not-yet':
      return style.dim('·');
    case 'running':
      return style.cyan(spinner[Math.floor(now / frameMs) % spinner.length] ?? '');
    case 'succeeded':
      return style.green('✓');
    case 'failed':
      return style.red('✗');
    case 'errored':
      return style.red('!');
    case 'cancelled':
      return style.yellow('■');
    case 'skipped':
      return style.dim('-');
  }
}

/** What the engine does right now; what is done is only counted. */
function vertexLines(view: RunView, step: string, now: number, style: Style): string[] {
  const vertices = view.vertices.filter((vertex) => vertex.step === step);
  if (vertices.length === 0) return [];
  const running = vertices.filter((vertex) => vertex.state === 'running');
  const done = vertices.filter((vertex) => vertex.state === 'done' || vertex.state === 'cached');
  const cached = done.filter((vertex) => vertex.state === 'cached').length;
  const count = `${done.length}/${vertices.length} done${cached > 0 ? `, ${cached} cached` : ''}`;
  return [
    `      ${style.dim(count)}`,
    ...running.slice(-maxVertices).map((vertex) => {
      const time = vertex.startedAt === undefined ? '' : `  ${duration(now - vertex.startedAt)}`;
      return `      ${vertexName(vertex)}${style.dim(time)}`;
    }),
  ];
}

const outcomeWords: Readonly<Record<RunOutcome, string>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  errored: 'errored',
  cancelled: 'cancelled',
  'rolled-back': 'failed and was rolled back',
  unverified: 'was triggered, but its result cannot be observed',
  interrupted: 'was interrupted',
};

export function stateStyle(state: RunSummary['state'], style: Style): (text: string) => string {
  if (state === 'running') return style.cyan;
  if (state === 'succeeded') return style.green;
  return state === 'cancelled' || state === 'unverified' ? style.yellow : style.red;
}

/** How a run ended, in one line, and why and what to do next where it did not succeed. */
export function verdictLines(view: RunView, style: Style): string[] {
  if (view.state === 'running') return [];
  const took = view.endedAt === undefined ? '' : ` in ${duration(view.endedAt - view.startedAt)}`;
  const recovered = view.recovered ? ', recovered after a crash' : '';
  const mark = stateStyle(view.state, style);
  const lines = [
    `${mark(`run ${view.id} ${outcomeWords[view.state]}`)}${took}${recovered}: ${plain(view.summary)}`,
  ];
  if (view.rollbackReason !== undefined) lines.push(`why:   ${plain(view.rollbackReason)}`);
  if (view.error !== undefined) {
    // Often the summary is the error's own sentence.
    if (view.error.message.replace(/\.$/, '') !== view.summary.replace(/\.$/, '')) {
      lines.push(`${style.red('error:')} ${plain(view.error.message)}`);
    }
    lines.push(`${style.dim('hint:')}  ${plain(view.error.hint)}`);
    lines.push(...placeLines(view.error, style));
  }
  for (const { ref, before = 'nothing', after, isUnsure } of view.movedTags) {
    if (isUnsure !== true) continue;
    const move = `${plain(ref)} was about to move from ${shortDigest(before)} to ${shortDigest(after)}`;
    lines.push(`${style.yellow('name:')}  ${move}`);
  }
  if (view.hold !== undefined && view.environment !== undefined) {
    lines.push(`${style.yellow('held:')}  nothing is deployed there until gantry lift ${view.environment}`);
  }
  return lines;
}

/** `at:    Dockerfile:18`, which editors and terminals turn into a link; with what the error does not say itself. */
function placeLines({ message, hint, problems = [] }: ErrorDetail, style: Style): string[] {
  const sentence = (text: string) => text.replace(/\.$/, '');
  return problems
    .filter(({ line }) => line !== undefined)
    .map((problem) => {
      const place = [problem.file, problem.line, problem.column]
        .filter((part) => part !== undefined)
        .join(':');
      const more = [
        message.includes(sentence(problem.what)) ? '' : problem.what,
        problem.hint.startsWith(hint) ? problem.hint.slice(hint.length).trim() : problem.hint,
      ].filter((part) => part !== '');
      return `${style.dim('at:')}    ${plain([place, ...more].join(' '))}`;
    });
}

/** `12  promote 0.2.0 to prod  succeeded  3 min ago  12 s  ada` as cells. */
export function historyRow(run: RunSummary, now: number, style: Style): string[] {
  return [
    `#${run.id}`,
    runName(run),
    stateStyle(run.state, style)(run.state),
    ago(run.startedAt, now),
    run.endedAt === undefined ? duration(now - run.startedAt) : duration(run.endedAt - run.startedAt),
    plain(run.by.name),
    run.state === 'succeeded' ? style.dim(plain(run.note ?? '')) : plain(endText(run)),
  ];
}

/** `- shop:latest moved from sha256:… to sha256:…`; short where a line must not be longer than a terminal. */
export function movedText({ ref, before, after }: Omit<MovedTag, 'step'>, isShort = false): string {
  const digest = isShort ? shortDigest : (whole: string) => whole;
  return `- ${plain(ref)} moved${before === undefined ? '' : ` from ${digest(before)}`} to ${digest(after)}`;
}

/** `removed shop:r-77ab10, shop:0.2.0; left shop:mine: Gantry did not give that name` */
export function removedText({ names, manifests, left }: RunEventOf<'image-removed'>): string {
  const gone = [...names, ...manifests.flatMap(({ ref, tags }) => [ref, ...tags])].map(plain);
  const stays = left.map(({ name, why }) => `left ${plain(name)}: ${plain(why)}`);
  return [gone.length === 0 ? 'nothing removed' : `removed ${gone.join(', ')}`, ...stays].join('; ');
}
