import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GantryError } from '#shared/domain/errors.ts';
import { engineWith, type Release } from './compose-fixture.ts';
import { collected, compose, createRollingFixture, type RollingFixture, service } from './rolling-fixture.ts';

let rolling: RollingFixture;
beforeAll(async () => {
  rolling = await createRollingFixture();
});
afterEach(() => rolling.at.removeContainers());
afterAll(() => rolling.at.dispose());

describe('a rolling deploy that goes wrong', () => {
  it('removes what does not come up, and the old one serves on', async () => {
    const { at, broken, containers, deploy, first } = rolling;
    at.write(compose(service('web')));
    await deploy(first);
    const done = await deploy(broken);
    expect(done).toMatchObject({ step: 'wait', end: { outcome: 'failed' } });
    expect(done.text).toContain('removed; what ran before still serves');
    expect(await containers()).toEqual(['web-1 one running']);
    // Back on what runs: nothing needs to be started for it.
    await deploy(first);
    expect(await containers()).toEqual(['web-1 one running']);
  });

  it('leaves the first one there to be looked at', async () => {
    const { at, broken, containers, deploy, first } = rolling;
    at.write(compose(service('web')));
    expect((await deploy(broken)).end.outcome).toBe('failed');
    expect(await containers()).toEqual(['web-1 bad running']);
    await deploy(first);
    expect(await containers()).toEqual(['web-2 one running']);
  });

  it('removes it when cancelled too', async () => {
    const { at, broken, containers, deploy, first } = rolling;
    at.write(compose(service('web')));
    await deploy(first);
    const cancel = new AbortController();
    const cancelled = deploy(broken, {
      io: {
        signal: cancel.signal,
        clock: {
          ...at.io.clock,
          async sleep(ms, signal) {
            cancel.abort(new Error('cancelled'));
            await at.io.clock.sleep(ms, signal);
          },
        },
      },
    });
    expect((await cancelled).end).toEqual({
      kind: 'end',
      outcome: 'cancelled',
      detail: `${at.name}-dev-web-2 removed; what ran before still serves`,
    });
    expect(await containers()).toEqual(['web-1 one running']);
  });

  it.each(['start', 'hand-over'])(
    'removes it as well when cancelled just as %s asks the engine',
    async (id) => {
      const { at, containers, deploy, first, second, steps } = rolling;
      at.write(compose(service('web')));
      await deploy(first);
      const cancel = new AbortController();
      const { engine } = at;
      // The answer comes all the same: what was asked was done already.
      const io = {
        signal: cancel.signal,
        engine: engineWith(engine, {
          containers: async (labels, signal) => {
            const found = await engine.containers(labels);
            if (id !== 'start') cancel.abort(new Error('cancelled'));
            signal?.throwIfAborted();
            return found;
          },
        }),
        commands: {
          run: async (options: Parameters<typeof at.io.commands.run>[0]) => {
            const result = await at.io.commands.run({ ...options, signal: new AbortController().signal });
            if (options.argv.includes('up')) cancel.abort(new Error('cancelled'));
            return result;
          },
        },
      };
      const { steps: planned, applied } = steps(second);
      for (const step of planned) {
        const end = (await collected(applied(step, step.id === id ? { io } : {}))).at(-1);
        if (step.id !== id) continue;
        expect(end).toMatchObject({ outcome: 'cancelled', detail: expect.stringContaining('removed') });
        break;
      }
      expect(await containers()).toEqual(['web-1 one running']);
    },
  );

  it('waits for an engine that is away for a moment with all that it has started', async () => {
    const { at, containers, deploy, first, second, steps } = rolling;
    at.write(compose(service('web')));
    await deploy(first);
    const { steps: planned, applied } = steps(second);
    for (const step of planned) {
      if (step.id === 'wait') {
        const away = () => Promise.reject(new GantryError('engine-unreachable', 'It is away.', 'Wait.'));
        const io = { engine: engineWith(at.engine, { containers: away }) };
        await expect(collected(applied(step, { io }))).rejects.toThrow('It is away.');
        expect(await containers()).toEqual(['web-1 one running', 'web-2 two running']);
      }
      expect((await collected(applied(step))).at(-1)).toMatchObject({ outcome: 'succeeded' });
    }
    expect(await containers()).toEqual(['web-2 two running']);
  });

  it('never goes back to one that was drained', async () => {
    const { at, containers, deploy, first, second } = rolling;
    at.write(compose(service('web')));
    await deploy(first);
    const cancel = new AbortController();
    const drain = { command: ['rm', '/www/healthz'], wait: '1m' };
    const cancelled = deploy(second, {
      config: { drain } as never,
      io: {
        signal: cancel.signal,
        clock: {
          ...at.io.clock,
          async sleep(ms, signal) {
            if (ms === 1_000) cancel.abort(new Error('cancelled'));
            await at.io.clock.sleep(ms, signal);
          },
        },
      },
    });
    await expect(cancelled).rejects.toThrow('cancelled');
    expect(await containers()).toEqual(['web-1-drained one running', 'web-2 two running']);
    expect((await deploy(first)).end.outcome).toBe('succeeded');
    expect(await containers()).toEqual(['web-3 one running']);
  });

  it('is sorted out by the next one, wherever it died', async () => {
    const { at, broken, containers, deploy, first, second, steps } = rolling;
    at.write(compose(service('web')));
    await deploy(first);
    const died = async (release: Release, ...last: readonly string[]) => {
      const { steps: planned, applied } = steps(release);
      for (const step of planned) {
        if (step.id === last[0]) return;
        await collected(applied(step));
      }
    };
    // Two healthy ones.
    await died(second, 'hand-over');
    expect(await containers()).toEqual(['web-1 one running', 'web-2 two running']);
    expect((await deploy(second)).end.outcome).toBe('succeeded');
    expect(await containers()).toEqual(['web-2 two running']);
    // One that never came up: it goes first, and the one that serves goes last.
    await died(broken, 'wait');
    const done = await deploy(first);
    expect(done.end.outcome).toBe('succeeded');
    expect(done.text).toContain('removing what an earlier deploy left');
    expect(await containers()).toEqual(['web-3 one running']);
  });
});
