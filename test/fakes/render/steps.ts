import type { Io, Registry, StepOutput, Wish } from '#main/core/ports.ts';
import { createClock } from '#main/host/clock.ts';
import { createHttp } from '#main/host/http.ts';
import { renderTarget } from '#main/targets/render/index.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { environmentNameSchema, releaseIdSchema } from '#shared/domain/ids.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { only } from '#test/fakes/only.ts';
import { serviceId } from './account.ts';
import type { FakeRender } from './server.ts';

export const repository = 'ghcr.io/acme/shop';
export const apiKey = 'rnd_keyOfTheRenderTests';
export const digest = `sha256:${'a'.repeat(64)}`;
export const otherDigest = `sha256:${'b'.repeat(64)}`;
export const place = { workspace: 'shop', environment: environmentNameSchema.parse('prod'), image: 'shop' };

/** Settings that lead to the fake; by its hook alone where asked. */
export function configFor({ baseUrl, hookBase }: FakeRender, by: 'key' | 'hook' = 'key') {
  return renderTarget.config.parse({
    kind: 'render',
    service: serviceId,
    repository,
    ...(by === 'key' ? { apiKey: 'secret://env/KEY' } : { deployHook: 'secret://env/HOOK' }),
    poll: '10ms',
    baseUrl,
    hookBase,
  });
}

export type IoOptions = {
  readonly signal?: AbortSignal;
  readonly key?: string;
  readonly hook?: string;
  /** Of an index, the manifests inside it. */
  readonly parts?: Readonly<Record<string, readonly string[]>>;
};

/** Gantry's own HTTP and clock, and a registry that has every digest. */
export function ioFor(render: FakeRender, options: IoOptions = {}): Io {
  const { signal = new AbortController().signal, key = apiKey, hook = render.hook, parts = {} } = options;
  const secrets: Readonly<Record<string, string>> = { 'secret://env/KEY': key, 'secret://env/HOOK': hook };
  return only<Io>({
    http: createHttp(),
    clock: createClock(),
    signal,
    insecureRegistries: [],
    registry: only<Registry>({
      resolve: async (ref) => ({
        digest: ref.slice(ref.indexOf('@') + 1),
        mediaType: 'application/vnd.oci.image.index.v1+json',
        size: 1,
        platforms: [],
      }),
      manifests: async (_repository, digests) =>
        digests.map((one) => ({ digest: one, tags: [], parts: parts[one] ?? [] })),
    }),
    async secret(reference) {
      const value = secrets[reference];
      if (value !== undefined) return value;
      throw new GantryError('secret-unresolved', `${reference} is not set.`, 'Set it.');
    },
  });
}

export function wishFor(wished: string = digest): Wish {
  return {
    workspace: place.workspace,
    environment: place.environment,
    release: {
      id: releaseIdSchema.parse('r-1a2b3c'),
      version: '1.4.0',
      imageId: `sha256:${'1'.repeat(64)}`,
      ref: 'shop:gantry-r-1a2b3c',
      image: 'shop',
      remote: { repository, ref: `${repository}:r-1a2b3c`, digest: wished },
    },
    envKeys: ['PORT', 'TOKEN'],
    envFingerprint: 'e'.repeat(64),
    envFiles: ['.env.prod'],
    health: { interval: 500, deadline: 60_000 },
  };
}

export function stepOf(render: FakeRender, id: string, by: 'key' | 'hook' = 'key'): PlannedStep {
  const step = renderTarget
    .plan(wishFor(), { kind: 'empty', at: 1 }, configFor(render, by))
    .find((one) => one.id === id);
  if (step === undefined) throw new Error(`no step ${id} is planned`);
  return step;
}

export async function collect(outputs: AsyncIterable<StepOutput>): Promise<readonly StepOutput[]> {
  const all: StepOutput[] = [];
  for await (const output of outputs) all.push(output);
  return all;
}
