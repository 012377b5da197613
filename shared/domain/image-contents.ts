import * as z from 'zod';
import type { ImageFacts } from './image.ts';
import { diffConfig } from './image-diff.ts';
import {
  diffFiles,
  diffPackages,
  type Files,
  fileDiffSchema,
  fileTallySchema,
  type PackageFacts,
  packageDiffSchema,
  packagesIn,
  shown,
  tallyFiles,
} from './image-files.ts';
import { releaseSummarySchema } from './plan.ts';

export type LayerFacts = {
  /** Diff id. */
  readonly id: string;
  /** The line of the build that made it. */
  readonly createdBy?: string;
  /** Absent when it was not read. */
  readonly content?: { readonly files: number; readonly bytes: number };
};

/** An image with what its layers add up to. Layers that were not read are missing from its files. */
export type OpenImage = {
  readonly facts: ImageFacts;
  /** Lowest first. */
  readonly layers: readonly LayerFacts[];
  readonly files: Files;
};

const layerSchema = z.object({
  id: z.string(),
  createdBy: z.string().optional(),
  content: z.object({ files: z.number(), bytes: z.number() }).optional(),
});

const sideSchema = z.object({
  imageId: z.string(),
  /** Bytes, as the engine counts them. */
  size: z.number(),
  layers: z.number(),
  /** Absent where not all layers were read. */
  files: fileTallySchema.optional(),
  /** What the image calls its system, such as `Debian GNU/Linux 12 (bookworm)`. */
  system: z.string().optional(),
  /** The image it was built on, where its labels say so. */
  base: z.object({ name: z.string(), digest: z.string().optional() }).optional(),
});

export const imageContentsDiffSchema = z.object({
  same: z.boolean(),
  /** Absent on a first deploy: everything is then new. */
  left: sideSchema.optional(),
  right: sideSchema,
  layers: z.object({
    /** Of both images, wherever they stand. */
    shared: z.number(),
    /** Shared from the bottom up without a gap: the base both are built on. `bytes` is absent unless all were read. */
    base: z.object({ layers: z.number(), bytes: z.number().optional() }),
    added: z.array(layerSchema),
    removed: z.array(layerSchema),
  }),
  files: fileDiffSchema,
  packages: packageDiffSchema,
  config: z.array(
    z.object({ path: z.string(), before: z.string().optional(), after: z.string().optional() }),
  ),
  /**
   * Shared layers that were not read although they matter, because that would have meant to pull them. A file that takes
   * the place of one of theirs then counts as added, and one of theirs that is deleted is not listed.
   */
  layersNotRead: z.number(),
});
export type ImageContentsDiff = z.infer<typeof imageContentsDiffSchema>;

/** What is inside the images of any two environments or releases. */
export const imageComparisonSchema = z.object({
  /** Without a release: nothing runs there yet. */
  left: z.object({ name: z.string(), release: releaseSummarySchema.optional() }),
  right: z.object({ name: z.string(), release: releaseSummarySchema }),
  contents: imageContentsDiffSchema,
});
export type ImageComparison = z.infer<typeof imageComparisonSchema>;

/** `left` is absent on a first deploy. With `isEnough` nothing in layers that were not read could change how they differ. */
export function diffContents(
  left: OpenImage | undefined,
  right: OpenImage,
  isEnough = false,
): ImageContentsDiff {
  const unread = new Set(
    [...(left?.layers ?? []), ...right.layers]
      .filter(({ content }) => content === undefined)
      .map(({ id }) => id),
  );
  return {
    same: left?.facts.identity.imageId === right.facts.identity.imageId,
    ...(left === undefined ? {} : { left: describeSide(left) }),
    right: describeSide(right),
    layers: diffLayers(left?.layers ?? [], right.layers),
    files: diffFiles(left?.files ?? new Map(), right.files),
    packages: diffPackages(...comparablePackages(left, right, unread.size > 0 && !isEnough)),
    config: left === undefined ? [] : describeConfig(left.facts, right.facts),
    layersNotRead: isEnough ? 0 : unread.size,
  };
}

function describeSide({ facts, layers, files }: OpenImage): z.infer<typeof sideSchema> {
  const { identity, size, config } = facts;
  const name = config.labels['org.opencontainers.image.base.name'];
  const digest = config.labels['org.opencontainers.image.base.digest'];
  // In Debian and its kin the first is a link to the second.
  const system = files.get('etc/os-release')?.system ?? files.get('usr/lib/os-release')?.system;
  return {
    imageId: identity.imageId,
    size,
    layers: layers.length,
    ...(layers.every(({ content }) => content !== undefined) ? { files: tallyFiles(files) } : {}),
    ...(system === undefined ? {} : { system: shown(system) }),
    ...(name === undefined
      ? {}
      : { base: { name: shown(name), ...(digest === undefined ? {} : { digest: shown(digest) }) } }),
  };
}

function diffLayers(left: readonly LayerFacts[], right: readonly LayerFacts[]): ImageContentsDiff['layers'] {
  const added = without(right, left);
  const height = right.findIndex((layer, at) => layer.id !== left[at]?.id);
  const base = height === -1 ? right : right.slice(0, height);
  const isRead = base.every(({ content }) => content !== undefined);
  const bytes = base.reduce((sum, { content }) => sum + (content?.bytes ?? 0), 0);
  return {
    shared: right.length - added.length,
    base: { layers: base.length, ...(isRead ? { bytes } : {}) },
    added: added.map(describeLayer),
    removed: without(left, right).map(describeLayer),
  };
}

/** One layer may stand in an image several times, such as the one that holds nothing. */
function without(layers: readonly LayerFacts[], others: readonly LayerFacts[]): LayerFacts[] {
  const left = new Map<string, number>();
  for (const { id } of others) left.set(id, (left.get(id) ?? 0) + 1);
  return layers.filter(({ id }) => {
    const count = left.get(id) ?? 0;
    left.set(id, count - 1);
    return count <= 0;
  });
}

function describeLayer({ id, createdBy, content }: LayerFacts): z.infer<typeof layerSchema> {
  const line = createdBy === undefined ? '' : historyLine(createdBy);
  return { id, ...(line === '' ? {} : { createdBy: line }), ...(content === undefined ? {} : { content }) };
}

const longestLine = 400;

/**
 * A line of an image's history as it stood in the Dockerfile. The values of build arguments, which builders write in
 * front of a command (`|1 TOKEN=abc /bin/sh -c ...`), are left out: they may be secrets. They are not quoted, so that
 * where no shell ends them the whole command goes.
 */
export function historyLine(createdBy: string): string {
  const line = createdBy
    .replace(/^\/bin\/sh -c #\(nop\) +/, '')
    .replace(/ # buildkit$/, '')
    .replace(/^(RUN )?\|\d+ .*?(\/bin\/\w*sh -\w*c )/s, '$1$2')
    .replace(/^(RUN )?\|\d+ .*$/s, 'RUN …')
    .replace(/^(RUN )?\/bin\/sh -c /, 'RUN ')
    .trim();
  const short = line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
  return shown(short.replaceAll(/\s+/g, ' '));
}

/** With a layer unread, a database that only one side has shown may stand in that layer on the other. */
function comparablePackages(
  left: OpenImage | undefined,
  right: OpenImage,
  isPartial: boolean,
): [PackageFacts[], PackageFacts[]] {
  const [before, after] = [left === undefined ? [] : packagesIn(left.files), packagesIn(right.files)];
  if (!isPartial || left === undefined) return [before, after];
  const isComparable = ({ manager }: PackageFacts) =>
    (manager !== 'dpkg' && manager !== 'apk') ||
    [before, after].every((packages) => packages.some((found) => found.manager === manager));
  return [before.filter(isComparable), after.filter(isComparable)];
}

function describeConfig(left: ImageFacts, right: ImageFacts): ImageContentsDiff['config'] {
  const changes = diffConfig(left.config, right.config).map(({ path, before, after }) => ({
    path: shown(path),
    ...(before === undefined ? {} : { before: shown(before) }),
    ...(after === undefined ? {} : { after: shown(after) }),
  }));
  if (left.platform === right.platform) return changes;
  return [{ path: 'platform', before: left.platform, after: right.platform }, ...changes];
}
