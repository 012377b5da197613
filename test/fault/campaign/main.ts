/**
 * `node test/fault/campaign/main.ts [kills [place …]]`: promotions to every kind of place, killed at every event and at
 * random; afterwards what the ledger says is held against what the place says. Totals, and a verdict as the last line.
 */
import { buildIfOld } from '#test/built-parts.ts';
import { describeEngine, engineVariable } from '#test/engine/for-tests.ts';
import { startEngine } from '#test/engine/start.ts';
import { initSwarm } from '#test/integration/targets/swarm-fixture.ts';
import { campaignVerdict, verdictPrefix } from '../verdict.ts';
import { campaignLines, playCampaign } from './campaign.ts';
import { createCampaignWorld } from './world.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);
const [kills = '220', ...places] = process.argv.slice(2);
await buildIfOld('cli');
const engine = await startEngine({
  prefer: process.env.DOCKER_HOST === undefined ? 'own' : 'reachable',
  say,
});
process.env[engineVariable] = describeEngine(engine);
let verdict = 'the campaign broke off';
try {
  if (engine.kind === 'provisioned') await initSwarm(engine);
  const campaign = await createCampaignWorld(
    engine,
    engine.kind === 'provisioned' ? engine.dockerHost : undefined,
  );
  try {
    const result = await playCampaign(campaign, {
      kills: Number(kills),
      everyEvent: true,
      ...(places.length === 0 ? {} : { places }),
      random: Math.random,
      say,
    });
    for (const line of campaignLines(result)) say(line);
    const { text, isGood } = campaignVerdict(result, Number(kills));
    verdict = text;
    process.exitCode = isGood ? 0 : 1;
  } finally {
    await campaign.remove();
  }
} catch (error) {
  process.exitCode = 1;
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
} finally {
  await engine.stop();
  say(`${verdictPrefix}${verdict}`);
}
