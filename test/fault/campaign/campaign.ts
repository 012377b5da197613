import { join } from 'node:path';
import Database from 'better-sqlite3';
import { momentsToStrike, strikeAll } from './moments.ts';
import { blowText, createPlayer, momentsOf, noTotals, type Totals } from './play.ts';
import type { CampaignWorld } from './world.ts';

const anHourMs = 3_600_000;

export type CampaignOptions = {
  /** Of all places together, at least. */
  readonly kills: number;
  /** At every event, also where that makes more kills. */
  readonly everyEvent?: true;
  /** By name; all where it is absent. */
  readonly places?: readonly string[];
  readonly random: () => number;
  readonly say: (line: string) => void;
};

export type CampaignResult = Totals & {
  readonly places: number;
  /** That kills were aimed at. */
  readonly events: number;
  /** Those of them at which none came, the second time neither. */
  readonly unstruck: readonly string[];
  readonly lostAnswers: number;
  readonly clockJumps: number;
};

/**
 * Kills promotions: at every event that a whole one writes, then at moments drawn at random, until there were enough; and
 * looks after each what the ledger says against what the place says.
 */
export async function playCampaign(
  campaign: CampaignWorld,
  { kills, everyEvent, places: chosen, random, say }: CampaignOptions,
): Promise<CampaignResult> {
  const player = createPlayer(campaign);
  const totals = noTotals();
  const places = campaign.places.filter(({ name }) => chosen === undefined || chosen.includes(name));
  const unknown = chosen?.filter((one) => places.every(({ name }) => name !== one)) ?? [];
  if (unknown.length > 0) throw new Error(`there is no place ${unknown.join(', ')} in this campaign`);
  const unstruck: string[] = [];
  let aimedAt = 0;
  let lostAnswers = 0;
  let clockJumps = 0;
  let told = 0;
  for (const [index, place] of places.entries()) {
    const wanted = Math.ceil(((index + 1) * kills) / places.length);
    const { events, steps, tookMs } = await player.reference(place);
    const moments = momentsOf(events);
    const before = totals.kills;
    const atEvents = Math.max(wanted - before, everyEvent === true ? moments.length : 0);
    const { struck, missed } = await strikeAll(
      momentsToStrike(moments, atEvents),
      (moment) => player.strike(place, { kind: 'at', moment }, totals),
      () => player.wholly(place),
    );
    aimedAt += struck.size + missed.size;
    unstruck.push(...[...missed].map((moment) => `${place.name}: ${blowText({ kind: 'at', moment })}`));
    let scale = tookMs;
    for (let strikes = 0; totals.kills < wanted && strikes < kills; strikes += 1) {
      // The first part of the time goes by before there is a run. How long it takes changes with what else goes on.
      const ms = Math.round(scale * (0.4 + 0.5 * random()));
      const isHit = await player.strike(place, { kind: 'after', ms }, totals);
      scale *= isHit ? 1.05 : 0.85;
    }
    for (const [turn, step] of steps.slice(0, Math.ceil(wanted / (index + 1) / 2)).entries()) {
      const jump = { step, byMs: turn % 2 === 0 ? anHourMs : -anHourMs };
      if (await player.setClock(place, jump, totals)) clockJumps += 1;
    }
    if (place.loseAnswer !== undefined) {
      await player.loseAnswer(place, totals);
      lostAnswers += 1;
    }
    for (const violation of totals.violations.slice(told)) say(`wrong: ${violation}`);
    told = totals.violations.length;
    say(`fault ${place.name}: ${totals.kills - before} kills, at ${struck.size} of ${moments.length} events`);
  }
  const damage = checkLedger(join(campaign.world.workspace.home, 'ledger.db'));
  if (damage.length > 0) {
    totals.unopened += 1;
    totals.violations.push(`the ledger: ${damage.join('; ')}`);
    say(`wrong: the ledger: ${damage.join('; ')}`);
  }
  return { ...totals, places: places.length, events: aimedAt, unstruck, lostAnswers, clockJumps };
}

function checkLedger(path: string): readonly string[] {
  const db = new Database(path, { readonly: true });
  try {
    const rows = db.pragma('integrity_check', { simple: true });
    return rows === 'ok' ? [] : [String(rows)];
  } finally {
    db.close();
  }
}

export function campaignLines(result: CampaignResult): readonly string[] {
  const {
    kills,
    missed,
    ends,
    unstruck,
    doubled,
    stuck,
    falseSuccesses,
    unnamed,
    unopened,
    lostAnswers,
    clockJumps,
  } = result;
  const ended = Object.entries(ends).map(([state, count]) => `${count} ${state}`);
  return [
    `fault: ${kills} kills in ${result.places} kinds of places (${missed} more came too early or too late), ${lostAnswers} answers lost, ${clockJumps} times the clock set; runs ended ${ended.join(', ')}`,
    `fault: ${doubled} doubled deploys, ${stuck} stuck leases or leftovers, ${falseSuccesses} false successes, ${unnamed} unknowns unnamed, ${unopened} times the ledger did not open`,
    ...(unstruck.length === 0 ? [] : [`fault: nobody could be killed at ${unstruck.join('; ')}`]),
  ];
}
