import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createTargets } from '#main/targets/index.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { asWhole, type Observed, observedSchema } from '#shared/domain/observed.ts';
import { type PlannedStep, plannedStepSchema, settingChangeSchema } from '#shared/domain/plan.ts';
import { apply, deploy, ioOf, place, secondDeploy, secret, wishFor, worlds } from './play.ts';
import type { TargetWorld } from './target-world.ts';

function freeze<T>(value: T): T {
  if (value !== null && typeof value === 'object')
    for (const item of Object.values(Object.freeze(value))) freeze(item);
  return value;
}

it('kinds are names of their own', () => {
  const kinds = createTargets()
    .list()
    .map((target) => target.kind);
  expect(new Set(kinds).size).toBe(kinds.length);
  for (const kind of kinds) expect(kind).toMatch(/^[a-z][a-z0-9-]*$/);
  expect(kinds.toSorted()).toEqual([...new Set(worlds.map(({ kind }) => kind))].toSorted());
  expect(() => createTargets().get('nope')).toThrow(expect.objectContaining({ code: 'config-invalid' }));
});

describe.each(worlds)('$name', ({ kind, create: worldOf }) => {
  const target = createTargets().get(kind);
  const configOf = (world: TargetWorld) => target.config.parse(world.config);

  it('says what it is', () => {
    expect(target.summary).toMatch(/^[A-Z].*\.$/);
    const { label, detail } = target.describe(configOf(worldOf()), place);
    expect(label).not.toBe('');
    expect(detail).not.toBe('');
  });

  it('knows its own settings, no others, and can describe them to an editor', () => {
    const world = worldOf();
    expect(target.config.safeParse({ ...world.config, unknownKey: 1 }).success).toBe(false);
    expect(target.config.safeParse({ ...world.config, kind: 'other' }).success).toBe(false);
    // Once filled in, settings that pass through JSON are the same.
    const config = configOf(world);
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
    expect(z.toJSONSchema(target.config, { io: 'input' })).toMatchObject({
      properties: { kind: { const: kind } },
    });
  });

  it('plans purely, for every state of the place', async () => {
    const world = worldOf();
    const config = freeze(configOf(world));
    await deploy(target, world, 0);
    const running = await target.observe(config, place, ioOf(world));
    const states: readonly Observed[] = [
      { kind: 'empty', at: 1 },
      { kind: 'unreachable', at: 1, why: 'x' },
      { kind: 'unobservable', at: 1, why: 'x' },
      running,
    ];
    for (const seen of states.map(freeze)) {
      const wish = freeze(wishFor(world, 1));
      const steps = target.plan(wish, seen, config);
      expect(target.plan(wish, seen, config)).toEqual(steps);
      for (const step of steps)
        expect(plannedStepSchema.parse(JSON.parse(JSON.stringify(step)))).toEqual(step);
      expect(new Set(steps.map((step) => step.id)).size).toBe(steps.length);
      expect(steps.some((step) => step.changes)).toBe(true);
      const changes = target.settingChanges(wish, seen, config);
      expect(target.settingChanges(wish, seen, config)).toEqual(changes);
      for (const change of changes) expect(settingChangeSchema.parse(change)).toEqual(change);
    }
  });

  it('ends each step once and last, and then runs what was wished', async () => {
    const world = worldOf();
    for (const index of [0, 1]) {
      const outputs = await deploy(target, world, index);
      const ends = outputs.filter((output) => output.kind === 'end');
      expect(ends.map((end) => end.outcome)).toEqual(ends.map(() => 'succeeded'));
      expect(ends.some((end) => end.isUnverified)).toBe(world.isBlind === true);
      expect(outputs.at(-1)?.kind).toBe('end');
      expect([0, 1].map((one) => world.runs(one))).toEqual([index === 0, index === 1]);
    }
  });

  it('sees what runs, or that nobody can', async () => {
    const world = worldOf();
    for (const index of [0, 1]) {
      await deploy(target, world, index);
      const { release, envFingerprint } = wishFor(world, index);
      const seen = await target.observe(configOf(world), place, ioOf(world));
      expect(observedSchema.parse(seen)).toEqual(seen);
      if (world.isBlind === true) {
        expect(asWhole(seen)).toMatchObject({ kind: 'unobservable', why: expect.stringMatching(/\S/) });
        continue;
      }
      const wanted =
        target.compares === 'digest'
          ? { imageId: release.remote?.digest }
          : { imageId: release.imageId, releaseLabel: release.id, envLabel: envFingerprint };
      const services = seen.kind === 'running' ? seen.services : [];
      expect(services.length).toBeGreaterThan(0);
      for (const service of services) expect(service).toMatchObject(wanted);
      expect(target.settingChanges(wishFor(world, index), seen, configOf(world))).toEqual([]);
    }
  });

  it('changes something only in steps that say so, and nothing more when repeatable ones are repeated', async () => {
    for (const isNext of [false, true]) {
      const world = worldOf();
      const config = configOf(world);
      const steps = isNext
        ? await secondDeploy(target, world)
        : target.plan(wishFor(world, 0), { kind: 'empty', at: 1 }, config);
      const start = world.changes();
      for (const step of steps) {
        const before = world.changes();
        await apply(target, step, ioOf(world));
        if (!step.changes) expect(world.changes(), step.id).toBe(before);
        if (!step.repeatable) continue;
        const once = world.changes();
        expect((await apply(target, step, ioOf(world))).at(-1)).toMatchObject({ outcome: 'succeeded' });
        expect(world.changes(), step.id).toBe(once);
      }
      expect(world.changes()).toBeGreaterThan(start);
      expect(world.runs(isNext ? 1 : 0)).toBe(true);
    }
  });

  it('keeps values out of plans and of what it says', async () => {
    const world = worldOf();
    const steps = target.plan(wishFor(world, 0), { kind: 'empty', at: 1 }, configOf(world));
    expect(JSON.stringify([steps, await deploy(target, world, 0)])).not.toContain(secret);
    const seen = await target.observe(configOf(world), place, ioOf(world));
    expect(JSON.stringify(seen)).not.toContain(secret);
  });

  it('does nothing when told to stop', async () => {
    const world = worldOf();
    const io = ioOf(world, AbortSignal.abort());
    for (const step of target.plan(wishFor(world, 0), { kind: 'empty', at: 1 }, configOf(world))) {
      await expect(apply(target, step, io), step.id).rejects.toThrow(/abort/i);
    }
    expect(world.changes()).toBe(0);
  });

  it('tells a place that does not answer from one that says no', async () => {
    const world = worldOf();
    world.goAway();
    const io = ioOf(world);
    const kind = world.isBlind === true ? expect.stringMatching(/^un(reach|observ)able$/) : 'unreachable';
    expect(await target.observe(configOf(world), place, io)).toMatchObject({ kind });
    for (const step of target.plan(wishFor(world, 0), { kind: 'empty', at: 1 }, configOf(world))) {
      await expect(apply(target, step, io), step.id).rejects.toBeInstanceOf(GantryError);
    }
  });

  it('refuses a step that it did not plan', async () => {
    const step: PlannedStep = {
      id: 'x',
      title: 'x',
      detail: 'x',
      action: { kind: 'nonsense' },
      repeatable: true,
      changes: true,
      timeoutMs: 1,
    };
    await expect((async () => apply(target, step, ioOf(worldOf())))()).rejects.toThrow();
  });
});
