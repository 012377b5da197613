import { createHash } from 'node:crypto';
import * as z from 'zod';
import { unfit } from './failures.ts';

export const mediaTypes = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;

/** Without it a registry may answer with a schema 1 manifest that it makes up, of another digest. */
export const accepted = Object.values(mediaTypes).join(', ');

/** With whatever else stands in it: a list of referrers is made of whole descriptors. */
const descriptorSchema = z.looseObject({
  mediaType: z.string().default(''),
  digest: z.string().regex(/^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/),
  /** Bytes. */
  size: z.number().int().nonnegative(),
  urls: z.array(z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
  platform: z.object({ os: z.string(), architecture: z.string(), variant: z.string().nullish() }).nullish(),
});
export type Descriptor = z.infer<typeof descriptorSchema>;

const manifestSchema = z.object({
  schemaVersion: z.number(),
  mediaType: z.string().nullish(),
  config: descriptorSchema.nullish(),
  layers: z.array(descriptorSchema).nullish(),
  manifests: z.array(descriptorSchema).nullish(),
});

/** A manifest as its registry has it. The bytes are what is named by the digest, and all that ever travels. */
export type Manifest = {
  readonly digest: string;
  readonly mediaType: string;
  readonly raw: Buffer;
} & (
  | { readonly kind: 'image'; readonly config: Descriptor; readonly layers: readonly Descriptor[] }
  | { readonly kind: 'index'; readonly children: readonly Descriptor[] }
);

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** `name` is for the error's sentence. Throws `image-unfit`. */
export function readManifest(raw: Buffer, contentType: string | undefined, name: string): Manifest {
  const read = parse(raw);
  if (read === undefined) throw unfit(`What stands at ${name} is no manifest of an image.`, otherImage);
  const claimed = contentType?.split(';')[0]?.trim() ?? '';
  if (read.schemaVersion === 1 || /docker\.distribution\.manifest\.v1\+/.test(claimed)) throw oldSchema(name);
  const { config, layers, manifests } = read;
  const about = { digest: digestOf(raw), raw };
  // A manifest that is both would be one thing to the registry and another to the engine.
  if (manifests && !config && !layers) {
    return {
      ...about,
      mediaType: typeOf(read.mediaType, claimed, mediaTypes.ociIndex),
      kind: 'index',
      children: manifests,
    };
  }
  if (config && layers && !manifests) {
    return {
      ...about,
      mediaType: typeOf(read.mediaType, claimed, mediaTypes.ociManifest),
      kind: 'image',
      config,
      layers,
    };
  }
  throw unfit(`What stands at ${name} is no manifest of an image.`, otherImage);
}

const otherImage = 'Name an image: an OCI or Docker manifest, or an index of them.';

/** The manifest's own word first: a registry behind a file server may call everything JSON. */
function typeOf(own: string | null | undefined, claimed: string, usual: string): string {
  if (own) return own;
  return Object.values<string>(mediaTypes).includes(claimed) ? claimed : usual;
}

function oldSchema(name: string) {
  return unfit(
    `The image at ${name} has a schema 1 manifest, which cannot be copied without changing its digest.`,
    'Pull it and push it again with a Docker of this decade, or build the release anew.',
  );
}

function parse(raw: Buffer): z.infer<typeof manifestSchema> | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(raw.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** A statement about an image, kept beside it in its index (BuildKit). It runs nowhere. */
export function isAttestation({ annotations, platform }: Descriptor): boolean {
  return annotations?.['vnd.docker.reference.type'] !== undefined || platform?.os === 'unknown';
}

/** `linux/arm64/v8` */
export function platformText(platform: {
  os: string;
  architecture: string;
  variant?: string | null | undefined;
}): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/');
}

/** Where one of the two does not say which variant, any will do. */
export function isSamePlatform(left: string, right: string): boolean {
  const [[os, architecture, variant], [otherOs, otherArchitecture, otherVariant]] = [
    left.split('/'),
    right.split('/'),
  ];
  const isVariant = variant === undefined || otherVariant === undefined || variant === otherVariant;
  return os === otherOs && architecture === otherArchitecture && isVariant;
}

/** Bytes. A config is a page of JSON; its history may be long. */
export const configLimit = 4 * 1024 * 1024;

const configSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().nullish(),
  rootfs: z.object({ diff_ids: z.array(z.string()).nullish() }).nullish(),
});

/** From an image's config; `undefined` for what is no image, such as a chart or a signature. */
export function platformOfConfig(config: Buffer): string | undefined {
  const read = parseConfig(config);
  return read && platformText(read);
}

/** The digests of its layers when they are unpacked, lowest first. */
export function diffIdsOfConfig(config: Buffer): readonly string[] {
  return parseConfig(config)?.rootfs?.diff_ids ?? [];
}

function parseConfig(config: Buffer): z.infer<typeof configSchema> | undefined {
  try {
    return configSchema.safeParse(JSON.parse(config.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
