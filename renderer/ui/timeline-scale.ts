export type TimelineStep = {
  readonly id: string;
  /** The build stage: "deps". */
  readonly group: string;
  readonly name: string;
  /** Milliseconds from the start of the build. */
  readonly from: number;
  readonly to: number;
  /** `waiting` may still begin, `not-run` never will; both have no bar. */
  readonly kind: 'critical' | 'ran' | 'cached' | 'running' | 'failed' | 'cancelled' | 'waiting' | 'not-run';
  /** What it moved or wrote: "12.4 of 45.1 MB, 27%". */
  readonly amount?: string | undefined;
  /** How far a transfer that goes on is: 0 to 1. */
  readonly share?: number | undefined;
  /** What asks for a look: "2 warnings". Such a step never hides in a fold. */
  readonly mark?: string | undefined;
  /** Rows with the same one stand under a head of that name: a cell of the matrix. */
  readonly section?: string | undefined;
};

/** One line of the timeline: a step, or several that cost nothing. */
export type TimelineRow = TimelineStep & { readonly members: readonly TimelineStep[] };

/** Seconds between two marks such that at most eight of them fit. */
export function tickSeconds(totalMs: number): number {
  const total = totalMs / 1000;
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  return steps.find((step) => total / step <= 8) ?? 3600 * Math.ceil(total / 3600 / 8);
}

export function ticks(totalMs: number): readonly number[] {
  const step = tickSeconds(totalMs);
  const n = Math.floor(totalMs / 1000 / step + 1e-9) + 1;
  return Array.from({ length: n }, (_, index) => Number((index * step).toFixed(1)));
}

/** Neighbours that cost nothing fold into one row: they may not hide what did cost. */
export function foldSteps(steps: readonly TimelineStep[]): readonly TimelineRow[] {
  const rows: (readonly TimelineStep[])[] = [];
  for (const step of steps) {
    const last = rows.at(-1);
    if (last?.[0] !== undefined && folds(last[0], step)) rows.splice(-1, 1, [...last, step]);
    else rows.push([step]);
  }
  return rows.flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const to = Math.max(...members.map((member) => member.to));
    return [{ ...first, to, members }];
  });
}

/** Cached ones within their stage; those that have not begun have no place of their own yet. */
function folds(first: TimelineStep, next: TimelineStep): boolean {
  if (first.kind !== next.kind || first.section !== next.section) return false;
  if (first.mark !== undefined || next.mark !== undefined) return false;
  if (first.kind === 'waiting' || first.kind === 'not-run') return true;
  return first.kind === 'cached' && first.group === next.group;
}

/** In the order in which the sections first come; one without a name where nothing is in a section. */
export function inSections(steps: readonly TimelineStep[]): readonly {
  readonly name: string | undefined;
  readonly steps: readonly TimelineStep[];
}[] {
  const sections = Map.groupBy(steps, (step) => step.section);
  return [...sections].map(([name, inside]) => ({ name, steps: inside }));
}
