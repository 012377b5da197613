import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { BuildRequest } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { Typed } from './solve-messages.ts';
import { cachesOf } from './solve-options.ts';

/*
 * Build caches of `type=local`: folders in the layout of OCI, which the docker CLI reads and writes as well. The engine
 * reads and writes their blobs through the session; which of them is the cache stands in index.json, and is our part.
 */

export type Caches = {
  readonly imports: readonly Typed[];
  readonly exports: readonly Typed[];
  /** Folders that the session serves, by the names under which the engine asks for them. */
  readonly folders: ReadonlyMap<string, string>;
  /** What the person should know. */
  readonly notes: readonly string[];
};

/** Throws `config-invalid`. */
export async function openCaches(request: BuildRequest): Promise<Caches> {
  const { imports, exports } = cachesOf(request);
  const folders = new Map<string, string>();
  const notes: string[] = [];
  const found: Typed[] = [];
  for (const cache of imports) {
    const { src } = cache.attributes;
    if (cache.type !== 'local' || src === undefined) {
      found.push(cache);
      continue;
    }
    const digest = cache.attributes.digest || (await digestIn(src, tagOf(cache)));
    if (digest === undefined) {
      notes.push(`note: there is no build cache in ${src} yet`);
      continue;
    }
    folders.set(`local:${src}`, src);
    found.push({ ...cache, attributes: { ...cache.attributes, digest } });
  }
  for (const { type, attributes } of exports) {
    const { dest } = attributes;
    if (type !== 'local' || dest === undefined) continue;
    await makeFolder(dest);
    folders.set(`local:${dest}`, dest);
  }
  return { imports: found, exports, folders, notes };
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `The build cache ${folder} cannot be written: ${why}.`;
    throw new GantryError('config-invalid', message, 'Mend build.cacheTo.', { cause });
  }
}

function tagOf({ attributes }: Typed): string {
  return attributes.tag || 'latest';
}

const nameKey = 'org.opencontainers.image.ref.name';

/** Whatever else stands there is kept. */
const descriptorSchema = z.looseObject({
  digest: z.string(),
  annotations: z.record(z.string(), z.string()).nullish(),
});
const indexSchema = z.looseObject({ manifests: z.array(descriptorSchema).nullish() });

async function readIndex(folder: string): Promise<z.infer<typeof indexSchema>> {
  try {
    return indexSchema.parse(JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')));
  } catch {
    // A cache that cannot be read is one that is not there.
    return {};
  }
}

async function digestIn(folder: string, tag: string): Promise<string | undefined> {
  const { manifests } = await readIndex(folder);
  return manifests?.find(({ annotations }) => annotations?.[nameKey] === tag)?.digest;
}

/** Names what the engine has written, which it tells in its answer. */
export async function nameCaches(exports: readonly Typed[], manifest: string | undefined): Promise<void> {
  if (manifest === undefined) return;
  const descriptor = descriptorSchema.parse(JSON.parse(manifest));
  for (const cache of exports) {
    const { dest } = cache.attributes;
    if (cache.type === 'local' && dest !== undefined) await putIndex(dest, tagOf(cache), descriptor);
  }
}

async function putIndex(folder: string, tag: string, descriptor: z.infer<typeof descriptorSchema>) {
  const index = await readIndex(folder);
  const others = (index.manifests ?? []).filter(({ annotations }) => annotations?.[nameKey] !== tag);
  const named = { ...descriptor, annotations: { ...descriptor.annotations, [nameKey]: tag } };
  const next = { schemaVersion: 2, ...index, manifests: [...others, named] };
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  // Renamed last: whoever reads finds the old one or the new one. The cells of a matrix may do so at the same moment.
  const draft = join(folder, `index.json.${randomUUID()}`);
  try {
    await writeFile(draft, JSON.stringify(next));
    await rename(draft, join(folder, 'index.json'));
  } finally {
    await rm(draft, { force: true });
  }
}
