import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunSummary } from '#shared/domain/run.ts';
import type { RunEvent } from '#shared/domain/run-events.ts';
import { untilEnded } from '#test/gantry-process.ts';
import { type Found, kill, killAt, recover, strayThings } from '../kill-world.ts';
import type { Moment } from '../stalled-ledger.ts';
import type { CampaignPlace } from './places.ts';
import type { CampaignWorld } from './world.ts';

/** What a campaign counts; every number but the first three must stay at 0. */
export type Totals = {
  /** Of runs: the ledger knows each of them. */
  kills: number;
  /** The run had ended before its moment came, or had not begun. */
  missed: number;
  readonly ends: Record<string, number>;
  doubled: number;
  stuck: number;
  falseSuccesses: number;
  unnamed: number;
  unopened: number;
  readonly violations: string[];
};

export function noTotals(): Totals {
  const none = { kills: 0, missed: 0, doubled: 0, stuck: 0, falseSuccesses: 0, unnamed: 0, unopened: 0 };
  return { ...none, ends: {}, violations: [] };
}

/** Where a promotion is killed: as it writes an event, or some time after it was started. */
export type Blow =
  | { readonly kind: 'at'; readonly moment: Moment }
  | { readonly kind: 'after'; readonly ms: number };

export function blowText(blow: Blow): string {
  if (blow.kind === 'after') return `${blow.ms} ms after its start`;
  const { kind, step, after = 0 } = blow.moment;
  return [
    kind,
    ...(step === undefined ? [] : [`of ${step}`]),
    ...(after > 0 ? [`(${after + 1}.)`] : []),
  ].join(' ');
}

/** One for each event that a whole promotion writes; of those that tell of progress, the first. */
export function momentsOf(events: readonly RunEvent[]): readonly Moment[] {
  const seen = new Map<string, number>();
  return events.slice(1).flatMap((event) => {
    const { kind } = event;
    const step = 'step' in event ? event.step : undefined;
    const key = `${kind} ${step ?? ''}`;
    const after = seen.get(key) ?? 0;
    seen.set(key, after + 1);
    const isProgress = kind === 'step-progressed' || kind === 'health-probed';
    if (isProgress && after > 0) return [];
    return [{ kind, ...(step === undefined ? {} : { step }), after }];
  });
}

/** By how much, and the step in which. */
export type ClockJump = { readonly byMs: number; readonly step: string };

export type Player = {
  /** A promotion that nobody disturbs. Throws unless it was good. */
  wholly(place: CampaignPlace): Promise<void>;
  /** Such a one: the events that it wrote, and how long it took from its start. */
  reference(place: CampaignPlace): Promise<{
    readonly events: readonly RunEvent[];
    /** The one that took longest first. */
    readonly steps: readonly string[];
    readonly tookMs: number;
  }>;
  /** False when the run had ended before. */
  strike(place: CampaignPlace, blow: Blow, totals: Totals): Promise<boolean>;
  /** The clock jumps while it goes on, and nobody is killed: it must succeed all the same. False when it was over before. */
  setClock(place: CampaignPlace, jump: ClockJump, totals: Totals): Promise<boolean>;
  /** Its answer is lost after it was carried out, and nobody is killed. */
  loseAnswer(place: CampaignPlace, totals: Totals): Promise<void>;
};

export function createPlayer({ world, ledger, releases, clock }: CampaignWorld): Player {
  const turns = new Map<string, number>();
  /** Another than the last time, so that what runs there tells whether it came. */
  const next = (place: CampaignPlace) => {
    const turn = (turns.get(place.name) ?? 0) + 1;
    turns.set(place.name, turn);
    return releases[turn % 2] ?? '';
  };
  const promote = ({ environment }: CampaignPlace, release: string) => [
    ...['promote', environment, '--from', 'dev', '--release', release],
    ...['--confirm', environment, '--trust'],
  ];

  async function inspect(
    place: CampaignPlace,
    release: string,
    begunBefore: number,
    what: string,
    totals: Totals,
  ): Promise<RunSummary | undefined> {
    const note = (text: string) => totals.violations.push(`${place.name}, killed ${what}: ${text}`);
    let found: Found;
    try {
      found = await recover(world, true);
    } catch (error) {
      totals.unopened += 1;
      note(error instanceof Error ? error.message : String(error));
      return undefined;
    }
    const column = found.board.environments.find(({ name }) => name === place.environment);
    const running = found.history.filter(({ state }) => state === 'running');
    if (column?.lease !== undefined || running.length > 0) {
      totals.stuck += 1;
      note(`the lease is held, ${running.length} runs go on`);
    }
    const strays = await strayThings(world);
    if (strays.length > 0) {
      totals.stuck += 1;
      note(`left behind: ${strays.join(', ')}`);
    }
    const [run] = found.history;
    // Killed before it was in the ledger.
    if (run?.environment !== place.environment || run.release !== release || run.id === lastRun)
      return undefined;
    lastRun = run.id;
    totals.ends[run.state] = (totals.ends[run.state] ?? 0) + 1;
    const begun = ((await place.begun?.(release)) ?? 0) - begunBefore;
    // Going back to the same release, which what the ledger knows of ran before, begins it once more.
    const goesBackToIt = run.state === 'rolled-back' && run.previousRelease === release;
    if (begun > (goesBackToIt ? 2 : 1)) {
      totals.doubled += 1;
      note(`begun ${begun} times`);
    }
    const runs = await place.runs(world, releases);
    if (!isTrue(run, place, runs, begun)) {
      totals.falseSuccesses += 1;
      note(`said to be ${run.state} (${run.summary}), but ${runs ?? 'nothing healthy'} runs there`);
    }
    if (!isNamed(run)) {
      totals.unnamed += 1;
      note(`${run.state}: ${run.summary}`);
    }
    return run;
  }
  let lastRun = 0;

  async function wholly(place: CampaignPlace): Promise<void> {
    const release = next(place);
    const { stdout, stderr } = await world.gantry(...promote(place, release));
    const [run] = await world.history();
    if (run?.environment !== place.environment || run.release !== release || !isWell(run, place))
      throw new Error(`${place.name} cannot be promoted to at all:\n${stdout}${stderr}`);
    lastRun = run.id;
  }

  async function untilBegun(step: string, release: string, ended: Promise<unknown>): Promise<void> {
    let isOver = false;
    const end = () => {
      isOver = true;
    };
    ended.then(end, end);
    const isThere = () => {
      const [first, ...events] = ledger.events();
      const isOurs = first?.kind === 'run-requested' && first.release === release;
      return isOurs && events.some((event) => event.kind === 'step-started' && event.step === step);
    };
    while (!isOver && !isThere()) await sleep(5);
  }

  return {
    wholly,
    async reference(place) {
      // The first finds nothing there, and until each release was there once, more is told than ever after.
      for (const _ of releases) await wholly(place);
      const startedAt = performance.now();
      await wholly(place);
      const tookMs = performance.now() - startedAt;
      return { events: ledger.events(), steps: ledger.steps(), tookMs };
    },
    async strike(place, blow, totals) {
      const release = next(place);
      const before = (await place.begun?.(release)) ?? 0;
      const start = () => world.start(...promote(place, release));
      const isHit = blow.kind === 'at' ? await hitAt(blow.moment, start) : await hitAfter(blow.ms, start);
      const run = await inspect(place, release, before, blowText(blow), totals);
      if (isHit && run !== undefined) totals.kills += 1;
      else totals.missed += 1;
      return isHit;
    },
    async setClock(place, { byMs, step }, totals) {
      const release = next(place);
      const before = (await place.begun?.(release)) ?? 0;
      const ended = world.gantry(...promote(place, release));
      await untilBegun(step, release, ended);
      await clock.set(byMs);
      await ended;
      await clock.set(0);
      const what = `its clock set by ${byMs} ms in ${step}`;
      const run = await inspect(place, release, before, `by nobody, ${what}`, totals);
      if (run === undefined || !isWell(run, place))
        totals.violations.push(`${place.name}, ${what}: ${run?.state ?? 'no run'} (${run?.summary})`);
      const tookMs = (run?.endedAt ?? 0) - (run?.startedAt ?? 0);
      return Math.abs(tookMs - byMs) < Math.abs(byMs) / 2;
    },
    async loseAnswer(place, totals) {
      const release = next(place);
      const before = (await place.begun?.(release)) ?? 0;
      const isLost = place.loseAnswer?.();
      await world.gantry(...promote(place, release));
      await inspect(place, release, before, 'by nobody, its answer lost', totals);
      if (isLost?.() !== true) totals.violations.push(`${place.name}: no answer was there to be lost`);
    },
  };

  async function hitAt(moment: Moment, start: () => ChildProcess): Promise<boolean> {
    try {
      await killAt(ledger, moment, start);
      return true;
    } catch (error) {
      if (error instanceof Error && error.message.includes('before it came there')) return false;
      throw error;
    }
  }

  async function hitAfter(ms: number, start: () => ChildProcess): Promise<boolean> {
    const child = start();
    child.stdout?.resume();
    child.stderr?.resume();
    await Promise.race([sleep(ms), untilEnded(child)]);
    if (child.exitCode !== null) return false;
    await kill(child);
    return true;
  }
}

function isTrue(
  { state, release }: RunSummary,
  { isBlind }: CampaignPlace,
  runs: string | undefined,
  begun: number,
): boolean {
  // Nobody can know that it is back, either.
  if (isBlind === true)
    return state === 'unverified' ? begun === 1 : state !== 'succeeded' && state !== 'rolled-back';
  if (state === 'unverified') return false;
  return state !== 'succeeded' || runs === release;
}

function isWell({ state }: RunSummary, { isBlind }: CampaignPlace): boolean {
  return state === (isBlind === true ? 'unverified' : 'succeeded');
}

/** Every end that is no success says where things stand: untouched, what runs, or that nobody knows. */
function isNamed({ state, summary }: RunSummary): boolean {
  if (state !== 'interrupted') return summary !== '';
  return /before \S+ was changed|: \S+ runs |is unknown|is not known|runs nothing/.test(summary);
}
