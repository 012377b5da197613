import type { ProbeSeries, Sample } from '#shared/domain/health.ts';
import type { StepView } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { clock, count } from '../../ui/format.ts';

/** What one step asked for health, and the time it stands for. */
export type HealthFacts = {
  readonly step: StepView;
  readonly series: readonly ProbeSeries[];
  readonly from: number;
  readonly to: number;
  readonly slowestMs: number;
};

/** Of the chosen step, if it asked. */
export function healthOf(view: RunView, stepId: string | undefined): HealthFacts | undefined {
  const step = view.steps.find(({ id }) => id === stepId);
  const series = view.probes.filter((each) => each.step === stepId);
  if (step === undefined || series.length === 0) return undefined;
  const samples = series.flatMap((each) => each.samples);
  const last = Math.max(...samples.map(({ at }) => at));
  const from = step.startedAt ?? Math.min(...samples.map(({ at }) => at));
  // A watch has an end that is known beforehand: the room that is left is what is left of it.
  const to = step.endedAt ?? Math.max(step.overAt ?? 0, last);
  const slowestMs = Math.max(...samples.filter(({ ok }) => ok).map(({ ms }) => ms), 1);
  return { step, series, from, to: Math.max(to, from + 1), slowestMs };
}

/** "62 answers, 2 failed" */
export function answerWords({ total, failed }: Pick<ProbeSeries, 'total' | 'failed'>): string {
  return failed === 0 ? count(total, 'answer') : `${count(total, 'answer')}, ${failed} failed`;
}

/** Failures that follow each other, with the words of the last one. */
export type Spell = {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly count: number;
};

export function spellsOf(samples: readonly Sample[]): readonly Spell[] {
  const spells: Spell[] = [];
  let isOpen = false;
  for (const { ok, at, text, count: many } of samples) {
    const open = isOpen ? spells.pop() : undefined;
    if (open !== undefined) {
      if (ok) spells.push(open);
      else spells.push({ ...open, to: at, text, count: open.count + many });
    } else if (!ok) spells.push({ from: at, to: at, text, count: many });
    isOpen = !ok;
  }
  return spells;
}

/** "14:43:31 to 14:43:35: 503, 3 times" */
export function spellWords({ from, to, text, count: many }: Spell): string {
  const when = clock(from) === clock(to) ? clock(from) : `${clock(from)} to ${clock(to)}`;
  return `${when}: ${text}${many === 1 ? '' : `, ${many} times`}`;
}
