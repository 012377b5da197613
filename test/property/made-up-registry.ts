import { createHash } from 'node:crypto';
import type { ListedManifest, Registry } from '#main/core/ports.ts';

export const repository = '127.0.0.1:1/shop';

/** A registry that is two maps, with one repository. */
export function createRegistryOfCase() {
  const tags = new Map<string, string>();
  const manifests = new Map<string, readonly string[]>();
  const manifestOf = (what: string) =>
    `sha256:${createHash('sha256').update(`manifest ${what}`).digest('hex')}`;
  const port: Pick<Registry, 'manifests' | 'delete'> = {
    async manifests(_repository, digests): Promise<readonly ListedManifest[]> {
      const wanted = [...new Set([...tags.values(), ...digests])].filter((digest) => manifests.has(digest));
      return wanted.map((digest) => ({
        digest,
        tags: [...tags].filter(([, one]) => one === digest).map(([tag]) => tag),
        parts: manifests.get(digest) ?? [],
      }));
    },
    async delete(ref) {
      const digest = ref.slice(ref.indexOf('@') + 1);
      if (!ref.startsWith(`${repository}@sha256:`)) throw new Error(`${ref} is not removed by its digest`);
      for (const [tag, one] of tags) if (one === digest) tags.delete(tag);
      return manifests.delete(digest);
    },
  };
  return {
    port,
    /** With parts it is an index; they are manifests of their own, such as another release's. */
    put(imageId: string, parts: readonly string[]): string {
      const own = manifestOf(imageId);
      manifests.set(own, []);
      if (parts.length === 0) return own;
      const below = [own, ...parts.map(manifestOf)];
      for (const part of below) manifests.set(part, []);
      const index = manifestOf(below.join());
      manifests.set(index, below);
      return index;
    },
    tag: (tag: string, digest: string) => {
      if (manifests.has(digest)) tags.set(tag, digest);
    },
    digestOf: (tag: string) => tags.get(tag),
    tags: (): ReadonlyMap<string, string> => new Map(tags),
    parts: (digest: string) => manifests.get(digest),
    manifests: (): ReadonlyMap<string, readonly string[]> => new Map(manifests),
  };
}
