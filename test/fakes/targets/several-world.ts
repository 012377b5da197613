import type { TargetWorld } from '#test/contract/target-world.ts';
import { createCommandWorld } from './command-world.ts';
import { createRenderWorld } from './render-world.ts';
import { createWebhookWorld } from './webhook-world.ts';

/** Of two kinds, which can both be asked what runs. */
export function createSeveralWorld(): TargetWorld {
  return together(createRenderWorld(), createWebhookWorld());
}

/** Of two kinds, the second of which nobody can ask. */
export function createHalfBlindWorld(): TargetWorld {
  return { ...together(createWebhookWorld(), createCommandWorld(true)), isBlind: true };
}

/** What a member asks goes to the place that it is of. */
function together(eu: TargetWorld, us: TargetWorld): TargetWorld {
  const both = [eu, us];
  const linger = () => {
    const goOn = both.map((world) => world.linger?.());
    return () => {
      for (const one of goOn) one?.();
    };
  };
  return {
    ...eu,
    io: {
      ...eu.io,
      commands: us.io.commands,
      http: {
        get: () => Promise.reject(new Error('it is sent to')),
        send: (request) => {
          const to = new URL(request.url).host === 'api.render.com' || us.io.http === undefined ? eu : us;
          return to.io.http?.send(request) ?? Promise.reject(new Error(`nothing answers at ${request.url}`));
        },
      },
      async secret(reference) {
        const [found] = both.flatMap(({ config, io }) =>
          JSON.stringify(config).includes(reference) && io.secret !== undefined ? [io.secret] : [],
        );
        if (found === undefined) throw new Error(`nothing names ${reference}`);
        return found(reference);
      },
    },
    config: { kind: 'several', targets: { eu: eu.config, us: us.config } },
    changes: () => eu.changes() + us.changes(),
    asked: () => eu.asked() + us.asked(),
    runs: (index) => both.every((world) => world.runs(index)),
    secrets: both.flatMap(({ secrets = [] }) => secrets),
    goAway() {
      for (const world of both) world.goAway();
    },
    refuse() {
      for (const world of both) world.refuse();
    },
    ...(both.some(({ linger }) => linger) ? { linger } : {}),
    loseAnswer() {
      for (const world of both) world.loseAnswer();
    },
  };
}
