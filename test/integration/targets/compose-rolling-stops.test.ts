import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GantryError } from '#shared/domain/errors.ts';
import { engineWith } from './compose-fixture.ts';
import { collected, compose, createRollingFixture, type RollingFixture, service } from './rolling-fixture.ts';

let rolling: RollingFixture;
beforeAll(async () => {
  rolling = await createRollingFixture();
});
afterEach(() => rolling.at.removeContainers());
afterAll(() => rolling.at.dispose());

/** All steps of it up to that one, which have succeeded. */
async function upTo(last: string, { steps, applied, settled }: ReturnType<RollingFixture['steps']>) {
  for (const step of steps) {
    expect((await collected(applied(step))).at(-1)).toMatchObject({ outcome: 'succeeded' });
    if (step.id === last) return { planned: steps, applied, settled, carriedOut: step };
  }
  throw new Error(`there is no step ${last}`);
}

describe('a rolling deploy that stops for good', () => {
  it('leaves only what ran before, between whichever steps and whoever had started the new one', async () => {
    const { at, containers, deploy, first, second, steps } = rolling;
    at.write(compose(service('web')));
    await deploy(first);
    const before = { kind: 'before', did: `${at.name}-dev-web-2 removed; what ran before still serves` };
    for (const last of ['start', 'wait']) {
      const { settled, carriedOut } = await upTo(last, steps(second));
      expect(await containers()).toEqual(['web-1 one running', 'web-2 two running']);
      expect(await settled(carriedOut)).toEqual(before);
      expect(await containers()).toEqual(['web-1 one running']);
      // Nothing is left to be done.
      expect(await settled(carriedOut)).toEqual({ kind: 'before' });
    }
    // Of two processes the first died.
    await upTo('start', steps(second));
    const { settled, carriedOut } = await upTo('wait', steps(second));
    expect(await settled(carriedOut)).toEqual(before);
    expect(await containers()).toEqual(['web-1 one running']);
  });

  it.each([
    ['a drain command has run', { command: ['rm', '/www/healthz'], wait: '1m' }, /to finish/],
    ['the stop signal was on its way', undefined, /^stopping /],
  ])('leaves only the new one when cancelled after %s', async (_when, drain, at_) => {
    const { at, containers, deploy, first, second, steps } = rolling;
    at.write(compose(service('web')));
    await deploy(first);
    const { settled, applied, planned } = await upTo('wait', steps(second, { drain }));
    const step = planned.find(({ id }) => id === 'hand-over');
    if (step === undefined) throw new Error('nothing hands over');
    const cancel = new AbortController();
    const told = async () => {
      for await (const output of applied(step, { io: { signal: cancel.signal } })) {
        if (output.kind === 'progress' && at_.test(output.text)) cancel.abort(new Error('cancelled'));
      }
    };
    await expect(told()).rejects.toThrow();
    expect((await containers()).length).toBe(2);
    expect(await settled(step)).toMatchObject({
      kind: 'release',
      did: expect.stringMatching(/web-1\S* stopped; .* serves/),
    });
    expect(await containers()).toEqual(['web-2 two running']);
    expect(await settled(step)).toEqual({ kind: 'release' });
  });

  it('says what is left and how to clean up where the engine is gone when it stops', async () => {
    const { at, containers, deploy, first, second, steps } = rolling;
    at.write(compose(service('web')));
    await deploy(first);
    const { settled, carriedOut } = await upTo('wait', steps(second));
    const away = () => Promise.reject(new GantryError('engine-unreachable', 'It is away.', 'Wait.'));
    const left = await settled(carriedOut, { io: { engine: engineWith(at.engine, { containers: away }) } });
    expect(left).toMatchObject({
      kind: 'left',
      error: {
        code: 'engine-unreachable',
        message: expect.stringMatching(
          /old and new containers of project \S+-dev may serve side by side: It is away\./i,
        ),
        hint: expect.stringContaining(`docker ps --filter label=com.docker.compose.project=${at.name}-dev`),
      },
    });
    expect(await containers()).toEqual(['web-1 one running', 'web-2 two running']);
  });
});
