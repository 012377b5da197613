import { describe, expect, test } from 'vitest';
import { createMadeUpEngine } from '#test/property/made-up-engine.ts';
import { playRetention } from '#test/property/retention.ts';
import { campaignText, playCampaign } from '#test/property/retention-campaign.ts';
import type { Act, Intrusion, RetentionCase } from '#test/property/retention-case.ts';
import type { EngineOfCase } from '#test/property/retention-world.ts';

/** `npm run test:property` plays more of them, and on real engines. */
test('no past of releases, people and runs loses an image that anything needs', async () => {
  const seed = Number(process.env.GANTRY_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const campaign = await playCampaign(60, seed, createMadeUpEngine);
  expect(campaign.failed, campaignText('retention', seed, campaign)).toEqual([]);
  // Removing nothing at all would be safe, too.
  expect(campaign.removed, campaignText('retention', seed, campaign)).toBeGreaterThan(15);
}, 60_000);

describe('a container of an image that is being removed', () => {
  const build = (content: number): Act => ({ kind: 'build', in: 'ours', images: [content] });
  /** Questions before the image's own name goes; the name that says its version has gone by the second. */
  const beforeNames = [11, 16];
  const starts = (at: number): Intrusion => ({
    ...{ when: 'asked', at, thinks: 0 },
    act: { kind: 'container', release: 0 },
  });
  /** Somebody gives the image's own name to the newest. */
  const takes = (at: number): Intrusion => ({
    ...{ when: 'asked', at, thinks: 0 },
    act: { kind: 'move-name', from: 0, release: 2 },
  });
  const play = (engine: EngineOfCase, ...intrusions: readonly Intrusion[]) => {
    const past: RetentionCase = {
      keep: 1,
      wayBack: undefined,
      acts: [build(1), build(2), build(3)],
      intrusions,
    };
    return playRetention(past, engine);
  };

  test.each(beforeNames)('keeps it, when it comes before question %i', async (at) => {
    const { removed, violations } = await play(createMadeUpEngine(), starts(at));
    expect(violations).toEqual([]);
    expect(removed).toBeGreaterThan(0);
  });

  test.each(beforeNames)('is seen to have lost it on an engine that takes the last name, %i', async (at) => {
    const made = createMadeUpEngine();
    const untag: typeof made.engine.untag = async (name) => made.unname(name);
    const { violations } = await play({ ...made, engine: { ...made.engine, untag } }, starts(at));
    expect(violations).toHaveLength(1);
  });

  test.each([18, 20, 27])('has not lost it to us when somebody else takes its last name, %i', async (at) => {
    for (const before of beforeNames)
      expect((await play(createMadeUpEngine(), starts(before), takes(at))).violations).toEqual([]);
  });
});
