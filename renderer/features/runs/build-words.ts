import type { BrokenCache } from '#shared/domain/build-facts.ts';
import { buildTotals, isDockerfileStep } from '#shared/domain/build-facts.ts';
import type { TestCounts } from '#shared/domain/release.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import type { Vertex } from '#shared/domain/step-events.ts';
import { bytes, count } from '../../ui/format.ts';
import { splitName } from './step-name.ts';

/** "12.4 MB of 45.1 MB, 27%" while it moves, "45.1 MB" afterwards; else what the step wrote. */
export function amountOf(vertex: Vertex): string | undefined {
  const moved = vertex.bytes === undefined ? undefined : movedText(vertex.bytes, vertex.state === 'running');
  if (moved !== undefined) return moved;
  return vertex.log === undefined || vertex.log.bytes === 0 ? undefined : `wrote ${bytes(vertex.log.bytes)}`;
}

function movedText({ done, total }: NonNullable<Vertex['bytes']>, isRunning: boolean): string | undefined {
  if (!isRunning) return done === 0 ? undefined : bytes(done);
  if (total === undefined || total <= 0) return bytes(done);
  return `${bytes(done)} of ${bytes(total)}, ${Math.floor(shareIn(done, total) * 100)}%`;
}

/** The engine may find more to move than it first counted. */
function shareIn(done: number, total: number): number {
  return Math.min(1, done / total);
}

/** How far a transfer that goes on is, where the engine knows its end. */
export function shareOf({ bytes: moved, state }: Vertex): number | undefined {
  if (state !== 'running' || moved?.total === undefined || moved.total <= 0) return undefined;
  return shareIn(moved.done, moved.total);
}

/** What asks for a look, in few words. */
export function markOf(vertex: Vertex): string | undefined {
  const warnings = vertex.warnings?.length ?? 0;
  const marks = [
    ...(vertex.log?.isClipped === true ? ['clipped'] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
  ];
  return marks.length === 0 ? undefined : marks.join(', ');
}

/** How many steps of the Dockerfile are done, and how many of these cost nothing: "9 of 12 steps, 3 cached". */
export function progressWords(vertices: RunView['vertices'], isGoing: boolean): string {
  const { steps, cached } = buildTotals({ vertices, sent: [] });
  const all = vertices.filter(isDockerfileStep).length;
  const done = isGoing ? `${steps} of ${count(all, 'step')}` : count(steps, 'step');
  return cached === 0 ? done : `${done}, ${cached} cached`;
}

/** What broke the cache, in words: where, and why as far as it is known. */
export type BrokenWords = {
  readonly where: string;
  /** The stage, where the Dockerfile names one. */
  readonly stage: string;
  readonly why: string;
  readonly names: readonly string[];
  readonly more: number;
};

export function brokenWords({ step, files, fileCount }: BrokenCache): BrokenWords {
  const { group, name } = splitName(step.name);
  const [first] = files;
  const others = (fileCount ?? files.length) - 1;
  const more = fileCount === undefined ? 0 : Math.max(0, fileCount - files.length);
  const placed = { where: name, stage: group, names: files, more };
  if (first === undefined) {
    return fileCount === 0
      ? { ...placed, why: 'No file that it reads changed: the instruction did, or what it builds on' }
      : { ...placed, why: 'Files that it reads changed' };
  }
  if (fileCount === undefined) return { ...placed, why: `${first} and perhaps others changed` };
  return { ...placed, why: others === 0 ? `${first} changed` : `${first} and ${others} more changed` };
}

/** "414 passed, 2 skipped"; with failures these come first: "2 of 416 failed, 3 skipped". */
export function testWords({ total, failed, skipped }: TestCounts): string {
  const rest = skipped === 0 ? '' : `, ${skipped} skipped`;
  if (total === 0) return 'no tests';
  if (failed > 0) return `${failed} of ${total} failed${rest}`;
  const passed = total - skipped;
  return passed === 0 ? `all ${skipped} skipped` : `${passed} passed${rest}`;
}

/** `Dockerfile:12:3`. */
export function placeOfProblem(problem: {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}): string {
  return [problem.file, problem.line, problem.line === undefined ? undefined : problem.column]
    .filter((part) => part !== undefined)
    .join(':');
}

type Sent = RunView['sent'][number];

/** What of the build's folders the engine did not have yet, all of them together. */
export type SentFacts = {
  readonly text: string;
  /** The first of the files by name; `more` are not named. */
  readonly names: readonly string[];
  readonly more: number;
};

/** Undefined while nothing is known, as on an engine that gets the whole context as a tar. */
export function sentFacts(sent: readonly Sent[]): SentFacts | undefined {
  if (sent.length === 0) return undefined;
  const { filesSent: files, bytesSent: size } = buildTotals({ vertices: [], sent });
  const names = [...new Set(sent.flatMap((each) => each.names))].toSorted();
  if (files === 0) return { text: 'Sent no file: the engine had them all', names: [], more: 0 };
  const isFirst = sent.some((each) => each.isFirst && each.files > 0);
  const text = `Sent ${count(files, 'file')}, ${bytes(size)}${isFirst ? ', for the first time' : ''}`;
  return { text, names, more: Math.max(0, files - names.length) };
}
