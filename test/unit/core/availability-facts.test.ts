import { describe, expect, it } from 'vitest';
import { readAvailability } from '#main/core/availability/facts.ts';
import type { Engine, Engines, Ledger, Registry, RemoteEngine } from '#main/core/ports.ts';
import { composeTarget } from '#main/targets/compose/index.ts';
import { createTargets } from '#main/targets/index.ts';
import { registryTarget } from '#main/targets/registry/index.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import { only } from '#test/fakes/only.ts';
import { sampleConfig, sampleEnvironment, sampleImageId, sampleRelease, workspaceId } from './samples.ts';

const release = sampleRelease('a');
const built = sampleImageId('a');
const there = sampleImageId('b');
const down = new GantryError('engine-unreachable', 'The engine is down.', 'Start it.');
const place = { host: 'ssh://shop' };
const signal = new AbortController().signal;

/** @param remote ids that the other engine has; @param here ids that this one has, undefined while it is down */
async function facts(
  remote: readonly string[],
  here: readonly string[] | undefined,
  { recorded = [] as readonly string[], isOwn = true, isTrusted = true, isThere = true } = {},
) {
  const asked: string[] = [];
  const engineWith = (ids: readonly string[] | undefined) =>
    only<Engine>({
      async image(ref) {
        if (ids === undefined) throw down;
        // No more of it is looked at; a promise would ask for `then`.
        return ids.includes(ref)
          ? ({ identity: { imageId: ref, manifestDigests: {} } } as ImageFacts)
          : undefined;
      },
    });
  const other = only<RemoteEngine>({
    name: 'ssh://shop',
    engine: engineWith(isThere ? remote : undefined),
    canPull: async (ref) => {
      asked.push(ref);
      return true;
    },
    missing: async () => ({ bytes: 5, layers: 1, present: 2 }),
  });
  const config = composeTarget.config.parse({ kind: 'compose', ...(isOwn && { engine: place }) });
  const read = await readAvailability(
    {
      engine: engineWith(here),
      engines: only<Engines>({ at: () => other }),
      registry: only<Registry>({ resolve: async () => undefined }),
      ledger: only<Ledger>({
        workspaces: only<Ledger['workspaces']>({ isTrusted: () => isTrusted }),
        places: only<Ledger['places']>({
          of: () => [],
          onEngines: () => recorded.map((imageId) => ({ engine: 'ssh://shop', imageId })),
        }),
      }),
      targets: createTargets(),
    },
    { id: workspaceId, folder: '/shop', config: sampleConfig(), unbuildable: [] },
    sampleEnvironment(undefined, { target: { kind: 'compose', config } }),
    release,
    undefined,
    signal,
  );
  return { read, asked };
}

describe('where the image of an environment on another engine is', () => {
  it('there, under the id that it got when it was brought there; this engine may be down', async () => {
    const { read } = await facts([there], undefined, { recorded: [there] });
    expect(read).toMatchObject({
      engine: { name: 'ssh://shop', imageId: there },
      isOnEngine: false,
      whyNotAsked: 'The engine is down.',
    });
  });

  it('there under another image’s id is not there', async () => {
    const { read } = await facts([there], [built]);
    expect(read.engine).not.toHaveProperty('imageId');
    expect(read).toMatchObject({
      isOnEngine: true,
      engine: { missing: { bytes: 5, layers: 1, present: 2 } },
    });
  });

  it('here alone, without a repository: no registry is asked, by nobody', async () => {
    const { asked } = await facts([], [built]);
    expect(asked).toEqual([]);
  });

  it('cannot be told while that engine does not answer', async () => {
    await expect(facts([], [built], { isThere: false })).rejects.toBe(down);
  });

  it('is not asked behind ssh before the workspace is trusted', async () => {
    await expect(facts([there], [built], { isTrusted: false })).rejects.toMatchObject({
      code: 'workspace-untrusted',
      message: 'prod is on ssh://shop, which is asked once this workspace is trusted.',
    });
  });

  it('nor, for an environment on this engine, while this one does not', async () => {
    await expect(facts([], undefined, { isOwn: false })).rejects.toBe(down);
  });
});

describe('where the image of an environment is that is a tag', () => {
  /** @param at where a registry has it still; this engine is down */
  const tagFacts = (at: readonly string[]) => {
    const config = registryTarget.config.parse({ kind: 'registry', repository: 'ghcr.io/acme/prod' });
    const digest = sampleImageId('c');
    return readAvailability(
      {
        engine: only<Engine>({
          async image() {
            throw down;
          },
        }),
        engines: only<Engines>({}),
        registry: only<Registry>({
          resolve: async (ref) =>
            at.some((repository) => ref === `${repository}@${digest}`)
              ? { digest, mediaType: '', size: 7 }
              : undefined,
        }),
        ledger: only<Ledger>({
          places: only<Ledger['places']>({
            of: () => [{ repository: 'ghcr.io/acme/dev', tag: 'r-1', digest, at: 1 }],
          }),
        }),
        targets: createTargets(),
      },
      { id: workspaceId, folder: '/shop', config: sampleConfig(), unbuildable: [] },
      sampleEnvironment(undefined, { target: { kind: 'registry', config } }),
      release,
      undefined,
      signal,
    );
  };

  it('is asked of no engine where a registry has it', async () => {
    expect(await tagFacts(['ghcr.io/acme/dev'])).toMatchObject({
      isOnEngine: false,
      sources: [{ repository: 'ghcr.io/acme/dev' }],
    });
  });

  it('is asked of this engine where none does', async () => {
    await expect(tagFacts([])).rejects.toBe(down);
  });
});
