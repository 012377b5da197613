import * as z from 'zod';
import { refused } from './failures.ts';
import { type Descriptor, mediaTypes, readManifest } from './manifest.ts';
import type { RawManifest, RemoteRepository } from './repository.ts';

const pageSize = 1_000;
/** A registry whose pages lead to each other must not hold anybody up for ever. */
const mostPages = 1_000;
const pageLimit = 8 * 1024 * 1024;

type Page = { readonly status: number; readonly body: Buffer };

/** Follows the Link header to the last page. Ends with the first that is not there. */
async function* pagesOf(
  repository: RemoteRepository,
  path: string,
  what: string,
  signal: AbortSignal,
  accept: readonly number[] = [200, 404],
): AsyncGenerator<Page> {
  const { client, scopes } = repository;
  let to: string | URL | undefined = path;
  for (let page = 0; to !== undefined; page += 1) {
    if (page === mostPages)
      throw refused(`The registry ${client.host} lists ${what} without end.`, 'Ask who runs it.');
    const answer = await client.call({ method: 'GET', to, scopes, accept, what, signal }, pageLimit);
    yield answer;
    const next = nextOf(answer.headers.link);
    to = answer.status === 200 && next !== undefined ? await client.locate(next) : undefined;
  }
}

/** `</v2/app/tags/list?n=2&last=b>; rel="next"` (RFC 8288). */
export function nextOf(header: string | string[] | undefined): string | undefined {
  const links = Array.isArray(header) ? header.join(', ') : (header ?? '');
  for (const [, target, parameters] of links.matchAll(/<([^>]*)>((?:\s*;[^,<]*)*)/g)) {
    if (/;\s*rel\s*=\s*"?next"?/i.test(parameters ?? '')) return target;
  }
  return undefined;
}

const tagsSchema = z.object({ tags: z.array(z.string()).nullish() });

export async function listTags(
  repository: RemoteRepository,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const tags = new Set<string>();
  const path = `${repository.at.path}/tags/list?n=${pageSize}`;
  for await (const { status, body } of pagesOf(repository, path, `the tags of ${repository.name}`, signal)) {
    if (status === 404) break;
    for (const tag of tagsSchema.parse(jsonOf(body, repository)).tags ?? []) tags.add(tag);
  }
  return [...tags].sort();
}

function jsonOf(body: Buffer, { at }: RemoteRepository): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw refused(
      `The registry ${at.host} gave a list that cannot be read.`,
      'It may be no registry: see what answers there.',
    );
  }
}

/** The tag under which clients keep the list where the registry does not. */
export function referrersTag(digest: string): string {
  return digest.replace(':', '-').slice(0, 128);
}

/** How registries say that they know of no such list. */
const noReferrers = [400, 404, 405, 501];

/** What names a manifest as its subject: signatures, attestations, SBOMs. */
export async function listReferrers(
  repository: RemoteRepository,
  digest: string,
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  const found: Descriptor[] = [];
  const { traits } = repository.client;
  const all = `${repository.at.path}/referrers`;
  const what = `what refers to ${digest}`;
  const underTag = async () => childrenAt(await repository.rawManifest(referrersTag(digest), signal));
  const isNotKnown = `${all} is not known`;
  if (traits.has(isNotKnown)) return underTag();
  for await (const page of pagesOf(repository, `${all}/${digest}`, what, signal, [200, ...noReferrers])) {
    if (page.status !== 200) {
      traits.add(isNotKnown);
      return underTag();
    }
    const manifest = readManifest(page.body, mediaTypes.ociIndex, what);
    if (manifest.kind === 'index') found.push(...manifest.children);
  }
  return found;
}

/** None in what is no index: another tool may have given that tag to something else. */
function childrenAt(found: RawManifest | undefined): readonly Descriptor[] {
  if (found === undefined) return [];
  try {
    const manifest = readManifest(found.raw, found.mediaType, '');
    return manifest.kind === 'index' ? manifest.children : [];
  } catch {
    return [];
  }
}
