import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { BuildSpec } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { cachesOfCell, type ImageCaches, tagOf } from './cell-caches.ts';
import type { Typed } from './solve-messages.ts';
import { cachesOf } from './solve-options.ts';

/*
 * Build caches of `type=local`: folders in the layout of OCI, which the docker CLI reads and writes as well. The engine
 * reads and writes their blobs through the session; which of them is the cache stands in index.json, and is our part.
 */

export type Caches = {
  /** What one image of the request reads and writes. */
  of(cell: string | undefined): ImageCaches;
  /** Names what the engine has written for an image, which it tells in its answer. */
  name(cell: string | undefined, manifest: string | undefined): Promise<void>;
  /** Folders that the session serves, by the names under which the engine asks for them. */
  readonly folders: ReadonlyMap<string, string>;
  /** What the person should know. */
  readonly notes: readonly string[];
};

/** Throws `config-invalid`. */
export async function openCaches(request: BuildSpec): Promise<Caches> {
  const asked = cachesOf(request);
  const folders = new Map<string, string>();
  const notes = new Set<string>();
  const byCell = new Map<string | undefined, ImageCaches>();
  for (const { cell } of request.images) {
    const { imports, exports } = cachesOfCell(asked, cell);
    byCell.set(cell, { imports: await found(imports, asked.imports, folders, notes), exports });
  }
  for (const { type, attributes } of asked.exports) {
    const { dest } = attributes;
    if (type !== 'local' || dest === undefined) continue;
    await makeFolder(dest);
    folders.set(`local:${dest}`, dest);
  }
  const of = (cell: string | undefined) => byCell.get(cell) ?? asked;
  let naming: Promise<void> = Promise.resolve();
  const name: Caches['name'] = (cell, manifest) => {
    // One after the other: of two that rewrite a folder's index at the same moment, the name of one would be lost.
    const named = naming.then(() => nameCaches(of(cell).exports, manifest));
    naming = named.catch(() => {});
    return named;
  };
  return { of, name, folders, notes: [...notes] };
}

/** Those of a folder get the digest that the engine asks for; `plain` is how they were written. */
async function found(
  imports: readonly Typed[],
  plain: readonly Typed[],
  folders: Map<string, string>,
  notes: Set<string>,
): Promise<readonly Typed[]> {
  const all: Typed[] = [];
  for (const [index, cache] of imports.entries()) {
    const { src } = cache.attributes;
    if (cache.type !== 'local' || src === undefined) {
      all.push(cache);
      continue;
    }
    // A cell that wrote none yet begins with one that was written without a matrix.
    const digest =
      cache.attributes.digest ||
      ((await digestIn(src, tagOf(cache))) ?? (await digestIn(src, tagOf(plain[index] ?? cache))));
    if (digest === undefined) {
      notes.add(`note: there is no build cache in ${src} yet`);
      continue;
    }
    folders.set(`local:${src}`, src);
    all.push({ ...cache, attributes: { ...cache.attributes, digest } });
  }
  return all;
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
