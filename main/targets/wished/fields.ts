import * as z from 'zod';
import type { Io, Wish } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';

/** What a webhook or a command can be told about the release, as `{{name}}`. */
const fieldNames = [
  'workspace',
  'environment',
  'release',
  'version',
  'commit',
  'image',
  'digest',
  'envFingerprint',
] as const;
type FieldName = (typeof fieldNames)[number];
export type Fields = Readonly<Record<FieldName, string>>;

const fieldPattern = /\{\{\s*([^{}]*?)\s*\}\}/g;

function isField(name: string | undefined): name is FieldName {
  return fieldNames.some((known) => known === name);
}

/** A text with fields in it; one that does not exist is refused here and not sent to anybody. */
export const templateSchema = z.string().refine((text) => unknownIn(text) === undefined, {
  error: ({ input }) =>
    `there is no field {{${unknownIn(String(input))}}}; there are ${fieldNames.join(', ')}`,
});

function unknownIn(text: string): string | undefined {
  return [...text.matchAll(fieldPattern)].map(([, name]) => name).find((name) => !isField(name));
}

/** `written` is for texts that are a language of their own, such as JSON or an address. */
export function fill(text: string, fields: Fields, written: (value: string) => string = String): string {
  return text.replace(fieldPattern, (found, name: string) => (isField(name) ? written(fields[name]) : found));
}

/** A release as a step is to bring it, frozen in the plan. */
export const wishedSchema = z.object({
  workspace: z.string(),
  environment: z.string(),
  release: z.string(),
  version: z.string(),
  commit: z.string(),
  envFingerprint: z.string(),
  /** The engine's id and name of it, where no registry has it. */
  imageId: z.string(),
  ref: z.string(),
  remote: z
    .object({ repository: z.string(), ref: z.string(), digest: z.string().exactOptional() })
    .exactOptional(),
});
export type Wished = z.infer<typeof wishedSchema>;

export function wishedOf(wish: Wish, repository: string | undefined): Wished {
  const { id, version, commit, imageId, ref, remote } = wish.release;
  return {
    workspace: wish.workspace,
    environment: wish.environment,
    release: id,
    version,
    commit: commit ?? '',
    envFingerprint: wish.envFingerprint,
    imageId,
    ref,
    ...(repository === undefined ? {} : { remote: remote ?? { repository, ref: `${repository}:${id}` } }),
  };
}

/** The digest, where the release was pushed in this very run, is what its name in the registry got there. */
export async function digestOf({ remote, imageId }: Wished, io: Io): Promise<string> {
  if (remote === undefined) return imageId;
  if (remote.digest !== undefined) return remote.digest;
  const { signal, insecureRegistries: insecure } = io;
  const found = await io.registry.resolve(remote.ref, { signal, insecure });
  if (found !== undefined) return found.digest;
  throw new GantryError('image-gone', `${remote.ref} is gone.`, 'Push the release again with `gantry push`.');
}

export function fieldsOf(wished: Wished, digest: string): Fields {
  const { workspace, environment, release, version, commit, envFingerprint, remote, ref } = wished;
  const image = remote === undefined ? ref : `${remote.repository}@${digest}`;
  return { workspace, environment, release, version, commit, envFingerprint, image, digest };
}
