import { GantryError } from '#shared/domain/errors.ts';
import type { Source } from '#shared/domain/release.ts';
import type { versionTemplateFields } from '#shared/domain/tag-config.ts';
import { sanitised, tagPattern } from './availability/tag-names.ts';

export type VersionFacts = {
  readonly source: Source;
  /** The newest version tag at or before the commit. */
  readonly tag?: { readonly version: string; readonly commitsSince: number };
  /** package.json's. */
  readonly packageVersion?: string;
  /** Milliseconds since 1970. */
  readonly now: number;
};

/** A release's version for people, valid as an image tag: by the template in gantry.yml where there is one. */
export function versionOf(template: string | undefined, facts: VersionFacts): string {
  return template === undefined ? versionByDefault(facts) : versionByTemplate(template, facts);
}

/**
 * A tagged, clean commit is exactly its tag; anything after it says so; without a tag the package's version and the
 * commit name it, or the commit alone.
 */
function versionByDefault({ source, tag, packageVersion }: VersionFacts): string {
  const dirty = dirtyMark(source);
  if (tag !== undefined) {
    const since = tag.commitsSince === 0 ? '' : `-dev.${tag.commitsSince}`;
    return sanitised(`${tag.version}${since}${dirty}`);
  }
  const sha = source.commit?.sha.slice(0, 7);
  const build = sha === undefined ? (source.uncommittedHash?.slice(0, 7) ?? 'local') : `${sha}${dirty}`;
  return sanitised(packageVersion === undefined ? build : `${packageVersion}-${build}`);
}

type Fields = Readonly<Record<(typeof versionTemplateFields)[number], string | undefined>>;

function fieldsOf({ source, tag, packageVersion, now }: VersionFacts): Fields {
  const { commit, branch } = source;
  const iso = new Date(now).toISOString();
  return {
    tag: tag?.version,
    commits: tag === undefined ? undefined : String(tag.commitsSince),
    package: packageVersion,
    commit: commit?.sha.slice(0, 7),
    branch: branch === undefined ? undefined : sanitised(branch),
    date: iso.slice(0, 10),
    time: iso.slice(11, 19).replaceAll(':', ''),
  };
}

const noTag = 'no version tag is at or before this commit. Make one: git tag v1.0.0';

/** Why a field has no value here. */
const absent: Readonly<Record<keyof Fields, string>> = {
  tag: noTag,
  commits: noTag,
  package: 'there is no package.json with a version',
  commit: 'there is no commit yet',
  branch: 'no branch is checked out',
  date: '',
  time: '',
};

/** Throws `config-invalid` for a field without a value, and for what is no tag then. */
function versionByTemplate(template: string, facts: VersionFacts): string {
  const fields = fieldsOf(facts);
  const isField = (name: string): name is keyof Fields => Object.hasOwn(fields, name);
  const filled = template.replace(/\{\{\s*([^{}]*?)\s*\}\}/g, (_whole, name: string) => {
    if (!isField(name)) {
      throw invalid(
        `The version template "${template}" has an unknown field {{${name}}}.`,
        `Known fields: ${Object.keys(fields).join(', ')}.`,
      );
    }
    const value = fields[name];
    if (value !== undefined) return value;
    throw invalid(
      `The version template "${template}" wants {{${name}}}, and ${absent[name]}.`,
      'Write another template under version in gantry.yml, or none: the default takes what there is.',
    );
  });
  // Uncommitted changes never pass for what is committed.
  const version = `${filled}${dirtyMark(facts.source)}`;
  if (tagPattern.test(version)) return version;
  throw invalid(
    `The version template "${template}" makes "${version}", which is no image tag.`,
    `Tags have letters, digits, _ . and - and at most 128 of them; possible would be "${sanitised(version)}".`,
  );
}

function dirtyMark({ uncommittedFiles }: Source): string {
  return uncommittedFiles > 0 ? '-dirty' : '';
}

function invalid(message: string, hint: string): GantryError {
  return new GantryError('config-invalid', message, hint);
}
