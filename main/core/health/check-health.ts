import { spanText } from '#shared/domain/duration.ts';
import { type HealthCheck, nameOf, noAnswers, saidBy, tally } from '#shared/domain/health.ts';
import type { BlindPlace, Observed } from '#shared/domain/observed.ts';
import type { Io, Reach, StepOutput } from '../ports.ts';
import type { CheckHealthAction } from './action.ts';
import { type Asking, askAll, blindFor, partIn } from './ask.ts';
import { createChart } from './chart.ts';

export type Checked = {
  readonly environment: string;
  readonly io: Pick<Io, 'clock' | 'probe' | 'signal'>;
  readonly observe: () => Promise<Observed>;
  readonly reach: (seen: Observed) => Reach;
  readonly signIn: Asking['signIn'];
};

/**
 * For a target that does not ask itself: asks where it says that it serves, until all checks say yes or one says no. A
 * place out of several that can never be asked leaves that to the others.
 */
export async function* checkHealth(
  { checks: wished, rules }: CheckHealthAction,
  { environment, io, observe, reach, signIn }: Checked,
): AsyncGenerator<StepOutput> {
  const startedAt = io.clock.monotonic();
  const chart = createChart({ forMs: rules.deadlineMs, intervalMs: rules.intervalMs });
  const seen = await observe();
  const { asked: checks, unasked, away } = sorted(wished, seen);
  if (away !== undefined) return yield unreachable(environment, away);
  let tallies = checks.map(() => noAnswers);
  for (;;) {
    const elapsedMs = io.clock.monotonic() - startedAt;
    const probes = await askAll(checks, seen, reach, { io, signIn });
    for (const [index, check] of checks.entries()) {
      const probe = probes[index];
      if (probe === undefined) return yield nowhere(environment, check);
      yield* chart.add(nameOf(check), probe);
      tallies = tallies.with(index, tally(tallies[index] ?? noAnswers, probe, { ...rules, elapsedMs }));
    }
    const elapsed = io.clock.monotonic() - startedAt;
    const open = checks.flatMap((check, index) => {
      const { state, last } = tallies[index] ?? noAnswers;
      return state === 'healthy' ? [] : [{ state, text: saidBy(check, last, environment) }];
    });
    if (open.length === 0) {
      yield* chart.rest();
      return yield {
        kind: 'end',
        outcome: 'succeeded',
        detail: [`healthy after ${spanText(elapsed)}`, ...unasked].join('; '),
      };
    }
    const given = open.find(({ state }) => state === 'unhealthy');
    if (given !== undefined || elapsed >= rules.deadlineMs) {
      yield* chart.rest();
      const text = given?.text ?? open.map((one) => one.text).join(', ');
      return yield failed(
        given === undefined ? `not healthy within ${spanText(rules.deadlineMs)}: ${text}` : text,
      );
    }
    yield { kind: 'progress', text: open.map(({ text }) => text).join(', ') };
    await io.clock.sleep(Math.min(rules.intervalMs, rules.deadlineMs - elapsed), io.signal);
  }
}

type Sorted = {
  readonly asked: readonly HealthCheck[];
  /** Why the others are not, a sentence each. */
  readonly unasked: readonly string[];
  /** A place that should answer and does not. */
  readonly away?: BlindPlace;
};

function sorted(checks: readonly HealthCheck[], seen: Observed): Sorted {
  const blind = checks.map((check) => blindFor(check, seen));
  const asked = checks.filter((_check, index) => blind[index] === undefined);
  const away = blind.find((place) => place?.kind === 'unreachable');
  if (away !== undefined) return { asked, unasked: [], away };
  // Where none can be asked nothing is known, and the first of them says so.
  if (asked.length === 0) return { asked: checks, unasked: [] };
  const unasked = checks.flatMap((check, index) => {
    const why = blind[index]?.why;
    return why === undefined ? [] : [`${nameOf(check)} could not be asked: ${why}`];
  });
  return { asked, unasked };
}

function unreachable(environment: string, { name, why }: BlindPlace): StepOutput {
  const detail = `${name} in ${environment} could not be asked: ${why}`;
  return {
    kind: 'end',
    outcome: 'errored',
    detail,
    error: {
      code: 'target-unreachable',
      message: `${detail}.`,
      hint: 'Whether it is healthy is not known. Try again when it answers.',
    },
  };
}

function nowhere(environment: string, check: HealthCheck): StepOutput {
  const part = partIn(check);
  const where = part === undefined ? environment : `${part} in ${environment}`;
  return failed(
    `nothing says where ${where} serves, so ${nameOf(check)} could not be asked`,
    'Write the whole address in gantry.yml, under health.',
  );
}

function failed(
  detail: string,
  hint = 'A slow start needs a longer health.startPeriod or health.deadline.',
): StepOutput {
  const message = `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`;
  return { kind: 'end', outcome: 'failed', detail, error: { code: 'target-refused', message, hint } };
}
