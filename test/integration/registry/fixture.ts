import { createHash, randomBytes } from 'node:crypto';
import type { Registry } from '#main/core/ports.ts';
import { openMachine } from '#main/docker/engine.ts';
import type { RegistryOptions } from '#main/docker/registry/options.ts';
import { createRegistry } from '#main/docker/registry/registry.ts';

/** As impatient as tests are. */
const quick = { attempts: 3, baseMs: 20, longestMs: 2_000 };

export function registryFor(
  env: Readonly<Record<string, string | undefined>> = {},
  more: Partial<RegistryOptions> = {},
): Registry {
  const { access, credentials } = openMachine({ env, homeFolder: '/nonexistent' });
  return createRegistry({ access, credentials, retries: quick, ...more });
}

export const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};

export const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export type Descriptor = {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: unknown;
  readonly annotations?: Readonly<Record<string, string>>;
};

/** Talks to a registry by itself: what is tested must not be what the test looks with. */
export type Pen = {
  readonly host: string;
  readonly repository: string;
  readonly name: string;
  blob(bytes: Uint8Array, mediaType?: string): Promise<Descriptor>;
  /** Written with odd spaces, so that bytes that were parsed and written again are seen to be others. */
  manifest(value: unknown, tag?: string): Promise<Descriptor>;
  image(options?: ImageOptions): Promise<Descriptor>;
  /** Two platforms, and an attestation for the first as BuildKit puts it there. */
  index(tag?: string): Promise<Descriptor>;
  /** `undefined` when there is none. */
  read(reference: string): Promise<{ readonly digest: string; readonly raw: Buffer } | undefined>;
  hasBlob(digest: string): Promise<boolean>;
};

export type ImageOptions = {
  readonly tag?: string;
  readonly layers?: readonly Uint8Array[];
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly subject?: Descriptor;
};

const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64', variant: 'v8' };

export function penFor(host: string, repository: string): Pen {
  const base = `http://${host}/v2/${repository}`;
  // Without Docker's own the registry would make up a schema 1 manifest.
  const docker = 'application/vnd.docker.distribution.manifest';
  const accept = [types.index, types.manifest, `${docker}.v2+json`, `${docker}.list.v2+json`].join(', ');
  const headers = { accept };

  async function blob(bytes: Uint8Array, mediaType = types.layer): Promise<Descriptor> {
    const digest = digestOf(bytes);
    const opened = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
    const at = new URL(opened.headers.get('location') ?? '', base);
    at.searchParams.set('digest', digest);
    const put = await fetch(at, { method: 'PUT', body: Buffer.from(bytes) });
    if (put.status !== 201) throw new Error(`blob: ${put.status} ${await put.text()}`);
    return { mediaType, digest, size: bytes.length };
  }

  async function manifest(value: unknown, tag?: string): Promise<Descriptor> {
    const raw = Buffer.from(`${JSON.stringify(value, null, 3)} \n`);
    const digest = digestOf(raw);
    // The types of what the tests write are strings.
    const mediaType = (value as { mediaType: string }).mediaType;
    const url = `${base}/manifests/${tag ?? digest}`;
    const put = await fetch(url, { method: 'PUT', body: raw, headers: { 'content-type': mediaType } });
    if (put.status !== 201) throw new Error(`manifest: ${put.status} ${await put.text()}`);
    return { mediaType, digest, size: raw.length };
  }

  async function image({
    tag,
    layers = [randomBytes(5_000), randomBytes(70_000)],
    platform = amd64,
    subject,
  }: ImageOptions = {}) {
    const config = await blob(
      Buffer.from(JSON.stringify({ ...platform, id: randomBytes(8).toString('hex') })),
      types.config,
    );
    const value = {
      schemaVersion: 2,
      mediaType: types.manifest,
      config,
      layers: await Promise.all(layers.map((bytes) => blob(bytes))),
      ...(subject === undefined ? {} : { subject, artifactType: 'application/vnd.gantry.test' }),
    };
    return { ...(await manifest(value, tag)), platform };
  }

  return {
    host,
    repository,
    name: `${host}/${repository}`,
    blob,
    manifest,
    image,
    async index(tag) {
      const first = await image();
      const second = await image({ platform: arm64 });
      const statement = await image({ platform: { os: 'unknown', architecture: 'unknown' } });
      const annotations = {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': first.digest,
      };
      const manifests = [first, second, { ...statement, annotations }];
      return manifest({ schemaVersion: 2, mediaType: types.index, manifests, 'x-gantry': 'kept' }, tag);
    },
    async read(reference) {
      const answer = await fetch(`${base}/manifests/${reference}`, { headers });
      const raw = Buffer.from(await answer.arrayBuffer());
      return answer.status === 200 ? { digest: digestOf(raw), raw } : undefined;
    },
    async hasBlob(digest) {
      return (await fetch(`${base}/blobs/${digest}`, { method: 'HEAD' })).status === 200;
    },
  };
}
