import { spanText } from '#shared/domain/duration.ts';
import { nameOf, noAnswers, saidBy, tally } from '#shared/domain/health.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { Io, StepOutput } from '../ports.ts';
import type { CheckHealthAction } from './action.ts';
import { type Asking, askAll } from './ask.ts';
import { createChart } from './chart.ts';

export type Checked = {
  readonly environment: string;
  readonly io: Pick<Io, 'clock' | 'probe' | 'signal'>;
  readonly observe: () => Promise<Observed>;
  readonly reach: (seen: Observed) => Parameters<Io['probe']>[1];
  readonly signIn: Asking['signIn'];
};

/** For a target that does not ask itself: asks where it says that it serves, until all checks say yes or one says no. */
export async function* checkHealth(
  { checks, rules }: CheckHealthAction,
  { environment, io, observe, reach, signIn }: Checked,
): AsyncGenerator<StepOutput> {
  const startedAt = io.clock.monotonic();
  const chart = createChart({ forMs: rules.deadlineMs, intervalMs: rules.intervalMs });
  const seen = await observe();
  const where = reach(seen);
  let tallies = checks.map(() => noAnswers);
  for (;;) {
    const elapsedMs = io.clock.monotonic() - startedAt;
    const probes = await askAll(checks, seen, where, { io, signIn });
    for (const [index, check] of checks.entries()) {
      const probe = probes[index];
      if (probe === undefined) return yield nowhere(environment, nameOf(check));
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
      return yield { kind: 'end', outcome: 'succeeded', detail: `healthy after ${spanText(elapsed)}` };
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

function nowhere(environment: string, name: string): StepOutput {
  return failed(
    `nothing says where ${environment} serves, so ${name} could not be asked`,
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
