import type { Registry } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { TargetWorld } from '#test/contract/target-world.ts';
import { only } from '#test/fakes/only.ts';
import { createRenderAccount, serviceId } from '#test/fakes/render/account.ts';
import { httpTo } from '#test/fakes/render/in-memory.ts';

const repository = 'ghcr.io/acme/shop';
const apiKey = 'rnd_keyOfTheContractSuite';
const releases = [
  { ref: 'shop:r-1a2b3c', imageId: `sha256:${'1'.repeat(64)}`, digest: `sha256:${'a'.repeat(64)}` },
  { ref: 'shop:r-4d5e6f', imageId: `sha256:${'4'.repeat(64)}`, digest: `sha256:${'b'.repeat(64)}` },
];

/** The fake Render in memory, whose service runs an image that a registry has; by its API, or by its deploy hook alone. */
export function createRenderWorld(by: 'key' | 'hook' = 'key'): TargetWorld {
  let isReachable = true;
  const account = createRenderAccount({ apiKey, imagePath: `${repository}:latest`, now: () => 0 });
  const known = new Map(releases.map(({ digest }) => [`${repository}@${digest}`, digest]));
  function linger() {
    account.goThrough('queued');
    return () => {
      const [newest] = account.service.deploys;
      if (newest === undefined) return;
      newest.ahead.splice(0, newest.ahead.length, 'live');
      const path = `/v1/services/${serviceId}/deploys/${newest.id}`;
      account.answer({ method: 'GET', path, headers: { authorization: `Bearer ${apiKey}` }, body: '' });
    };
  }
  return {
    io: {
      folder: '/shop',
      insecureRegistries: [],
      http: httpTo(account, () => isReachable),
      async secret(reference) {
        if (reference === 'secret://env/RENDER_API_KEY') return apiKey;
        if (reference === 'secret://env/RENDER_HOOK') return `https://api.render.com${account.hookPath}`;
        throw new GantryError('secret-unresolved', `${reference} is not set.`, 'Set it.');
      },
      registry: only<Registry>({
        async resolve(ref, call) {
          call?.signal?.throwIfAborted();
          if (!isReachable)
            throw new GantryError('registry-unreachable', 'The registry did not answer.', 'Start it.');
          const digest = known.get(ref);
          const facts = { mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 1, platforms: [] };
          return digest === undefined ? undefined : { digest, ...facts };
        },
      }),
      engine: only({}),
      commands: only({}),
      files: only({}),
    },
    config: {
      kind: 'render',
      service: serviceId,
      repository,
      ...(by === 'key'
        ? { apiKey: 'secret://env/RENDER_API_KEY' }
        : { deployHook: 'secret://env/RENDER_HOOK' }),
      poll: '10ms',
    },
    ...(by === 'hook' ? { isBlind: true as const } : {}),
    releases: releases.map(({ ref, imageId, digest }) => ({
      ref,
      imageId,
      remote: { repository, ref: `${repository}:${ref.slice(ref.indexOf(':') + 1)}`, digest },
    })),
    changes: () => account.changes(),
    asked: () => account.asked.filter((line) => line.startsWith('POST')).length,
    runs(index) {
      const { deploys } = account.service;
      // Nobody looks on while a hook's deploy goes its way.
      const live = by === 'hook' ? deploys[0] : deploys.find(({ status }) => status === 'live');
      return live?.image.sha === releases[index]?.digest;
    },
    secrets: [apiKey, account.service.hookKey],
    goAway() {
      isReachable = false;
    },
    refuse: () => account.fail(/^POST/, { status: 400 }, Number.POSITIVE_INFINITY),
    ...(by === 'key' ? { linger } : {}),
    loseAnswer: () => account.loseAnswer(/^POST/),
  };
}
