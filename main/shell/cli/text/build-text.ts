import { type BrokenCache, brokenCache, buildTotals, isDockerfileStep } from '#shared/domain/build-facts.ts';
import { criticalPath } from '#shared/domain/critical-path.ts';
import type { Problem } from '#shared/domain/errors.ts';
import type { RunEventOf } from '#shared/domain/run-events.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import type { Vertex } from '#shared/domain/step-events.ts';
import type { Style } from '../terminal.ts';
import { bytes, clip, duration, plain, plural } from './format.ts';

const maxNameColumns = 60;
const maxFiles = 2;
const maxPathSteps = 4;
/** Of a build that is over in a moment nobody asks what took so long. */
const shortMs = 1_000;
/** Steps below this are not where the time went. */
const momentMs = 100;

/** What there is to know of a build once it is over, a line each; nothing for other runs. */
export function buildLines(view: RunView, style: Style): string[] {
  if (view.kind !== 'build') return [];
  const { clipped, warnings } = buildTotals(view);
  const broken = brokenCache(view);
  return [
    ...(broken === undefined ? [] : [cacheText(broken)]),
    ...pathText(view),
    ...view.testReports.map((report) => `${stepTitle(view, report.step)}: ${testsText(report)}`),
    ...clipped.map((vertex) => `${style.yellow('output cut short by the engine:')} ${clippedText(vertex)}`),
    ...warningsText(warnings).map((text) => `${style.yellow('build warning:')} ${text}`),
  ];
}

/** `[2/4] RUN make (PYTHON=3.11)` */
export function vertexName(vertex: Pick<Vertex, 'name' | 'cell'>): string {
  return plain(`${vertex.name}${cellSuffix(vertex)}`);
}

/** What the engine loads or looks up it does for all cells at once, whichever asked first. */
function cellSuffix({ name, cell }: Pick<Vertex, 'name' | 'cell'>): string {
  const isOwn = isDockerfileStep({ name }) || name.startsWith('exporting');
  return cell === undefined || !isOwn ? '' : ` (${cell})`;
}

/** `[builder 2/5] RUN make: done in 2.1 s`; nothing for states that say nothing yet. */
export function vertexText(vertex: Vertex): string | undefined {
  const { state, startedAt, endedAt, error } = vertex;
  const name = vertexName(vertex);
  const took = startedAt !== undefined && endedAt !== undefined ? ` in ${duration(endedAt - startedAt)}` : '';
  switch (state) {
    case 'waiting':
    case 'running':
      return undefined;
    case 'done':
      return `${name}: done${took}`;
    case 'cached':
    case 'cancelled':
      return `${name}: ${state}`;
    case 'failed':
      return `${name}: failed${took}${error === undefined ? '' : ` - ${plain(error)}`}`;
  }
}

/** `3 changed files sent, 12 kB: src/a.ts, src/b.ts, …` */
export function sentText({ files, bytes: size, names, isFirst }: RunEventOf<'context-sent'>): string {
  if (files === 0) return 'nothing to send: the engine has the whole context';
  const what = isFirst ? plural(files, 'file') : plural(files, 'changed file');
  const shown = isFirst ? [] : names.slice(0, 3).map(plain);
  const more = shown.length > 0 && files > shown.length ? ', …' : '';
  return `${what} sent, ${bytes(size)}${shown.length === 0 ? '' : `: ${shown.join(', ')}${more}`}`;
}

/** Failing tests that a line names. */
const maxTestNames = 5;

/** `128 tests, 2 failed, 3 skipped: parses dates; adds up` */
export function testsText({
  counts,
  failures,
}: Pick<RunEventOf<'test-reported'>, 'counts' | 'failures'>): string {
  const parts = [
    plural(counts.total, 'test'),
    ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
    ...(counts.skipped > 0 ? [`${counts.skipped} skipped`] : []),
  ];
  const names = failures.slice(0, maxTestNames).map(({ name }) => plain(name));
  const more = counts.failed > names.length ? ` and ${counts.failed - names.length} more` : '';
  return `${parts.join(', ')}${names.length === 0 ? '' : `: ${names.join('; ')}${more}`}`;
}

function shortName(vertex: Vertex): string {
  const name = clip(plain(vertex.name).replace(/\s+/g, ' '), maxNameColumns);
  return `${name}${plain(cellSuffix(vertex))}`;
}

function stepTitle({ steps }: RunView, id: string): string {
  return plain(steps.find((step) => step.id === id)?.title ?? id);
}

function cacheText({ step, files, fileCount }: BrokenCache): string {
  const what = `cache broken by ${shortName(step)}`;
  if (files.length === 0) return what;
  const shown = files.slice(0, maxFiles).map(plain);
  const more = fileCount === undefined ? undefined : fileCount - shown.length;
  const rest = more === 0 ? '' : ` and ${more === undefined ? '' : `${more} `}more`;
  return `${what}: ${shown.join(', ')}${rest} changed`;
}

/** The longest steps of the path, in the order in which they were waited for. */
function pathText({ vertices }: RunView): string[] {
  const ids = criticalPath(vertices);
  const path = vertices
    .filter(({ id }) => ids.has(id))
    .toSorted((one, other) => (one.startedAt ?? 0) - (other.startedAt ?? 0));
  const total = (path.at(-1)?.endedAt ?? 0) - (path[0]?.startedAt ?? 0);
  if (total < shortMs) return [];
  const longest = new Set(
    path
      .filter((vertex) => lengthOf(vertex) >= momentMs)
      .toSorted((one, other) => lengthOf(other) - lengthOf(one))
      .slice(0, maxPathSteps),
  );
  const steps = path
    .filter((vertex) => longest.has(vertex))
    .map((vertex) => `${shortName(vertex)} ${duration(lengthOf(vertex))}`);
  return [`critical path ${duration(total)}: ${steps.join(', ')}`];
}

function lengthOf({ startedAt, endedAt }: Vertex): number {
  return startedAt === undefined || endedAt === undefined ? 0 : endedAt - startedAt;
}

function clippedText(vertex: Vertex): string {
  return `${shortName(vertex)} wrote more than it passes on (${bytes(vertex.log?.bytes ?? 0)} are in the log)`;
}

function warningsText(warnings: readonly Problem[]): string[] {
  const [first] = warnings;
  if (first === undefined) return [];
  const place = first.line === undefined ? '' : `${plain(first.file)}:${first.line} `;
  const more = warnings.length > 1 ? ` (and ${warnings.length - 1} more)` : '';
  return [`${place}${plain(first.what)}${more}`];
}
