import * as z from 'zod';

const packageManagerSchema = z.enum(['dpkg', 'apk', 'pip', 'npm']);

export type PackageFacts = {
  readonly manager: z.infer<typeof packageManagerSchema>;
  readonly name: string;
  readonly version: string;
};

/** One entry of an image's file system. Times are left out: they change with every build. */
export type FileFacts = {
  /** `special`: devices and pipes. */
  readonly kind: 'file' | 'folder' | 'symlink' | 'special';
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  /** `uid:gid` */
  readonly owner: string;
  /** Differs where what is inside does: a hash, a link's target, a device's numbers. */
  readonly content: string;
  /** A hash of extended attributes, such as capabilities. */
  readonly attributes?: string;
  /** Another name of a file that is counted under its first one. */
  readonly isLinked?: true;
  /** What this file says is installed. */
  readonly packages?: readonly PackageFacts[];
  /** What an os-release file calls the system. */
  readonly system?: string;
};

/** By path, without a slash at either end. Bytes of a name that are not UTF-8 are lone surrogates, 0x80 as U+DC80. */
export type Files = ReadonlyMap<string, FileFacts>;

export const fileTallySchema = z.object({ files: z.number(), bytes: z.number() });
export type FileTally = z.infer<typeof fileTallySchema>;

const changedTallySchema = z.object({ files: z.number(), before: z.number(), after: z.number() });

const fileChangeSchema = z.object({
  kind: z.enum(['added', 'removed', 'changed']),
  path: z.string(),
  /** Bytes. */
  before: z.number().optional(),
  after: z.number().optional(),
  /** Empty unless it changed. */
  what: z.array(z.enum(['type', 'content', 'mode', 'owner', 'attributes'])),
});
export type FileChange = z.infer<typeof fileChangeSchema>;

const tallies = { added: fileTallySchema, removed: fileTallySchema, changed: changedTallySchema };

export const fileDiffSchema = z.object({
  ...tallies,
  /** The largest of each kind, largest first; the tallies count all. */
  list: z.array(fileChangeSchema),
  /** Most moved bytes first; what is beyond the limit is added up under an empty name. */
  folders: z.array(z.object({ folder: z.string(), ...tallies })),
});
export type FileDiff = z.infer<typeof fileDiffSchema>;

const packageChangeSchema = z.object({
  manager: packageManagerSchema,
  name: z.string(),
  /** Absent where it was not installed; several versions side by side are joined by commas. */
  before: z.string().optional(),
  after: z.string().optional(),
});
export type PackageChange = z.infer<typeof packageChangeSchema>;

export const packageDiffSchema = z.object({
  added: z.number(),
  removed: z.number(),
  changed: z.number(),
  /** Changed ones first, each kind by manager and name. */
  list: z.array(packageChangeSchema),
});
export type PackageDiff = z.infer<typeof packageDiffSchema>;

const listedOfEachKind = 200;
const listedFolders = 40;
const listedPackages = 1_000;

/** Folders are not compared: they have no bytes, and every build touches them. */
export function diffFiles(left: Files, right: Files): FileDiff {
  const changes: FileChange[] = [];
  for (const [path, after] of right) {
    if (after.kind === 'folder') continue;
    const before = left.get(path);
    if (before === undefined || before.kind === 'folder') {
      changes.push({ kind: 'added', path, after: after.size, what: [] });
      continue;
    }
    const what = whatChanged(before, after);
    if (what.length > 0)
      changes.push({ kind: 'changed', path, before: before.size, after: after.size, what });
  }
  for (const [path, before] of left) {
    if (before.kind === 'folder' || isThere(right.get(path))) continue;
    changes.push({ kind: 'removed', path, before: before.size, what: [] });
  }
  const bytesOf = (change: FileChange) => ({
    before: left.get(change.path)?.isLinked ? 0 : (change.before ?? 0),
    after: right.get(change.path)?.isLinked ? 0 : (change.after ?? 0),
  });
  const counted = changes.map((change) => ({ ...change, bytes: bytesOf(change) }));
  return { ...tally(counted), list: largest(changes), folders: byFolder(counted) };
}

export function tallyFiles(files: Files): FileTally {
  const total = { files: 0, bytes: 0 };
  for (const { kind, size, isLinked } of files.values()) {
    if (kind === 'folder') continue;
    total.files += 1;
    if (!isLinked) total.bytes += size;
  }
  return total;
}

export function packagesIn(files: Files): PackageFacts[] {
  return [...files.values()].flatMap(({ packages }) => packages ?? []);
}

function isThere(facts: FileFacts | undefined): boolean {
  return facts !== undefined && facts.kind !== 'folder';
}

function whatChanged(before: FileFacts, after: FileFacts): FileChange['what'] {
  if (before.kind !== after.kind) return ['type'];
  const what: FileChange['what'] = [];
  if (before.content !== after.content || before.size !== after.size) what.push('content');
  // A symbolic link has no mode of its own: engines differ in what they write there.
  if (before.mode !== after.mode && after.kind !== 'symlink') what.push('mode');
  if (before.owner !== after.owner) what.push('owner');
  if (before.attributes !== after.attributes) what.push('attributes');
  return what;
}

type Counted = Pick<FileChange, 'kind' | 'path'> & {
  readonly bytes: { readonly before: number; readonly after: number };
};

type Tallies = Pick<FileDiff, 'added' | 'removed' | 'changed'>;

function tally(changes: readonly Counted[]): Tallies {
  const total: Tallies = {
    added: { files: 0, bytes: 0 },
    removed: { files: 0, bytes: 0 },
    changed: { files: 0, before: 0, after: 0 },
  };
  for (const { kind, bytes } of changes) {
    total[kind].files += 1;
    if (kind === 'added') total.added.bytes += bytes.after;
    if (kind === 'removed') total.removed.bytes += bytes.before;
    if (kind !== 'changed') continue;
    total.changed.before += bytes.before;
    total.changed.after += bytes.after;
  }
  return total;
}

function largest(changes: readonly FileChange[]): FileChange[] {
  const size = ({ before = 0, after = 0 }: FileChange) => Math.max(before, after);
  const sorted = changes.toSorted(
    (one, other) => size(other) - size(one) || (one.path < other.path ? -1 : 1),
  );
  const left = { added: listedOfEachKind, removed: listedOfEachKind, changed: listedOfEachKind };
  return sorted
    .filter(({ kind }) => {
      left[kind] -= 1;
      return left[kind] >= 0;
    })
    .map((change) => ({ ...change, path: shown(change.path) }));
}

function byFolder(changes: readonly Counted[]): FileDiff['folders'] {
  const folders = Map.groupBy(changes, ({ path }) => folderOf(path));
  const found = [...folders].map(([folder, inside]) => ({ folder: shown(folder), ...tally(inside) }));
  const moved = ({ added, removed, changed }: Tallies) =>
    added.bytes + removed.bytes + changed.before + changed.after;
  found.sort((one, other) => moved(other) - moved(one) || (one.folder < other.folder ? -1 : 1));
  const rest = new Set(found.slice(listedFolders).map(({ folder }) => folder));
  if (rest.size === 0) return found;
  const others = changes.filter(({ path }) => rest.has(shown(folderOf(path))));
  return [...found.slice(0, listedFolders), { folder: '', ...tally(others) }];
}

/** Top folders in which a name alone says little. */
const wide = new Set(['usr', 'var', 'opt', 'home', 'srv', 'lib']);

/** `/app` for all that is below; `/usr/lib` where the first folder alone says little. */
function folderOf(path: string): string {
  const [first = '', second, third] = path.split('/', 3);
  if (second === undefined) return '/';
  return wide.has(first) && third !== undefined ? `/${first}/${second}` : `/${first}`;
}

/** Versions are compared by name: the same one may be installed several times, as npm does. */
export function diffPackages(left: readonly PackageFacts[], right: readonly PackageFacts[]): PackageDiff {
  const [before, after] = [versionsByName(left), versionsByName(right)];
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  const changes = keys
    .map((key): PackageChange => {
      const [was, is] = [before.get(key), after.get(key)];
      const { manager, name } = is ?? was ?? { manager: 'npm', name: key };
      return {
        manager,
        name: shown(name),
        ...(was === undefined ? {} : { before: joined(was.versions) }),
        ...(is === undefined ? {} : { after: joined(is.versions) }),
      };
    })
    .filter((change) => change.before !== change.after);
  const order = ({ before: was, after: is }: PackageChange) =>
    is === undefined ? 2 : was === undefined ? 1 : 0;
  changes.sort(
    (one, other) =>
      order(one) - order(other) ||
      compareText(one.manager, other.manager) ||
      compareText(one.name, other.name),
  );
  const count = (wanted: number) => changes.filter((change) => order(change) === wanted).length;
  return { changed: count(0), added: count(1), removed: count(2), list: changes.slice(0, listedPackages) };
}

type Versions = Pick<PackageFacts, 'manager' | 'name'> & { readonly versions: Set<string> };

function versionsByName(packages: readonly PackageFacts[]): Map<string, Versions> {
  const found = new Map<string, Versions>();
  for (const { manager, name, version } of packages) {
    const key = `${manager} ${name}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { manager, name, versions: new Set([version]) });
    else known.versions.add(version);
  }
  return found;
}

function joined(versions: ReadonlySet<string>): string {
  return shown([...versions].sort(compareText).join(', '));
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/**
 * Names come out of images, which anybody may have made: what would move a terminal's cursor, turn the direction of
 * the text round or is no character at all is written as its number.
 */
export function shown(text: string): string {
  return text.replace(unprintable, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** Controls, lone surrogates, and the formatting characters that are not seen (Unicode's Cc, Cs, Cf, Zl, Zp). */
const unprintable = /[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]/gu;
