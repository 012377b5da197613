/**
 * `node test/property/main.ts [count [seed]]`: generated contexts, ours against `docker buildx build`; contexts that
 * change while they are watched and read; and generated pasts of releases, of which removing old images must lose nothing
 * that anything needs.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { createFolderWatcher } from '#main/host/watch-folder.ts';
import type { ImageStore } from '#test/engine/daemons.ts';
import { provisionEngine } from '#test/engine/engine.ts';
import { whyNotProvisionable } from '#test/engine/machine.ts';
import { startEngine } from '#test/engine/start.ts';
import { compare, describeCase, ignoreCase } from './ignore-case.ts';
import { createMadeUpEngine } from './made-up-engine.ts';
import { createRealStage } from './real-engine.ts';
import { type Campaign, campaignText, playCampaign } from './retention-campaign.ts';
import { playWarm } from './warm-campaign.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);
/** A real engine takes a second for each past. */
const onRealEngines = 25;

type Result = { readonly passed: number; readonly failed: number };

async function ignoreFiles(count: number, seed: number): Promise<Result> {
  const engine = await startEngine({ prefer: 'own', say });
  const env = { ...process.env, ...engine.env };
  let [equal, refused, failed] = [0, 0, 0];
  try {
    for (const each of fc.sample(ignoreCase, { numRuns: count, seed })) {
      const { ours, theirs } = await compare(each, env);
      if (!isDeepStrictEqual(ours, theirs)) {
        failed += 1;
        say(
          `different: ${describeCase(each)}\n  ours   ${JSON.stringify(ours)}\n  theirs ${JSON.stringify(theirs)}`,
        );
      } else if (theirs.kind === 'refused') refused += 1;
      else equal += 1;
    }
  } finally {
    await engine.stop();
  }
  say(`property ignore (seed ${seed}): ${equal} sent alike, ${refused} refused alike, ${failed} different`);
  return { passed: equal + refused, failed: failed + (equal > count / 2 ? 0 : 1) };
}

async function retention(count: number, seed: number): Promise<Result> {
  const campaigns = [
    tell('retention', seed, await playCampaign(count, seed, createMadeUpEngine)),
    ...(await onStore('classic', seed)),
    ...(await onStore('containerd', seed)),
  ];
  const failed = campaigns.reduce((sum, campaign) => sum + campaign.failed.length, 0);
  // Removing nothing at all would be safe, too.
  const isIdle = campaigns.some(({ removed }) => removed === 0);
  const cases = campaigns.reduce((sum, campaign) => sum + campaign.cases, 0);
  return { passed: cases - failed, failed: failed + (isIdle ? 1 : 0) };
}

async function onStore(store: ImageStore, seed: number): Promise<readonly Campaign[]> {
  const obstacle = whyNotProvisionable();
  if (obstacle !== undefined) {
    say(`property retention on an engine with the ${store} store: skipped, ${obstacle}`);
    return [];
  }
  const engine = await provisionEngine({ store });
  try {
    const campaign = await playCampaign(onRealEngines, seed, () => createRealStage(engine));
    return [tell(`retention on an engine with the ${store} store`, seed, campaign)];
  } finally {
    await engine.stop();
  }
}

function tell(name: string, seed: number, campaign: Campaign): Campaign {
  for (const { text, violations } of campaign.failed) say(`lost: ${violations.join('; ')}\n  ${text}`);
  say(campaignText(name, seed, campaign));
  return campaign;
}

async function warm(count: number, seed: number): Promise<Result> {
  const watcher = createFolderWatcher();
  const { alike, consistent, refused, failed } = await playWarm(count, seed, watcher);
  await watcher.dispose();
  for (const what of failed) say(`not as it is on disk: ${what}`);
  say(
    `property warm (seed ${seed}): ${alike} read alike after changes, ${consistent} of one moment in storms, ${refused} refused in storms, ${failed.length} different`,
  );
  // Refusing everything would be safe, too.
  return { passed: alike + consistent + refused, failed: failed.length + (consistent > refused ? 0 : 1) };
}

const [count = '1000', seed = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2);
const results = [
  await retention(Number(count), Number(seed)),
  await ignoreFiles(Number(count), Number(seed)),
  await warm(Number(count), Number(seed)),
];
const failed = results.reduce((sum, result) => sum + result.failed, 0);
say(`${results.reduce((sum, result) => sum + result.passed, 0)} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
