import type { Client } from './client.ts';
import { gone, refused } from './failures.ts';
import { accepted, type Descriptor, digestOf, type Manifest, readManifest } from './manifest.ts';
import { nameOf, type Repository } from './names.ts';

/** What one repository of a registry is asked. The raw bytes of a manifest are never changed on the way. */
export type RemoteRepository = {
  readonly name: string;
  readonly at: Repository;
  readonly client: Client;
  /** For requests beyond those here. */
  readonly scopes: readonly string[];
  /** The digest of a tag or digest; `undefined` when there is none. */
  digest(reference: string, signal: AbortSignal): Promise<string | undefined>;
  /** Checked against the digest when one is asked for; `undefined` when there is none. */
  manifest(reference: string, signal: AbortSignal): Promise<Manifest | undefined>;
  /** Any type of manifest, unread. */
  rawManifest(reference: string, signal: AbortSignal): Promise<RawManifest | undefined>;
  /** Resolves with what the registry says of it. */
  putManifest(reference: string, manifest: RawManifest, signal: AbortSignal): Promise<PutAnswer>;
  /** False when there was none. */
  deleteManifest(reference: string, signal: AbortSignal): Promise<boolean>;
};

export type RawManifest = { readonly mediaType: string; readonly raw: Buffer };

export type PutAnswer = {
  /** Absent where the registry does not say. */
  readonly digest?: string;
  /** The registry keeps the list of what refers to another manifest itself. */
  readonly keepsReferrers: boolean;
};

/** The specification has registries take 4 MiB. */
const manifestLimit = 8 * 1024 * 1024;

export function openRepository(client: Client, at: Repository, scopes: readonly string[]): RemoteRepository {
  const name = nameOf(at);
  const pathOf = (reference: string) => `${at.path}/manifests/${reference}`;
  const of = (reference: string) => `${name}${reference.includes(':') ? '@' : ':'}${reference}`;
  const headers = { accept: accepted };

  async function rawManifest(reference: string, signal: AbortSignal) {
    const what = `the manifest of ${of(reference)}`;
    const call = {
      method: 'GET',
      to: pathOf(reference),
      scopes,
      headers,
      accept: [200, 404],
      what,
      signal,
    } as const;
    const answer = await client.call(call, manifestLimit);
    if (answer.status === 404) return undefined;
    requireDigest(reference, answer.body);
    return { raw: answer.body, mediaType: answer.headers['content-type'] ?? '' };
  }

  function requireDigest(reference: string, raw: Buffer): void {
    if (!reference.startsWith('sha256:') || digestOf(raw) === reference) return;
    throw refused(
      `The registry ${at.host} gave other bytes than those of ${of(reference)}: they are ${digestOf(raw)}.`,
      'The registry, or something on the way to it, is broken: do not use what it gives.',
    );
  }

  return {
    name,
    at,
    client,
    scopes,
    rawManifest,
    async digest(reference, signal) {
      const what = `the digest of ${of(reference)}`;
      // Some registries know no HEAD; older ones do not tell the digest.
      const accept = [200, 404, 405, 501];
      const asked = { method: 'HEAD', to: pathOf(reference), scopes, headers, accept, what, signal } as const;
      const answer = await client.call(asked);
      if (answer.status === 404) return undefined;
      const told = answer.headers['docker-content-digest'];
      if (answer.status === 200 && typeof told === 'string') return told;
      const manifest = await rawManifest(reference, signal);
      return manifest && digestOf(manifest.raw);
    },
    async manifest(reference, signal) {
      const found = await rawManifest(reference, signal);
      return found && readManifest(found.raw, found.mediaType, of(reference));
    },
    async putManifest(reference, { raw, mediaType }, signal) {
      const answer = await client.call({
        method: 'PUT',
        to: pathOf(reference),
        scopes,
        headers: { 'content-type': mediaType },
        body: { kind: 'bytes', bytes: raw },
        accept: [200, 201, 202],
        what: `putting a manifest at ${of(reference)}`,
        signal,
      });
      const digest = answer.headers['docker-content-digest'];
      return {
        keepsReferrers: answer.headers['oci-subject'] !== undefined,
        ...(typeof digest === 'string' ? { digest } : {}),
      };
    },
    async deleteManifest(reference, signal) {
      const what = `removing ${of(reference)}`;
      const accept = [200, 202, 204, 400, 404, 405];
      const { status } = await client.call({
        method: 'DELETE',
        to: pathOf(reference),
        scopes,
        accept,
        what,
        signal,
      });
      if (status === 400 || status === 405) {
        throw refused(
          `The registry ${at.host} does not remove ${reference.includes(':') ? 'manifests' : 'tags'}.`,
          'Have removal turned on there (the registry’s own setting), or remove it by the registry’s own means.',
        );
      }
      return status !== 404;
    },
  };
}

/** For a manifest that must be there. */
export async function requireManifest(
  repository: RemoteRepository,
  digest: string,
  signal: AbortSignal,
): Promise<Manifest> {
  const found = await repository.manifest(digest, signal);
  if (found === undefined) throw gone(`${repository.name}@${digest} is not in the registry any more`);
  return found;
}

export type BlobDescriptor = Pick<Descriptor, 'digest' | 'size'>;
