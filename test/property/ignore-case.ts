import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import fc from 'fast-check';
import { extract } from 'tar-stream';
import { shown } from '#main/docker/session/path-text.ts';
import { BadPattern } from '#main/docker/session/pattern.ts';
import { createContextSource } from '#main/docker/session/warm-context.ts';
import { entriesIn } from './listed.ts';

/*
 * A generated tree with a generated .dockerignore: what of it is sent has to be what `docker buildx build` sends.
 */

export type IgnoreCase = {
  /** Path to what it is: a folder, a file of so many bytes, or where a link points. */
  readonly tree: ReadonlyMap<string, 'folder' | number | string>;
  readonly ignore: string;
};

const names = [
  'a',
  'b',
  'ab',
  'A',
  'a.b',
  '.a',
  'a b',
  'é',
  '[x]',
  'a^',
  'b+',
  'x-y',
  '(a)',
  '!a',
  '#b',
  '$',
  '{a}',
];
const name = fc.constantFrom(...names);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const node = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 9 }) },
  { weight: 2, arbitrary: fc.constant('folder' as const) },
  { weight: 1, arbitrary: fc.constantFrom('->a', '->../b', '->/nowhere') },
);
const tree = fc.array(fc.tuple(path, node), { minLength: 1, maxLength: 14 }).map(withoutConflicts);

const segment = fc.oneof(
  { weight: 5, arbitrary: name },
  {
    weight: 5,
    arbitrary: fc.constantFrom('*', '**', 'a*', '*b', '?', 'a?', '**b', 'a**', '***', '.*', '*.b'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('[ab]', '[a-b]', '[^a]', '[!a]', '\\a', '\\*', '[a\\]b]', '\\[x\\]', '*[b^]'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('.', '..', '', '[', '[]', '[b-a]', 'a\\', '\\d', '\\s*', '[[:alpha:]]*', '[a'),
  },
);
const pattern = fc
  .tuple(
    fc.constantFrom('', '', '', '!', '!', '! ', '!/'),
    fc.constantFrom('', '', '/', './', '  '),
    fc.array(segment, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '', '/', '/**', '/*', '  ', '\r'),
  )
  .map(([sign, start, segments, end]) => `${sign}${start}${segments.join('/')}${end}`);
const line = fc.oneof(
  { weight: 12, arbitrary: pattern },
  { weight: 1, arbitrary: fc.constantFrom('', '# a', '#*', '!', ' ') },
);

export const ignoreCase: fc.Arbitrary<IgnoreCase> = fc.record({
  tree,
  ignore: fc
    .tuple(fc.constantFrom('', '', '', '\uFEFF'), fc.array(line, { maxLength: 6 }))
    .map(([start, lines]) => `${start}${lines.join('\n')}`),
});

/** The first that says what a path is holds; nothing lies below what is no folder. */
function withoutConflicts(nodes: readonly (readonly [string, string | number])[]): IgnoreCase['tree'] {
  const result = new Map<string, string | number>();
  for (const [at, what] of nodes) {
    const parents = at
      .split('/')
      .slice(0, -1)
      .map((_part, index, parts) => parts.slice(0, index + 1).join('/'));
    if (result.has(at) || parents.some((parent) => (result.get(parent) ?? 'folder') !== 'folder')) continue;
    for (const parent of parents) result.set(parent, 'folder');
    result.set(at, what);
  }
  return result;
}

export type Outcome =
  | { readonly kind: 'files'; readonly files: readonly string[] }
  | { readonly kind: 'refused' };

export type Compared = { readonly ours: Outcome; readonly theirs: Outcome };

export async function withContext<T>(each: IgnoreCase, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-ignore-'));
  try {
    await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY . /\n');
    await writeFile(join(folder, '.dockerignore'), each.ignore);
    for (const [at, what] of each.tree) {
      await mkdir(dirname(join(folder, at)), { recursive: true });
      if (what === 'folder') await mkdir(join(folder, at), { recursive: true });
      else if (typeof what === 'number') await writeFile(join(folder, at), 'x'.repeat(what));
      else await symlink(what.slice(2), join(folder, at));
    }
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function compare(each: IgnoreCase, env: NodeJS.ProcessEnv): Promise<Compared> {
  return withContext(each, async (folder) => ({
    ours: await told(folder, each.ignore),
    theirs: await referee(folder, env),
  }));
}

async function told(folder: string, ignore: string): Promise<Outcome> {
  try {
    const { entries: read } = createContextSource({ now: Date.now });
    const selection = { excludePatterns: readIgnore(ignore) };
    const entries = entriesIn(await read(folder, selection, { mayKeep: false, onNote: () => {} }));
    const files = entries.map(({ path: at, kind, mode, size, link }) => {
      const what = kind === 'symlink' ? `-> ${link}` : kind === 'file' ? String(size) : kind;
      return `${shown(at)} ${what} ${kind === 'symlink' ? '' : (mode & 0o777).toString(8)}`;
    });
    return { kind: 'files', files: files.sort() };
  } catch (error) {
    if (error instanceof BadPattern) return { kind: 'refused' };
    throw error;
  }
}

/** The engine's part: moby/patternmatcher's ignorefile.ReadAll. It sends what comes out to the client. */
function readIgnore(text: string): readonly string[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((written) => !written.startsWith('#'))
    .map((written) => written.trim())
    .filter((written) => written !== '')
    .map((written) => {
      const isException = written.startsWith('!');
      const bare = isException ? written.slice(1).trim() : written;
      const cleaned = bare === '' ? '' : posix.normalize(bare).replace(/(?<=.)\/$/, '');
      return `${isException ? '!' : ''}${cleaned.length > 1 ? cleaned.replace(/^\//, '') : cleaned}`;
    });
}

/** What the docker CLI sends, seen from the other side. */
async function referee(folder: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  for (let tries = 1; ; tries += 1) {
    const answer = await askBuildx(folder, env);
    if (typeof answer !== 'string') return answer;
    // When the client ends a build because of a pattern, the engine is at times quicker to say that it was ended.
    if (tries === 5 || !answer.includes('context canceled')) throw new Error(answer);
  }
}

/** What it said when that is no verdict. */
async function askBuildx(folder: string, env: NodeJS.ProcessEnv): Promise<Outcome | string> {
  const docker = spawn('docker', ['buildx', 'build', '--quiet', '--output', 'type=tar,dest=-', '.'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  docker.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const exited = new Promise<number | null>((resolve) => docker.once('close', resolve));
  const files: string[] = [];
  const tar = extract();
  docker.stdout.pipe(tar);
  for await (const entry of tar) {
    const { name: at, type, size, mode, linkname } = entry.header;
    const what = type === 'symlink' ? `-> ${linkname}` : type === 'directory' ? 'folder' : String(size);
    const path = at.replace(/^\.?\//, '').replace(/\/$/, '');
    files.push(`${path} ${what} ${type === 'symlink' ? '' : ((mode ?? 0) & 0o777).toString(8)}`);
    entry.resume();
  }
  if ((await exited) === 0)
    return { kind: 'files', files: files.filter((file) => !file.startsWith(' ')).sort() };
  return /syntax error in pattern|illegal exclusion pattern/.test(said) ? { kind: 'refused' } : said;
}

export function describeCase({ tree: files, ignore }: IgnoreCase): string {
  return JSON.stringify({ ignore: ignore.split('\n'), tree: Object.fromEntries(files) });
}
