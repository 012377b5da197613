import type { Registry, RegistryCall } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { createAskedAhead } from './asked-ahead.ts';
import { createClients } from './clients.ts';
import type { Companions } from './companions.ts';
import { confirmPush } from './confirm-push.ts';
import { pullToEngine, pushFromEngine } from './engine-transfer.ts';
import { listTags } from './listing.ts';
import { listManifests, type PartsCache } from './manifest-list.ts';
import { parseName, parseRepository, type RemoteName, type Repository } from './names.ts';
import type { RegistryOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { companionsForMs, expectPromotion, type Looks, looksForMs, promote, tagName } from './promote.ts';
import { keepImages, resolveImage } from './remote-image.ts';
import { openRepository, type RemoteRepository } from './repository.ts';
import { usualRetries } from './retry.ts';

/** As much as proxies in front of registries let through in one request; the registries themselves take more. */
const usualChunkBytes = 64 * 1024 * 1024;
const finishMs = 10 * 60_000;

type Access = 'pull' | 'pull,push' | 'delete,pull';

export function openRegistry(options: RegistryOptions): Registry {
  const { access, credentials, now = Date.now, random = Math.random, retries = usualRetries } = options;
  const { chunkBytes = usualChunkBytes } = options;
  const clients = createClients(options);
  const kept = keepImages();
  const parts: PartsCache = new Map();
  const companions = createAskedAhead<Companions>(companionsForMs);
  const looks: Looks = createAskedAhead(looksForMs);
  const upload = { retries, random, chunkBytes, finishMs };

  const clientOf = (host: string, { insecure }: RegistryCall) => clients(host, insecure);
  const open = (at: Repository, call: RegistryCall, allowed: Access): RemoteRepository =>
    openRepository(clientOf(at.host, call), at, [scopeOf(at, allowed)]);

  async function fresh(at: Repository, reference: string, call: RegistryCall, signal: AbortSignal) {
    const repository = open(at, call, 'pull');
    const found = resolveImage(repository, reference, kept, signal);
    if (!reference.includes(':')) {
      const seen = found.then((image) => ({ digest: image?.digest }));
      looks.put(tagName(repository, reference), seen);
    }
    return found;
  }

  function ends(from: string, to: string, call: RegistryCall) {
    const [{ repository: source, digest }, { repository: destination, tag }] = [parseName(from), tagged(to)];
    if (digest === undefined) {
      const hint = 'Write it as repository@sha256:…; a tag may move while it is copied.';
      throw new GantryError('usage', `${from} has no digest.`, hint);
    }
    // One token for all of it, where one registry has both.
    const scopes = [scopeOf(source, 'pull'), scopeOf(destination, 'pull,push')];
    const isOne = source.host === destination.host;
    const opened = (at: Repository, own: readonly string[]) =>
      openRepository(clientOf(at.host, call), at, isOne ? scopes : own);
    return {
      source: opened(source, scopes.slice(0, 1)),
      destination: opened(destination, scopes.slice(1)),
      digest,
      tag,
    };
  }

  return {
    async ping(host, call = {}) {
      const { signal = never() } = call;
      const at = parseRepository(`${host}/x`).host;
      const asked = { method: 'GET', to: '', scopes: [], accept: [200], what: 'a ping', signal } as const;
      await clientOf(at, call).call(asked);
    },
    async resolve(ref, call = {}) {
      const { repository, digest, tag = 'latest' } = parseName(ref);
      return fresh(repository, digest ?? tag, call, call.signal ?? never());
    },
    expectPromotion(from, to, call = {}) {
      expectPromotion({ ...ends(from, to, call), companions });
    },
    async promote(from, to, promotion = {}) {
      const { signal = never() } = promotion;
      return promote({
        ...ends(from, to, promotion),
        companions,
        looks,
        manifests: kept.manifests,
        promotion,
        progress: createProgress(promotion.onProgress, now),
        upload,
        signal,
      });
    },
    async push(imageId, ref, transfer = {}) {
      const { signal = never() } = transfer;
      const { repository, tag } = tagged(ref);
      const progress = createProgress(transfer.onProgress, now);
      const image = await pushFromEngine({ access, credentials, repository, progress, signal }, imageId, tag);
      const pushed = await fresh(repository, tag, transfer, signal);
      return confirmPush(open(repository, transfer, 'pull'), tag, image, pushed, signal);
    },
    async pull(ref, transfer = {}) {
      const { signal = never() } = transfer;
      const { repository, digest } = parseName(ref);
      if (digest === undefined) {
        throw new GantryError('usage', `${ref} has no digest.`, 'Write it as repository@sha256:….');
      }
      const progress = createProgress(transfer.onProgress, now);
      return pullToEngine({ access, credentials, repository, progress, signal }, digest, transfer.platform);
    },
    async tags(repository, call = {}) {
      return listTags(open(parseRepository(repository), call, 'pull'), call.signal ?? never());
    },
    async manifests(repository, digests, call = {}) {
      const opened = open(parseRepository(repository), call, 'pull');
      return listManifests(opened, digests, parts, call.signal ?? never());
    },
    async delete(ref, call = {}) {
      const { repository, digest, tag } = parseName(ref);
      const reference = digest ?? tag;
      if (reference === undefined) {
        throw new GantryError('usage', `${ref} has neither tag nor digest.`, 'Say which of them shall go.');
      }
      try {
        return await open(repository, call, 'delete,pull').deleteManifest(reference, call.signal ?? never());
      } finally {
        // With a digest go all tags that it has.
        looks.clear();
      }
    },
  };
}

const never = () => new AbortController().signal;

function scopeOf({ path }: Repository, allowed: Access): string {
  return `repository:${path}:${allowed}`;
}

/** A name that can be written to. */
function tagged(ref: string): RemoteName & { readonly tag: string } {
  const { digest, tag = 'latest', ...name } = parseName(ref);
  if (digest === undefined) return { ...name, tag };
  throw new GantryError(
    'usage',
    `${ref} has a digest, and nothing can be written to one.`,
    'Name a tag instead.',
  );
}
