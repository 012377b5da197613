import type { PackageFacts } from '#shared/domain/image-files.ts';

/** What a file tells of an image besides its bytes. Undefined for all others: their text is not kept. */
export type Telling = {
  /** A longer one is not what it seems. */
  readonly longest: number;
  read(text: string): { readonly packages?: readonly PackageFacts[]; readonly system?: string };
};

const megabyte = 1024 * 1024;

export function tellingOf(path: string): Telling | undefined {
  // Nearly every file ends here.
  const end = path.at(-1);
  if (end === 'A' || end === 'O') return pipTelling(path);
  if (end === 'n' && path.endsWith('/package.json')) return npmTelling(path);
  const known = byPath.get(path);
  if (known !== undefined) return known;
  return isDistroless.test(path) ? dpkg : undefined;
}

/** Distroless images keep one stanza in each file, beside a list of its files. */
const isDistroless = /^var\/lib\/dpkg\/status\.d\/[^/]+(?<!\.md5sums)$/;

const dpkg: Telling = { longest: 32 * megabyte, read: (text) => ({ packages: readDpkg(text) }) };
const apk: Telling = { longest: 32 * megabyte, read: (text) => ({ packages: readApk(text) }) };
const release: Telling = {
  longest: 64 * 1024,
  read: (text) => {
    const system = readSystem(text);
    return system === undefined ? {} : { system };
  },
};

const byPath: ReadonlyMap<string, Telling> = new Map([
  ['var/lib/dpkg/status', dpkg],
  ['lib/apk/db/installed', apk],
  // Since Alpine merged /usr.
  ['usr/lib/apk/db/installed', apk],
  ['etc/os-release', release],
  ['usr/lib/os-release', release],
]);

/** Stanzas of `Field: value` lines; what was removed but left its configuration behind has a stanza, too. */
export function readDpkg(text: string): PackageFacts[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    // Not trimmed by the expression: on a line of a million spaces it would never end.
    const field = (name: string) => new RegExp(`^${name}:(.*)$`, 'm').exec(stanza)?.[1]?.trim();
    const [name, version, status] = [field('Package'), field('Version'), field('Status')];
    // Distroless images write none.
    const isInstalled =
      status === undefined || / (installed|half-configured|unpacked|triggers-\w+)$/.test(status);
    return name && version && isInstalled ? [{ manager: 'dpkg', name, version }] : [];
  });
}

/** Lines of a letter, a colon and a value; an empty line between packages. */
export function readApk(text: string): PackageFacts[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const name = /^P:(.*)$/m.exec(stanza)?.[1]?.trim();
    const version = /^V:(.*)$/m.exec(stanza)?.[1]?.trim();
    return name && version ? [{ manager: 'apk', name, version }] : [];
  });
}

/** The name that a person would call it by. */
export function readSystem(text: string): string | undefined {
  const written = /^PRETTY_NAME=(.*)$/m.exec(text)?.[1]?.trim();
  const name = written?.replace(/^(["'])(.*)\1$/, '$2').replace(/\\(["'$`\\])/g, '$1');
  return name === '' ? undefined : name?.slice(0, 200);
}

/** A package itself, not a package.json inside one. */
const npmPackage = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/@.][^/]*)\/package\.json$/;

function npmTelling(path: string): Telling | undefined {
  const folder = npmPackage.exec(path)?.[1];
  if (folder === undefined) return undefined;
  return { longest: megabyte, read: (text) => ({ packages: readNpm(text, folder) }) };
}

/** The name is the folder's, because that is what is imported: an alias has another one in its package.json. */
function readNpm(text: string, folder: string): PackageFacts[] {
  try {
    const manifest: unknown = JSON.parse(text);
    const version =
      typeof manifest === 'object' && manifest !== null && 'version' in manifest
        ? manifest.version
        : undefined;
    return typeof version === 'string' && version !== ''
      ? [{ manager: 'npm', name: folder, version: version.slice(0, 200) }]
      : [];
  } catch {
    // Fixtures of tests inside packages.
    return [];
  }
}

/** Wheels and eggs say name and version in the name of their folder. */
const pipPackage =
  /\/(?:site|dist)-packages\/([^/]+?)-([^/-]+)(?:-py[\d.]+)?\.(?:dist-info\/METADATA|egg-info\/PKG-INFO)$/;

function pipTelling(path: string): Telling | undefined {
  const [, name, version] = pipPackage.exec(`/${path}`) ?? [];
  if (name === undefined || version === undefined) return undefined;
  // One spelling of a name (PEP 503).
  const facts: PackageFacts = { manager: 'pip', name: name.toLowerCase().replace(/[-_.]+/g, '-'), version };
  return { longest: 0, read: () => ({ packages: [facts] }) };
}
