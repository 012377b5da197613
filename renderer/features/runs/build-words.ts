import type { TestCounts } from '#shared/domain/release.ts';
import type { Vertex } from '#shared/domain/run-events.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { bytes, count } from '../../ui/format.ts';

/** "12.4 MB of 45.1 MB, 27%" while it moves, "45.1 MB" afterwards; else what the step wrote. */
export function amountOf(vertex: Vertex): string | undefined {
  const moved = vertex.bytes === undefined ? undefined : movedText(vertex.bytes, vertex.state === 'running');
  if (moved !== undefined) return moved;
  return vertex.log === undefined || vertex.log.bytes === 0 ? undefined : `wrote ${bytes(vertex.log.bytes)}`;
}

function movedText({ done, total }: NonNullable<Vertex['bytes']>, isRunning: boolean): string | undefined {
  if (!isRunning) return done === 0 ? undefined : bytes(done);
  if (total === undefined || total <= 0) return bytes(done);
  // The engine may find more to move than it first counted.
  const share = Math.min(100, Math.floor((done / total) * 100));
  return `${bytes(done)} of ${bytes(total)}, ${share}%`;
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

/** How many steps have ended, and how many of these cost nothing: "9 of 12 steps, 3 cached". */
export function progressWords(vertices: readonly Vertex[], isGoing: boolean): string {
  const cached = vertices.filter((vertex) => vertex.state === 'cached').length;
  const done = vertices.filter((vertex) => vertex.endedAt !== undefined).length;
  const steps = isGoing ? `${done} of ${count(vertices.length, 'step')}` : count(done, 'step');
  return cached === 0 ? steps : `${steps}, ${cached} cached`;
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
  const files = sent.reduce((sum, each) => sum + each.files, 0);
  const size = sent.reduce((sum, each) => sum + each.bytes, 0);
  const names = [...new Set(sent.flatMap((each) => each.names))].toSorted();
  if (files === 0) return { text: 'Sent no file: the engine had them all', names: [], more: 0 };
  const isFirst = sent.some((each) => each.isFirst && each.files > 0);
  const text = `Sent ${count(files, 'file')}, ${bytes(size)}${isFirst ? ', for the first time' : ''}`;
  return { text, names, more: Math.max(0, files - names.length) };
}

/** Build steps that ask for a look, the ones with warnings apart from those whose output the engine clipped. */
export function looksAsked(vertices: readonly Vertex[]): {
  readonly warnings: number;
  readonly warned: readonly Vertex[];
  readonly clipped: readonly Vertex[];
} {
  const warned = vertices.filter((vertex) => (vertex.warnings?.length ?? 0) > 0);
  const warnings = warned.reduce((sum, vertex) => sum + (vertex.warnings?.length ?? 0), 0);
  return { warnings, warned, clipped: vertices.filter((vertex) => vertex.log?.isClipped === true) };
}
