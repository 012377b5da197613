import { createHash } from 'node:crypto';
import { GantryError } from '#shared/domain/errors.ts';
import type { EngineOfCase } from './retention-world.ts';

/** An engine that is a map. It refuses, as real ones do, to take the last name from an image that a container has. */
export function createMadeUpEngine(): EngineOfCase {
  const names = new Map<string, string>();
  const containers: string[] = [];
  const idOf = (content: number) =>
    `sha256:${createHash('sha256').update(`content ${content}`).digest('hex')}`;
  return {
    imageName: 'shop',
    imageId: async (content) => idOf(content),
    name: async (imageId, name) => void names.set(name, imageId),
    unname: async (name) => void names.delete(name),
    startContainer: async (imageId) => void containers.push(imageId),
    names: async () => new Map(names),
    knownNames: () => new Map(names),
    containers: () => containers,
    dispose: async () => undefined,
    engine: {
      async images() {
        const ids = [...new Set(names.values())];
        return ids.map((imageId) => ({
          imageId,
          names: [...names].filter(([, id]) => id === imageId).map(([name]) => name),
          digests: [],
          size: 1,
        }));
      },
      containers: async () =>
        containers.map((imageId, index) => ({ name: `c${index}`, imageId })) as unknown as Awaited<
          ReturnType<EngineOfCase['engine']['containers']>
        >,
      async image(ref) {
        const imageId = names.get(ref);
        // Only its id is asked for.
        return imageId === undefined ? undefined : ({ identity: { imageId } } as never);
      },
      async untag(ref) {
        const imageId = names.get(ref);
        if (/^sha256:/.test(ref)) throw new Error(`${ref} is an id`);
        const isLast = [...names.values()].filter((id) => id === imageId).length === 1;
        if (isLast && imageId !== undefined && containers.includes(imageId)) {
          throw new GantryError('engine-refused', 'A container uses it.', 'Remove the container.');
        }
        names.delete(ref);
      },
      spaceOf: async () => ({ bytes: 0, isAtLeast: true }),
    },
  };
}
