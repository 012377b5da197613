import { afterAll, beforeAll, expect, test } from 'vitest';
import { playCampaign } from './campaign/campaign.ts';
import { type CampaignWorld, createCampaignWorld } from './campaign/world.ts';

let campaign: CampaignWorld;
beforeAll(async () => {
  campaign = await createCampaignWorld();
}, 60_000);
afterAll(() => campaign?.remove());

// What `npm run test:fault` does whole. Compose is killed in kill.test.ts.
test('promotions that are killed at any event are never doubled, stuck, or said to be what they are not', async () => {
  const result = await playCampaign(campaign, {
    kills: 8,
    places: ['registry', 'render', 'cloud-run', 'command'],
    random: Math.random,
    say: () => undefined,
  });
  expect(result.violations).toEqual([]);
  expect(result.unstruck).toEqual([]);
  expect(result.kills).toBeGreaterThanOrEqual(8);
  expect(result.lostAnswers).toBe(3);
  expect(result.clockJumps).toBeGreaterThan(0);
}, 180_000);
