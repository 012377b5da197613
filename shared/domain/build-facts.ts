import type { Problem } from './errors.ts';
import type { RunView } from './run-reducer.ts';
import type { Vertex } from './step-events.ts';

/*
 * What a build's events say once they are taken together. Pure, so that every shell says the same.
 */

type Step = RunView['vertices'][number];

/** `[builder 2/5] RUN make`; builders before BuildKit write the instruction alone. */
const instruction =
  /^(?:\[[^\]]*\d+\/\d+\] )?(FROM|RUN|COPY|ADD|WORKDIR|ENV|ARG|LABEL|USER|EXPOSE|VOLUME|CMD|ENTRYPOINT|SHELL|HEALTHCHECK|STOPSIGNAL|ONBUILD|MAINTAINER)\b(.*)$/is;

/** A step of the Dockerfile, as against what the engine does for itself: loading, transferring, exporting. */
export function isDockerfileStep({ name }: Pick<Vertex, 'name'>): boolean {
  return instruction.test(name) || /^\[[^\]]*\d+\/\d+\] /.test(name);
}

export type BuildTotals = {
  /** Steps of the Dockerfile that came to an end well, and how many of them came from the cache. */
  readonly steps: number;
  readonly cached: number;
  /** Of the context, to the engine. */
  readonly filesSent: number;
  readonly bytesSent: number;
  readonly logBytes: number;
  /** Steps whose output the engine cut short. */
  readonly clipped: readonly Step[];
  readonly warnings: readonly Problem[];
};

export function buildTotals({ vertices, sent }: Pick<RunView, 'vertices' | 'sent'>): BuildTotals {
  const ended = vertices.filter(
    (vertex) => isDockerfileStep(vertex) && (vertex.state === 'done' || vertex.state === 'cached'),
  );
  return {
    steps: ended.length,
    cached: ended.filter(({ state }) => state === 'cached').length,
    filesSent: sum(sent.map(({ files }) => files)),
    bytesSent: sum(sent.map(({ bytes }) => bytes)),
    logBytes: sum(vertices.map(({ log }) => log?.bytes ?? 0)),
    clipped: vertices.filter(({ log }) => log?.isClipped === true),
    warnings: vertices.flatMap(({ warnings }) => warnings ?? []),
  };
}

export type BrokenCache = {
  readonly step: Step;
  /** Files of the context that changed and that this step reads, the first of them by name. */
  readonly files: readonly string[];
  /** Of all of them; absent where not all are known by name. */
  readonly fileCount?: number;
};

/**
 * The first step that had to run although an earlier build of it might have been taken. Nothing is broken by a first
 * build, by one that was told to run everything, or where everything came from the cache.
 */
export function brokenCache(view: Pick<RunView, 'vertices' | 'sent' | 'noCache'>): BrokenCache | undefined {
  if (view.noCache === true) return undefined;
  const steps = view.vertices.filter(isDockerfileStep);
  const wasBuiltBefore =
    view.sent.some(({ isFirst }) => !isFirst) ||
    steps.some((step) => step.state === 'cached' && !isBase(step));
  if (!wasBuiltBefore) return undefined;
  const ran = steps.filter((step) => hasRun(step) && (!isBase(step) || step.bytes !== undefined));
  const [first] = ran.toSorted((one, other) => (one.startedAt ?? 0) - (other.startedAt ?? 0));
  return first && { step: first, ...changedFor(first, view.sent) };
}

function hasRun({ state }: Step): boolean {
  return state === 'done' || state === 'running' || state === 'failed';
}

/** The engine calls a base image that it has `done` or `cached`, as it comes; only one that it fetched is news. */
function isBase({ name }: Step): boolean {
  return instruction.exec(name)?.[1]?.toUpperCase() === 'FROM';
}

type Sent = RunView['sent'];

function changedFor(step: Step, sent: Sent): Pick<BrokenCache, 'files' | 'fileCount'> {
  const changes = sent.filter(({ isFirst, files }) => !isFirst && files > 0);
  const names = [...new Set(changes.flatMap((change) => change.names))];
  const sources = sourcesOf(step.name);
  const files = names.filter((name) =>
    sources === undefined ? isDockerfile(name) : sources.some((source) => covers(source, name)),
  );
  const allNamed = changes.every((change) => change.names.length >= change.files);
  if (sources === undefined || allNamed) return { files, fileCount: files.length };
  const takesAll = sources.some((source) => source === '');
  return { files, ...(takesAll ? { fileCount: sum(changes.map((change) => change.files)) } : {}) };
}

/** What a COPY or ADD takes from the context; `''` is all of it. `undefined` for a step that reads none of it. */
function sourcesOf(name: string): readonly string[] | undefined {
  const [, word = '', rest = ''] = instruction.exec(name) ?? [];
  if (!/^(?:COPY|ADD)$/i.test(word)) return undefined;
  const [, flags = '', operands = ''] = /^((?:\s+--\S+)*)\s+(.*)$/s.exec(rest) ?? [];
  if (/\s--from=/.test(flags)) return undefined;
  const words = operands.startsWith('[') ? jsonWords(operands) : operands.split(/\s+/);
  const sources = words.slice(0, -1).filter((source) => !/^(?:https?:\/\/|git@|<<)/.test(source));
  return sources.length === 0
    ? undefined
    : sources.map((source) => source.replace(/^(?:\.?\/)+/, '').replace(/^\.$|\/+$/g, ''));
}

function jsonWords(text: string): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.map(String) : [];
  } catch {
    return [];
  }
}

function covers(source: string, name: string): boolean {
  if (source === '' || name === source || name.startsWith(`${source}/`)) return true;
  return /[*?]/.test(source) && globOf(source).test(name);
}

/** As far as it tells which files to name: no classes, and no more wildcards than match in no time. */
function globOf(source: string): RegExp {
  const parts = source.split(/(\*\*\/|\*+|\?)/).slice(0, 9);
  const pattern = parts.map((part) => {
    if (part === '?') return '[^/]';
    if (part === '**/') return '(?:.*/)?';
    if (part.startsWith('*')) return part === '*' ? '[^/]*' : '.*';
    return part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${pattern.join('')}${parts.length < 9 ? '(?:/|$)' : ''}`);
}

function isDockerfile(name: string): boolean {
  return /(?:^|[./])(?:Dockerfile|Containerfile)(?:\.[^/]*)?$/i.test(name);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
