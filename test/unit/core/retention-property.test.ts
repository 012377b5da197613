import { expect, test } from 'vitest';
import { createMadeUpEngine } from '#test/property/made-up-engine.ts';
import { campaignText, playCampaign } from '#test/property/retention-campaign.ts';

/** `npm run test:property` plays more of them, and on real engines. */
test('no past of releases, people and runs loses an image that anything needs', async () => {
  const seed = Number(process.env.GANTRY_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const campaign = await playCampaign(60, seed, createMadeUpEngine);
  expect(campaign.failed, campaignText('retention', seed, campaign)).toEqual([]);
  // Removing nothing at all would be safe, too.
  expect(campaign.removed, campaignText('retention', seed, campaign)).toBeGreaterThan(15);
}, 60_000);
