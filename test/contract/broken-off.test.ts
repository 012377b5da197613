import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { BegunStep, Io, StepOutput, Target } from '#main/core/ports.ts';
import { createTargets } from '#main/targets/index.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { asWhole } from '#shared/domain/observed.ts';
import { type PlannedStep, plannedStepSchema } from '#shared/domain/plan.ts';
import { type Dead, type Death, dieAt } from './death.ts';
import { apply, ioOf, place, secondDeploy, wishFor, worlds } from './play.ts';
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

/** The place runs the second release, and the target says so, where it can say anything. */
async function runsSecond(target: Target, world: TargetWorld): Promise<boolean> {
  const config = target.config.parse(world.config);
  const seen = await target.observe(config, place, ioOf(world));
  const changes = target.settingChanges(wishFor(world, 1), seen, config);
  const isSaid = world.isBlind
    ? asWhole(seen).kind === 'unobservable'
    : seen.kind === 'running' && changes.length === 0;
  return world.runs(1) && isSaid;
}

type Stopped = {
  readonly outputs: AsyncIterator<StepOutput>;
  readonly step: PlannedStep;
  readonly isBetween: boolean;
};

/** Goes as far as the given number of outputs and stands still; `undefined` where there are fewer. */
async function playTo(
  target: Target,
  steps: readonly PlannedStep[],
  io: Io,
  count: number,
): Promise<Stopped | undefined> {
  let passed = 0;
  for (const step of steps) {
    const outputs = target.apply(step, io)[Symbol.asyncIterator]();
    for (let next = await outputs.next(); next.done !== true; next = await outputs.next()) {
      if (++passed === count) return { outputs, step, isBetween: next.value.kind === 'end' };
    }
  }
  return undefined;
}

const goldenSchema = z.object({ steps: z.array(plannedStepSchema) });

describe.each(worlds)('$name, broken off', ({ kind, create: worldOf, mayStayHalf }) => {
  /** As another process has it, which remembers nothing. */
  const fresh = () => createTargets().get(kind);
  const target = fresh();

  it('has golden plans, one of them with the steps that it deploys with', async () => {
    const shapeOf = (steps: readonly PlannedStep[]) => steps.map(({ id, changes }) => ({ id, changes }));
    const folder = join(import.meta.dirname, '../golden/plans', kind);
    const golden = readdirSync(folder).map((name) =>
      shapeOf(goldenSchema.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))).steps),
    );
    expect(golden).toContainEqual(shapeOf(await secondDeploy(target, worldOf())));
  });

  it.each<[string, Death['at'], boolean]>([
    ['after any output, with a handle that was written down', 'output', true],
    ['after any output, with a handle that nobody wrote down', 'output', false],
    ['before anything that it asks of the world', 'unasked', true],
    ['before the answer to anything that it asks of the world', 'unheard', true],
  ])('a process that dies %s: nothing is asked for anew', async (_, at, keeps) => {
    let count = 0;
    for (;;) {
      const world = worldOf();
      const steps = await secondDeploy(target, world);
      const dead = await dieAt(
        fresh(),
        steps,
        { io: ioOf(world), asked: world.asked },
        { at, count: count + 1 },
      );
      if (dead === undefined) break;
      count++;
      await recover(
        world,
        { ...dead, handle: keeps ? dead.handle : undefined },
        `${at} ${count}, in ${dead.step.id}`,
      );
    }
    expect(count).toBeGreaterThan(0);
  });

  async function recover(world: TargetWorld, { step, rest, handle, askedBefore }: Dead, when: string) {
    const heir = fresh();
    const asked = world.asked();
    const begun: BegunStep = { step, startedAt: 0, ...(handle === undefined ? {} : { handle }) };
    const ending = heir.resume && (await endingOf(heir.resume(begun, ioOf(world))));
    expect(world.asked(), when).toBe(asked);
    if (step.changes && world.isBlind && wentWell(ending)) {
      // Without a handle it may never have been asked for; of one place among several it may be seen.
      expect(handle !== undefined || world.runs(1) || rest.length > 0, when).toBe(true);
      if (rest.length === 0) expect(ending, when).toMatchObject({ isUnverified: true });
    }
    if (ending !== undefined && 'kind' in ending && ending.outcome === 'failed')
      expect(world.runs(1), `${when}: said to have failed`).toBe(false);
    // What is known by name is followed to its end.
    if (handle !== undefined && !step.repeatable) expect(wentWell(ending), when).toBe(true);
    if (!wentWell(ending) && !step.repeatable) {
      expect(world.asked() - askedBefore, when).toBeLessThanOrEqual(1);
      return;
    }
    // A retry goes on behind what is known to be done, and repeats what may be repeated.
    for (const one of wentWell(ending) ? rest : [step, ...rest]) {
      expect((await apply(heir, one, ioOf(world))).at(-1), `${when}, then ${one.id}`).toMatchObject({
        outcome: 'succeeded',
      });
    }
    expect(await runsSecond(heir, world), when).toBe(true);
  }

  it('a cancel after any output ends it: what ran before runs, or it says that the release came all the same', async () => {
    for (let at = 1; ; at++) {
      const world = worldOf();
      const cancelled = await cancelAt(world, at);
      if (cancelled === undefined) return;
      const { ending, step, asked, isBetween } = cancelled;
      if (ending !== undefined && 'kind' in ending && ending.outcome === 'cancelled') {
        const isToldOf = ending.detail.includes(wishFor(world, 1).release.id);
        expect(isToldOf || world.runs(0), `${step.id}: ${ending.detail}`).toBe(true);
      }
      if (!isBetween && !world.runs(1))
        expect(await isKnownState(world), `output ${at}, in ${step.id}`).toBe(true);
      // The cancel itself, if it has to be asked for.
      if (!step.repeatable) expect(asked, step.id).toBeLessThanOrEqual(1);
    }
  });

  it('a cancel while the place is still at it stops it there, and what ran before runs on', async () => {
    for (let at = 1; at <= 12; at++) {
      const world = worldOf();
      const steps = await secondDeploy(target, world);
      const goOn = world.linger?.();
      if (goOn === undefined) return;
      const cancelled = await cancelAt(world, at, steps);
      if (cancelled === undefined) return;
      const { ending, step, isBetween } = cancelled;
      // Between two steps no target is asked: the run engine goes back, or tells what runs.
      if (isBetween) continue;
      // Before anything was asked for there is nothing to confirm.
      if (ending !== undefined && (step.changes || !wentWell(ending)))
        expect(ending, step.id).toMatchObject({ outcome: 'cancelled' });
      goOn();
      expect(world.runs(0), `output ${at}, in ${step.id}`).toBe(true);
    }
  });

  /** What ran before runs on; or both do, and that shows. */
  async function isKnownState(world: TargetWorld): Promise<boolean> {
    if (world.runs(0) || mayStayHalf !== true) return world.runs(0);
    const seen = asWhole(await target.observe(target.config.parse(world.config), place, ioOf(world)));
    return seen.kind === 'running' ? seen.services.length === 2 : seen.kind === 'unobservable';
  }

  /** How a deploy ends that is cancelled after so many outputs, and how often anything was asked for since. */
  async function cancelAt(world: TargetWorld, at: number, planned?: readonly PlannedStep[]) {
    const steps = planned ?? (await secondDeploy(target, world));
    const cancel = new AbortController();
    const stopped = await playTo(target, steps, ioOf(world, cancel.signal), at);
    if (stopped === undefined) return undefined;
    const { outputs, step, isBetween } = stopped;
    const before = world.asked();
    cancel.abort();
    const ending = await endingOf({ [Symbol.asyncIterator]: () => outputs }).catch((error: unknown) => {
      // The engine takes the abort itself for the end, and an output that was the last has none after it.
      if (cancel.signal.reason === error || String(error).includes('without saying how')) return undefined;
      throw error;
    });
    return { ending, step, isBetween, asked: world.asked() - before };
  }

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
    expect(world.runs(1)).toBe(false);
    const told = JSON.stringify([endings, error?.message, error?.hint]);
    for (const value of world.secrets ?? []) expect(told).not.toContain(value);
  });

  it('an answer that is lost: what must not be repeated is asked for once, and success is only what is true', async () => {
    const world = worldOf();
    const steps = await secondDeploy(target, world);
    world.loseAnswer();
    for (const step of steps) {
      const before = world.asked();
      const ending = await endingOf(target.apply(step, ioOf(world)));
      if (!step.repeatable) expect(world.asked() - before, step.id).toBe(1);
      if (wentWell(ending)) continue;
      if (!step.repeatable) {
        // Not to know is no failure.
        const isUnknown = ending instanceof GantryError || ending.outcome === 'errored';
        expect(isUnknown || !world.runs(1), step.id).toBe(true);
        return;
      }
      expect(await endingOf(target.apply(step, ioOf(world))), step.id).toMatchObject({
        outcome: 'succeeded',
      });
    }
    expect(await runsSecond(target, world)).toBe(true);
  });

  it('what it signs in with stands in no plan, no output and no fact', async () => {
    const world = worldOf();
    const config = target.config.parse(world.config);
    const steps = await secondDeploy(target, world);
    const told: unknown[] = [steps, target.describe(config, place)];
    for (const step of steps) told.push(await apply(target, step, ioOf(world)));
    told.push(await target.observe(config, place, ioOf(world)));
    for (const value of world.secrets ?? []) expect(JSON.stringify(told)).not.toContain(value);
  });
});
