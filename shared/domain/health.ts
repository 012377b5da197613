import * as z from 'zod';
import type { HealthConfig } from './health-config.ts';
import { timeSchema } from './ids.ts';

/** One question about health, as a plan freezes it. Texts that are looked for: `/…/` is a regular expression. */
export const healthCheckSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('http'),
    /** A path, asked where the release serves, or a whole URL. */
    url: z.string(),
    /** The port inside the container; absent for the first that is published. */
    port: z.number().exactOptional(),
    /** Of several places the one that is asked; only with a path. */
    part: z.string().exactOptional(),
    /** Inclusive ranges. */
    status: z.array(z.tuple([z.number(), z.number()])),
    body: z.string().exactOptional(),
    /** Of the answer. */
    header: z.record(z.string(), z.string()).exactOptional(),
    /** Headers of the question. */
    send: z.record(z.string(), z.string()).exactOptional(),
    timeoutMs: z.number(),
  }),
  z.object({
    kind: z.literal('tcp'),
    /** The port inside the container. */
    port: z.number().exactOptional(),
    /** Of several places the one that is asked; only without an address. */
    part: z.string().exactOptional(),
    /** `host:port`, as it is. */
    address: z.string().exactOptional(),
    timeoutMs: z.number(),
  }),
  z.object({
    kind: z.literal('command'),
    run: z.tuple([z.string()], z.string()),
    env: z.record(z.string(), z.string()),
    timeoutMs: z.number(),
  }),
]);
export type HealthCheck = z.infer<typeof healthCheckSchema>;

/** When a row of answers decides. */
export const healthRulesSchema = z.object({
  intervalMs: z.number(),
  /** Failures in it do not count, unless there was a success before. */
  startPeriodMs: z.number(),
  /** In a row. */
  successes: z.number(),
  failures: z.number(),
  deadlineMs: z.number(),
});
export type HealthRules = z.infer<typeof healthRulesSchema>;

/** One answer. */
export const probeSchema = z.object({
  at: timeSchema,
  ok: z.boolean(),
  ms: z.number(),
  /** What the answer was, in a few words, such as `200` or `connection refused`. */
  text: z.string(),
});
export type Probe = z.infer<typeof probeSchema>;

/** However short an interval and long a wait: more answers tell nothing more, and each is written down. */
const mostProbes = 2_000;
const leastIntervalMs = 20;
const usualTimeoutMs = 5_000;
const usualWatchIntervalMs = 2_000;
const usualFailures = 3;

export function rulesOf(health: HealthConfig): HealthRules {
  const { deadline } = health;
  return {
    intervalMs: intervalFor(health.interval, deadline),
    startPeriodMs: health.startPeriod ?? deadline,
    successes: health.successes ?? 1,
    failures: health.failures ?? usualFailures,
    deadlineMs: deadline,
  };
}

/** What is asked after a deploy, for how long; absent where nothing is watched. */
export function watchOf({ watch, failures }: HealthConfig) {
  if (watch === undefined) return undefined;
  const { for: forMs, interval = usualWatchIntervalMs } = typeof watch === 'number' ? { for: watch } : watch;
  if (forMs <= 0) return undefined;
  return { forMs, intervalMs: intervalFor(interval, forMs), failures: failures ?? usualFailures };
}

function intervalFor(interval: number, windowMs: number): number {
  return Math.max(interval, leastIntervalMs, Math.ceil(windowMs / mostProbes));
}

/** What gantry.yml asks besides the place's own health. */
export function checksOf(health: HealthConfig): readonly HealthCheck[] {
  const { http, tcp, command } = health;
  const timeoutMs = health.timeout ?? usualTimeoutMs;
  const checks: HealthCheck[] = [];
  if (http !== undefined) {
    const { url, status, ...expected } = typeof http === 'string' ? { url: http, status: undefined } : http;
    checks.push({ kind: 'http', url, status: rangesOf(status ?? '200-399'), ...expected, timeoutMs });
  }
  if (tcp !== undefined) {
    checks.push({ kind: 'tcp', ...(typeof tcp === 'number' ? { port: tcp } : { address: tcp }), timeoutMs });
  }
  if (command !== undefined) {
    const { run, env = {} } = 'run' in command ? command : { run: command };
    checks.push({ kind: 'command', run, env, timeoutMs });
  }
  return checks;
}

type StatusConfig = number | string;

function rangesOf(status: StatusConfig | readonly StatusConfig[]): [number, number][] {
  const all: readonly StatusConfig[] = typeof status === 'object' ? status : [status];
  return all.map((one) => {
    const [from = '', to = from] = String(one).split('-');
    return [Number(from), Number(to)];
  });
}

/** The same question of each of several places, where it is one about where the release serves. */
export function ofEach(check: HealthCheck, parts: readonly string[] | undefined): readonly HealthCheck[] {
  return parts === undefined || !needsReach(check) ? [check] : parts.map((part) => ({ ...check, part }));
}

/** Without an address of its own, so that it is asked where the release serves. */
export function needsReach(check: HealthCheck): check is Exclude<HealthCheck, { kind: 'command' }> {
  switch (check.kind) {
    case 'http':
      return check.url.startsWith('/');
    case 'tcp':
      return check.address === undefined;
    case 'command':
      return false;
  }
}

/** What charts and sentences call it, such as `/ok`, and of several places `eu /ok`. Of an address neither what signs in nor the query: both may be secrets. */
export function nameOf(check: HealthCheck): string {
  switch (check.kind) {
    case 'http': {
      const [address = ''] = check.url.split(/[?#]/);
      return ofPart(check, address.replace(/^(https?:\/\/)[^/@]*@/, '$1'));
    }
    case 'tcp':
      return ofPart(check, `tcp ${check.port ?? check.address}`);
    case 'command':
      return (check.run[0].split(/[\\/]/).at(-1) ?? check.run[0]).slice(0, 40);
  }
}

function ofPart({ part }: { readonly part?: string }, name: string): string {
  return part === undefined ? name : `${part} ${name}`;
}

/** The same question with headers that sign it in; those that it brings itself stay. Of one question: they are secrets. */
export function signed(check: HealthCheck, headers: Readonly<Record<string, string>>): HealthCheck {
  if (check.kind !== 'http' || Object.keys(headers).length === 0) return check;
  const own = new Set(Object.keys(check.send ?? {}).map((name) => name.toLowerCase()));
  const added = Object.entries(headers).filter(([name]) => !own.has(name.toLowerCase()));
  return { ...check, send: { ...Object.fromEntries(added), ...check.send } };
}

/** `/healthz answers`, for sentences about what is waited for. */
export function wishOf(check: HealthCheck): string {
  switch (check.kind) {
    case 'http':
      return `${nameOf(check)} answers`;
    case 'tcp':
      return `${nameOf(check)} accepts connections`;
    case 'command':
      return `${nameOf(check)} exits with 0`;
  }
}

/** What an answer that was no says of `subject`. */
export function saidBy(check: HealthCheck, last: Probe | undefined, subject: string): string {
  const name = nameOf(check);
  if (last === undefined) return `${name} was not asked yet`;
  switch (check.kind) {
    case 'http':
      return /^\d{3}\b/.test(last.text)
        ? `${subject} answers ${last.text} on ${name}`
        : `${subject} does not answer on ${name} (${last.text})`;
    case 'tcp':
      return `${subject} does not accept connections on ${name} (${last.text})`;
    case 'command':
      return `${name}: ${last.text}`;
  }
}

/** What a row of answers of one check says so far. */
export type Tally = {
  readonly state: 'waiting' | 'healthy' | 'unhealthy';
  readonly hasSucceeded: boolean;
  readonly successesInRow: number;
  /** Those that count. */
  readonly failuresInRow: number;
  readonly total: number;
  readonly failed: number;
  readonly last?: Probe;
};

export const noAnswers: Tally = {
  state: 'waiting',
  hasSucceeded: false,
  successesInRow: 0,
  failuresInRow: 0,
  total: 0,
  failed: 0,
};

/** It was healthy when this row began. */
export const healthySoFar: Tally = { ...noAnswers, state: 'healthy', hasSucceeded: true };

export type TallyRules = Pick<HealthRules, 'startPeriodMs' | 'successes' | 'failures'> & {
  /** Since the first was asked. */
  readonly elapsedMs: number;
};

/** Fewer failures than the rules ask for change nothing; so does any number of them while it starts. */
export function tally(before: Tally, probe: Probe, rules: TallyRules): Tally {
  const counted = { ...before, total: before.total + 1, last: probe };
  if (probe.ok) {
    const successesInRow = before.successesInRow + 1;
    return {
      ...counted,
      hasSucceeded: true,
      successesInRow,
      failuresInRow: 0,
      state: successesInRow >= rules.successes ? 'healthy' : before.state,
    };
  }
  const isStarting = !before.hasSucceeded && rules.elapsedMs < rules.startPeriodMs;
  const failuresInRow = isStarting ? 0 : before.failuresInRow + 1;
  return {
    ...counted,
    failed: before.failed + 1,
    successesInRow: 0,
    failuresInRow,
    state: failuresInRow >= rules.failures ? 'unhealthy' : before.state,
  };
}

/** Where a text is looked for: contained as it is, or `/…/` as a regular expression. */
export function matches(wanted: string, text: string): boolean {
  const [, source, flags = ''] = /^\/(.+)\/([imsu]*)$/s.exec(wanted) ?? [];
  return source === undefined ? text.includes(wanted) : new RegExp(source, flags).test(text);
}

/** An answer in a chart, or several that follow each other: the slowest time, and the words of one that failed. */
export type Sample = Probe & { readonly count: number };

/** The answers of one check in one step, oldest first; thinned, so that a long watch stays a chart. */
export type ProbeSeries = {
  readonly step: string;
  readonly check: string;
  readonly total: number;
  readonly failed: number;
  readonly samples: readonly Sample[];
};

const mostSamples = 400;

export function addProbes(
  all: readonly ProbeSeries[],
  {
    step,
    check,
    probes,
  }: { readonly step: string; readonly check: string; readonly probes: readonly Probe[] },
): readonly ProbeSeries[] {
  const index = all.findIndex((series) => series.step === step && series.check === check);
  const before = all[index] ?? { step, check, total: 0, failed: 0, samples: [] };
  const next: ProbeSeries = {
    ...before,
    total: before.total + probes.length,
    failed: before.failed + probes.filter(({ ok }) => !ok).length,
    samples: thinned([...before.samples, ...probes.map((probe) => ({ ...probe, count: 1 }))]),
  };
  return index < 0 ? [...all, next] : all.with(index, next);
}

function thinned(samples: readonly Sample[]): readonly Sample[] {
  if (samples.length <= mostSamples) return samples;
  return thinned(
    samples.flatMap((sample, index) => {
      if (index % 2 === 1) return [];
      const next = samples[index + 1];
      return [next === undefined ? sample : merged(sample, next)];
    }),
  );
}

function merged(first: Sample, second: Sample): Sample {
  const { text } = first.ok ? second : first;
  return {
    at: first.at,
    ok: first.ok && second.ok,
    ms: Math.max(first.ms, second.ms),
    text,
    count: first.count + second.count,
  };
}
