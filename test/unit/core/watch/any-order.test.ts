import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newWatch, stepWatch, type WatchEffect, type WatchEvent } from '#main/core/watch/machine.ts';
import { stateOf } from '#main/core/watch/state.ts';
import { releaseIdSchema, runIdSchema } from '#shared/domain/ids.ts';

/** A workspace whose content is a number, and a machine that does what the loop wants, in whatever order. */
function createWorld() {
  let machine = newWatch(true);
  let content = 0;
  let runs = 0;
  let isTimerSet = false;
  let isComparing = false;
  let build:
    | { readonly saw: number; readonly run: number; isStarted: boolean; isCancelled: boolean }
    | undefined;
  let deploy: { readonly what: number; isStarted: boolean } | undefined;
  let deployed: number | undefined;

  const numberOf = (release: string) => Number.parseInt(release.slice(2), 16) - 0x100000;
  const tell = (event: WatchEvent) => {
    const step = stepWatch(machine, event);
    machine = step.machine;
    for (const effect of step.effects) take(effect);
  };
  const take = (effect: WatchEffect) => {
    switch (effect.kind) {
      case 'settle':
        isTimerSet = true;
        break;
      case 'compare':
        isComparing = true;
        break;
      case 'build':
        expect([build, deploy]).toEqual([undefined, undefined]);
        runs += 1;
        build = { saw: content, run: runs, isStarted: false, isCancelled: false };
        break;
      case 'cancel':
        expect(build).toMatchObject({ run: effect.runId, isStarted: true });
        if (build !== undefined) build.isCancelled = true;
        break;
      case 'deploy':
        expect([build, deploy]).toEqual([undefined, undefined]);
        deploy = { what: numberOf(effect.release), isStarted: false };
        break;
    }
  };
  const moves: Record<string, () => boolean> = {
    change() {
      content += 1;
      tell({ kind: 'changed', paths: [`file-${content}`], at: content, duringTests: false });
      return true;
    },
    touch() {
      tell({ kind: 'changed', paths: ['same'], at: content, duringTests: false });
      return true;
    },
    quiet() {
      if (!isTimerSet) return false;
      isTimerSet = false;
      tell({ kind: 'quiet' });
      return true;
    },
    compared() {
      if (!isComparing) return false;
      isComparing = false;
      tell({ kind: 'compared', fingerprint: String(content) });
      return true;
    },
    started() {
      const job = build ?? deploy;
      if (job === undefined || job.isStarted) return false;
      job.isStarted = true;
      runs += 1;
      tell({ kind: 'started', runId: runIdSchema.parse(build?.run ?? runs) });
      return true;
    },
    ended() {
      if (deploy?.isStarted === true) {
        deployed = deploy.what;
        deploy = undefined;
        tell({ kind: 'deployed', ok: true, summary: 'deployed' });
        return true;
      }
      if (build?.isStarted !== true) return false;
      const { saw, isCancelled } = build;
      build = undefined;
      const release = releaseIdSchema.parse(`r-${(saw + 0x100000).toString(16)}`);
      tell({ kind: 'built', summary: 'built', ...(isCancelled ? {} : { release }) });
      return true;
    },
  };
  tell({ kind: 'began' });
  return {
    move: (name: string) => moves[name]?.() ?? false,
    /** Lets everything end, without another change. */
    rest() {
      for (let steps = 0; steps < 1_000; steps += 1) {
        if (!['started', 'ended', 'quiet', 'compared'].some((name) => moves[name]?.() === true)) return;
      }
      throw new Error('it never comes to rest');
    },
    content: () => content,
    deployed: () => deployed,
    state: () => stateOf(machine, undefined, 0),
  };
}

test('whatever happens when, one thing at a time is done, and the last content is what runs in the end', () => {
  const move = fc.constantFrom('change', 'touch', 'quiet', 'compared', 'started', 'ended');
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const world = createWorld();
      for (const name of moves) world.move(name);
      world.rest();
      expect(world.deployed()).toBe(world.content());
      expect(world.state().phase).toBe('waiting');
    }),
    { numRuns: 3_000 },
  );
});
