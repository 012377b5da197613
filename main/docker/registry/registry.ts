import type { Registry } from '#main/core/ports.ts';
import type { RegistryOptions } from './options.ts';

/** The client is loaded with the first question: most commands ask none. */
export function createRegistry(options: RegistryOptions): Registry {
  let opened: Promise<Registry> | undefined;
  const registry = (): Promise<Registry> => {
    opened ??= import('./open-registry.ts').then(({ openRegistry }) => openRegistry(options));
    return opened;
  };
  return {
    ping: async (...asked) => (await registry()).ping(...asked),
    resolve: async (...asked) => (await registry()).resolve(...asked),
    expectPromotion: (...asked) =>
      void registry()
        .then((one) => one.expectPromotion(...asked))
        // Whoever promotes is told of it.
        .catch(() => {}),
    promote: async (...asked) => (await registry()).promote(...asked),
    push: async (...asked) => (await registry()).push(...asked),
    pull: async (...asked) => (await registry()).pull(...asked),
    tags: async (...asked) => (await registry()).tags(...asked),
    manifests: async (...asked) => (await registry()).manifests(...asked),
    delete: async (...asked) => (await registry()).delete(...asked),
  };
}
