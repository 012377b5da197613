import { GantryError } from '#shared/domain/errors.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import type { Ports } from '../context.ts';

type Needs = Pick<Ports, 'engine' | 'registry'>;

export type FoundImage =
  | { readonly kind: 'engine'; readonly image: ImageFacts }
  /** Not fetched yet. */
  | {
      readonly kind: 'registry';
      readonly repository: string;
      /** Absent where it was named by its digest. */
      readonly tag?: string;
      readonly digest: string;
      readonly bytes: number;
    };

type Call = { readonly signal: AbortSignal; readonly insecure: readonly string[] };

/** What the engine has under that name or id, else what a registry has. Throws `image-gone` where neither has it. */
export async function findImage({ engine, registry }: Needs, ref: string, call: Call): Promise<FoundImage> {
  const image = await engine.image(ref, call.signal);
  if (image !== undefined) return { kind: 'engine', image };
  if (isId(ref)) throw nowhere(ref, 'Take an id that docker images shows.');
  const remote = await registry.resolve(ref, call);
  if (remote === undefined) {
    throw nowhere(ref, 'Check the name and its tag; docker images lists what the engine has.');
  }
  const { repository, tag, hasDigest } = splitRef(ref);
  return {
    kind: 'registry',
    repository,
    ...(hasDigest ? {} : { tag: tag ?? 'latest' }),
    digest: remote.digest,
    bytes: remote.size,
  };
}

/** The engine takes it for an image's id, or the beginning of one. */
function isId(ref: string): boolean {
  return /^(sha256:)?[0-9a-f]{12,64}$/.test(ref);
}

function nowhere(ref: string, hint: string): GantryError {
  return new GantryError(
    'image-gone',
    `There is no image ${ref}, neither on the engine nor in its registry.`,
    hint,
  );
}

/** `registry:5000/team/app:1.2@sha256:…`, each part but the first optional. */
export function splitRef(ref: string): {
  readonly repository: string;
  readonly tag?: string;
  readonly hasDigest: boolean;
} {
  const [named = ref] = ref.split('@');
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  return {
    repository: hasTag ? named.slice(0, colon) : named,
    ...(hasTag ? { tag: named.slice(colon + 1) } : {}),
    hasDigest: ref.includes('@'),
  };
}
