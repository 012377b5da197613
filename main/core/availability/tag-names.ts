import { GantryError } from '#shared/domain/errors.ts';
import type { Release } from '#shared/domain/release.ts';
import type { tagTemplateFields } from '#shared/domain/tag-config.ts';

/** What a tag template may name. */
export type TagFields = Readonly<Record<(typeof tagTemplateFields)[number], string | undefined>>;

/** `environment` is absent where a release is named for itself. */
export function tagFields(
  release: Pick<Release, 'id' | 'version' | 'source' | 'builtAt'>,
  environment?: string,
): TagFields {
  const { commit, branch, uncommittedFiles } = release.source;
  const dirty = uncommittedFiles > 0 ? '-dirty' : '';
  return {
    version: release.version,
    commit: commit === undefined ? undefined : `${commit.sha.slice(0, 7)}${dirty}`,
    branch: branch === undefined ? undefined : sanitised(branch),
    release: release.id,
    environment,
    // The release's, not today's: the same release gets the same name whenever it is deployed.
    date: new Date(release.builtAt).toISOString().slice(0, 10),
  };
}

/**
 * A template with its fields filled in. `undefined` where a field has no value for this release, such as a commit
 * outside a repository. Throws `config-invalid` for a field that does not exist and for what is no tag then.
 */
export function tagName(template: string, fields: TagFields): string | undefined {
  let hasAll = true;
  const name = template.replace(/\{\{\s*([^{}]*?)\s*\}\}/g, (_whole, field: string) => {
    if (!isField(field, fields)) {
      throw invalid(
        `The tag template "${template}" has an unknown field {{${field}}}.`,
        `Known fields: ${Object.keys(fields).join(', ')}.`,
      );
    }
    const value = fields[field];
    hasAll &&= value !== undefined;
    return value ?? '';
  });
  if (!hasAll) return undefined;
  if (tagPattern.test(name)) return name;
  throw invalid(
    `The tag template "${template}" makes "${name}", which is no image tag.`,
    `Tags have letters, digits, _ . and - and at most 128 of them; possible would be "${sanitised(name)}".`,
  );
}

/** A tag that a person typed. Throws `usage` with what would be right. */
export function requireTag(tag: string): void {
  if (tagPattern.test(tag)) return;
  throw new GantryError(
    'usage',
    `${JSON.stringify(tag)} is no image tag.`,
    `Tags have letters, digits, _ . and - and at most 128 of them; possible would be ${JSON.stringify(sanitised(tag))}.`,
  );
}

/** OCI distribution specification, "Pulling manifests". */
export const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** The tag nearest to a text. */
export function sanitised(text: string): string {
  const name = text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '');
  return name === '' ? 'unnamed' : name.slice(0, 128);
}

function isField(field: string, fields: TagFields): field is keyof TagFields {
  return Object.hasOwn(fields, field);
}

function invalid(message: string, hint: string): GantryError {
  return new GantryError('config-invalid', message, hint);
}
