import type { Io } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { ImageAction } from './actions.ts';
import type { RenderDeploy } from './shapes.ts';

/** `nginx`, `library/nginx` and `docker.io/library/nginx:latest` are one place (render.com/docs/deploy-an-image). */
export function placeOfImage(ref: string): string {
  const bare = ref.replace(/@.*$/, '').replace(/:[^/]*$/, '');
  const [first = '', ...rest] = bare.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const host = isHost ? first.replace(/^index\.docker\.io$/, 'docker.io') : 'docker.io';
  const path = isHost ? rest.join('/') : bare;
  return `${host}/${host === 'docker.io' && !path.includes('/') ? `library/${path}` : path}`;
}

/** With its algorithm, with which Render may or may not write it. */
export function digestIn(text: string | null | undefined): string | undefined {
  const [, hex] = /(?:^|@|sha256:)([0-9a-f]{64})$/.exec(text ?? '') ?? [];
  return hex === undefined ? undefined : `sha256:${hex}`;
}

/** What the plan froze, or, where the release was pushed in this very run, what its name got there. */
export async function digestOf(action: ImageAction, io: Io): Promise<string> {
  if (action.digest !== undefined) return action.digest;
  const found = await io.registry.resolve(action.from, callOf(io));
  if (found !== undefined) return found.digest;
  throw new GantryError(
    'image-gone',
    `${action.from} is gone.`,
    'Push the release again with `gantry push`.',
  );
}

/**
 * The digest that a deploy runs, as the release knows it. Render names what the reference was resolved to: where that is
 * an index, it may be the manifest inside it for Render's own platform, and then it is the index that was deployed.
 */
export async function deployedDigest({ image }: RenderDeploy, io: Io): Promise<string | undefined> {
  const asked = digestIn(image?.ref);
  const resolved = digestIn(image?.sha);
  if (asked === undefined || resolved === undefined || asked === resolved) return resolved ?? asked;
  const place = (image?.ref ?? '').replace(/@.*$/, '').replace(/:[^/]*$/, '');
  const [index] = await io.registry.manifests(place, [asked], callOf(io));
  return index?.parts.includes(resolved) === true ? asked : resolved;
}

export function callOf({ signal, insecureRegistries }: Pick<Io, 'signal' | 'insecureRegistries'>) {
  return { signal, insecure: insecureRegistries };
}

/** Enough to know it by, for sentences that say yes; those that say no tell the whole. */
export function shortOf(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
