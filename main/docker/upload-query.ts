import type { BuildRequest } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { readCacheSource, readCacheTarget } from './control/cache-options.ts';
import { listed } from './control/store-limits.ts';

/** A build without a session. */
export type Uploading = {
  readonly builder: 'buildkit' | 'classic';
  /** Why it goes this way, in words that follow a colon. */
  readonly why: string;
  /** What the person is told of it; absent where they asked for it. */
  readonly note?: string;
};

/** Throws one `engine-refused` that names everything of the request that /build cannot say. */
export function checkUpload({ builder, why }: Uploading, request: BuildRequest): void {
  const { secrets, ssh, contexts, platforms, provenance, sbom, cacheFrom, cacheTo } = request;
  const isClassic = builder === 'classic';
  const wishes: readonly (readonly [boolean, string])[] = [
    [Object.keys(secrets).length > 0, 'build secrets'],
    [ssh.length > 0, 'SSH agents'],
    [Object.keys(contexts).length > 0, 'named contexts'],
    [platforms.length > 1, 'several platforms'],
    [platforms.length === 1 && isClassic, 'a platform'],
    [provenance !== 'off', 'provenance'],
    [sbom !== false, 'an SBOM'],
    [cacheFrom.some((text) => readCacheSource(text).type !== 'registry'), 'a cache that is no image'],
    [cacheTo.some((text) => isClassic || readCacheTarget(text).type !== 'inline'), 'writing a cache'],
  ];
  const missing = wishes.filter(([isWished]) => isWished).map(([, name]) => name);
  if (missing.length === 0) return;
  throw new GantryError(
    'engine-refused',
    `This engine takes no build with ${listed(missing)}: ${why}.`,
    'They travel through a BuildKit session: use an engine that has one.',
  );
}

/** What /build is told beside the context. */
export function uploadQuery(
  request: BuildRequest,
  image: BuildRequest['images'][number],
  builder: Uploading['builder'],
): Readonly<Record<string, string | readonly string[]>> {
  const { target, network, pull, platforms, sourceDateEpoch } = request;
  const caches = request.cacheFrom.map((text) => readCacheSource(text).attributes.ref ?? '');
  const hosts = Object.entries(request.extraHosts).map(([host, address]) => `${host}:${address}`);
  const own = {
    ...(sourceDateEpoch === undefined ? {} : { SOURCE_DATE_EPOCH: String(sourceDateEpoch) }),
    ...(request.cacheTo.length > 0 ? { BUILDKIT_INLINE_CACHE: '1' } : {}),
  };
  return {
    t: image.tag,
    rm: '1',
    forcerm: '1',
    buildargs: JSON.stringify(builder === 'classic' ? image.args : { ...own, ...image.args }),
    labels: JSON.stringify(request.labels),
    ...(target === undefined ? {} : { target }),
    ...(request.noCache ? { nocache: '1' } : {}),
    ...(pull === 'always' ? { pull: '1' } : {}),
    ...(network === 'default' ? {} : { networkmode: network }),
    ...(hosts.length === 0 ? {} : { extrahosts: hosts }),
    ...(platforms[0] === undefined ? {} : { platform: platforms[0] }),
    ...(caches.length === 0 ? {} : { cachefrom: JSON.stringify(caches) }),
  };
}
