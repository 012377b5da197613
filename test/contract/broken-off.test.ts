import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BegunStep, Io, StepOutput, Target } from '#main/core/ports.ts';
import { createTargets } from '#main/targets/index.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { apply, deploy, ioOf, place, wishFor, worlds } from './play.ts';
import type { TargetWorld } from './target-world.ts';

type End = Extract<StepOutput, { kind: 'end' }>;
/** How a step ended: with an answer, or with an error because nobody knows. */
type Ending = End | GantryError;

async function endingOf(outputs: AsyncIterable<StepOutput>): Promise<Ending> {
  let last: StepOutput | undefined;
  try {
    for await (const output of outputs) last = output;
  } catch (error) {
    if (error instanceof GantryError) return error;
    throw error;
  }
  if (last?.kind !== 'end') throw new Error('a step ended without saying how');
  return last;
}

const wentWell = (ending: Ending | undefined) =>
  ending !== undefined && 'kind' in ending && ending.outcome === 'succeeded';

/** What runs there is what the second release's deploy is to bring. */
async function runsSecond(target: Target, world: TargetWorld): Promise<boolean> {
  const seen = await target.observe(target.config.parse(world.config), place, ioOf(world));
  return (
    target.settingChanges(wishFor(world, 1), seen, target.config.parse(world.config)).length === 0 &&
    seen.kind === 'running'
  );
}

/** The first release is there, and this is how the second one comes. */
async function secondDeploy(target: Target, world: TargetWorld): Promise<readonly PlannedStep[]> {
  await deploy(target, world, 0);
  const config = target.config.parse(world.config);
  return target.plan(wishFor(world, 1), await target.observe(config, place, ioOf(world)), config);
}

type Stopped = {
  readonly outputs: AsyncIterator<StepOutput>;
  readonly step: PlannedStep;
  readonly rest: readonly PlannedStep[];
  readonly handle: string | undefined;
};

/** Goes as far as the given number of outputs and stands still; `undefined` where there are fewer. */
async function playTo(
  target: Target,
  steps: readonly PlannedStep[],
  io: Io,
  count: number,
): Promise<Stopped | undefined> {
  let passed = 0;
  for (const [index, step] of steps.entries()) {
    const outputs = target.apply(step, io)[Symbol.asyncIterator]();
    let handle: string | undefined;
    for (let next = await outputs.next(); next.done !== true; next = await outputs.next()) {
      if (next.value.kind === 'handle') handle = next.value.handle;
      if (++passed === count) return { outputs, step, rest: steps.slice(index + 1), handle };
    }
  }
  return undefined;
}

describe.each(
  createTargets()
    .list()
    .map((target) => [target.kind, target] as const),
)('%s, broken off', (kind, target) => {
  const worldOf = (): TargetWorld => {
    const create = worlds[kind];
    if (create === undefined) throw new Error(`no world for ${kind}`);
    return create();
  };

  it('has golden plans', () => {
    const folder = join(import.meta.dirname, '../golden/plans', kind);
    expect(existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.json'))).toBe(true);
  });

  it.each([
    ['that was written down', true],
    ['that nobody wrote down', false],
  ])(
    'a process that dies after any output, with a handle %s: nothing is asked for anew',
    async (_, keeps) => {
      let died = 0;
      for (;;) {
        const world = worldOf();
        const steps = await secondDeploy(target, world);
        const before = world.asked();
        // Dropped as a dead process drops it: nothing after the last output is run, not even a `finally`.
        const stopped = await playTo(target, steps, ioOf(world), died + 1);
        if (stopped === undefined) break;
        died++;
        const { step, rest, handle } = stopped;
        const asked = world.asked();
        const begun: BegunStep = { step, startedAt: 0, ...(keeps && handle !== undefined ? { handle } : {}) };
        const ending = target.resume && (await endingOf(target.resume(begun, ioOf(world))));
        expect(world.asked(), `after output ${died}, in ${step.id}`).toBe(asked);
        if (!wentWell(ending) && !step.repeatable) {
          expect(world.asked() - before, step.id).toBeLessThanOrEqual(1);
          continue;
        }
        // A retry goes on behind what is known to be done, and repeats what may be repeated.
        for (const one of wentWell(ending) ? rest : [step, ...rest]) {
          expect((await apply(target, one, ioOf(world))).at(-1), one.id).toMatchObject({
            outcome: 'succeeded',
          });
        }
        expect(await runsSecond(target, world), `after output ${died}, in ${step.id}`).toBe(true);
      }
      expect(died).toBeGreaterThan(0);
    },
  );

  it('a cancel after any output ends it, and says so where the release came all the same', async () => {
    for (let at = 1; ; at++) {
      const world = worldOf();
      const steps = await secondDeploy(target, world);
      const before = world.asked();
      const cancel = new AbortController();
      const stopped = await playTo(target, steps, ioOf(world, cancel.signal), at);
      if (stopped === undefined) return;
      cancel.abort();
      const { outputs, step } = stopped;
      const ending = await endingOf({ [Symbol.asyncIterator]: () => outputs }).catch((error: unknown) => {
        // The engine takes the abort itself for the end, and an output that was the last has none after it.
        if (cancel.signal.reason === error || String(error).includes('without saying how')) return undefined;
        throw error;
      });
      if (ending !== undefined && 'kind' in ending && ending.outcome === 'cancelled') {
        const isToldOf = ending.detail.includes(wishFor(world, 1).release.id);
        expect(isToldOf || !(await runsSecond(target, world)), `${step.id}: ${ending.detail}`).toBe(true);
      }
      if (!step.repeatable)
        expect(world.asked() - before, `${step.id} and its cancel`).toBeLessThanOrEqual(2);
    }
  });

  it('a no is told as a no, with what to do, and is no success', async () => {
    const world = worldOf();
    const steps = await secondDeploy(target, world);
    world.refuse();
    const endings: Ending[] = [];
    for (const step of steps) {
      const asked = world.asked();
      endings.push(await endingOf(target.apply(step, ioOf(world))));
      if (world.asked() > asked) expect(wentWell(endings.at(-1)), step.id).toBe(false);
      if (!wentWell(endings.at(-1))) break;
    }
    const last = endings.at(-1);
    const error = last instanceof GantryError ? last : last?.error;
    expect(last instanceof GantryError ? 'errored' : last?.outcome).toMatch(/^(failed|errored)$/);
    expect(error?.code).not.toMatch(/unreachable/);
    expect([error?.message, error?.hint]).toEqual([expect.stringMatching(/\S/), expect.stringMatching(/\S/)]);
    expect(await runsSecond(target, world)).toBe(false);
    expect(JSON.stringify([endings, error?.message, error?.hint])).not.toContain(world.token ?? 'no token');
  });

  it('an answer that is lost: what must not be repeated is asked for once, and success is only what is true', async () => {
    const world = worldOf();
    const steps = await secondDeploy(target, world);
    const before = world.asked();
    world.loseAnswer();
    for (const step of steps) {
      const ending = await endingOf(target.apply(step, ioOf(world)));
      if (!step.repeatable) expect(world.asked() - before, step.id).toBe(1);
      if (wentWell(ending)) continue;
      if (!step.repeatable) return;
      expect(await endingOf(target.apply(step, ioOf(world))), step.id).toMatchObject({
        outcome: 'succeeded',
      });
    }
    expect(await runsSecond(target, world)).toBe(true);
  });

  it('where nobody can be asked it never says that it is so', async () => {
    const { blind: written } = worldOf();
    if (written === undefined) return;
    const config = target.config.parse(written);
    for (let died = 1; ; died++) {
      const world = worldOf();
      const seen = await target.observe(config, place, ioOf(world));
      expect(seen).toMatchObject({ kind: 'unobservable', why: expect.stringMatching(/\S/) });
      const steps = target.plan(wishFor(world, 1), seen, config);
      const stopped = await playTo(target, steps, ioOf(world), died);
      if (stopped === undefined) {
        expect(died).toBeGreaterThan(1);
        expect(world.asked()).toBe(1);
        return;
      }
      const { step, handle } = stopped;
      if (!step.changes || target.resume === undefined) continue;
      const asked = world.asked();
      const known: BegunStep = { step, startedAt: 0, ...(handle === undefined ? {} : { handle }) };
      for (const begun of [known, { step, startedAt: 0 }]) {
        const ending = await endingOf(target.resume(begun, ioOf(world)));
        if (wentWell(ending)) expect(ending).toMatchObject({ isUnverified: true });
        // Without a handle it may never have been asked for.
        if (!('handle' in begun)) expect(wentWell(ending)).toBe(false);
      }
      expect(world.asked()).toBe(asked);
    }
  });

  it('what it signs in with stands in no plan, no output and no fact', async () => {
    const world = worldOf();
    const config = target.config.parse(world.config);
    const steps = await secondDeploy(target, world);
    const told: unknown[] = [steps, target.describe(config, place)];
    for (const step of steps) told.push(await apply(target, step, ioOf(world)));
    told.push(await target.observe(config, place, ioOf(world)));
    expect(JSON.stringify(told)).not.toContain(world.token ?? 'no token');
  });
});
