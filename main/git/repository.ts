import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GantryError } from '#shared/domain/errors.ts';
import { createTurns } from './turns.ts';

export type GitOptions = {
  /** The environment of this process; only what git needs of it is passed on. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Git is given up when it has printed nothing for so long. */
  readonly silenceMs?: number;
};

/** Git in one folder, set up so that nothing which the repository brings along is run. */
export type Repository = {
  /** Absolute, symbolic links resolved. */
  readonly folder: string;
  ask(argv: readonly string[]): Promise<string>;
};

/** An answer that is no failure: there is no git, no such folder, or no repository around it. */
export class NoRepository extends Error {
  override readonly name = 'NoRepository';
}

/** Of the person's own environment: finding git, its configuration and its libraries. */
const passedOn = [
  ...['PATH', 'HOME', 'XDG_CONFIG_HOME', 'TMPDIR', 'LD_LIBRARY_PATH'],
  ...['SystemRoot', 'USERPROFILE', 'APPDATA', 'PROGRAMDATA', 'TEMP', 'TMP'],
];

const ours = {
  LC_ALL: 'C',
  // `git status` refreshes the index otherwise, and would fight with the person's own git for its lock.
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  // A partial clone fetches what it lacks by whatever command its remote names.
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_NO_REPLACE_OBJECTS: '1',
};

/** Programs that a repository's own configuration can name and that reading it would start. */
const quiet = [
  'core.fsmonitor=',
  'core.hooksPath=/dev/null',
  'core.pager=cat',
  'log.showSignature=false',
  'core.quotePath=true',
  'status.relativePaths=true',
  'i18n.logOutputEncoding=UTF-8',
  // Git makes an address up from the machine's name otherwise.
  'user.useConfigOnly=true',
];

/** Filters and drivers have names of the repository's choice, so each that it defines itself is emptied by name. */
const drivers = /^(filter\..+\.(clean|smudge|process)|diff\..+\.(command|textconv))$/s;

/** How long a repository's own configuration is taken as read; several questions come at once. */
const readAgainAfterMs = 1_000;

/** Repositories opened a moment ago, by their options and path. */
type Opened = { readonly at: number; readonly repository: Promise<Repository> };
const opened = new WeakMap<GitOptions, Map<string, Opened>>();

export function openRepository(path: string, options: GitOptions): Promise<Repository> {
  const known = opened.get(options) ?? new Map<string, Opened>();
  opened.set(options, known);
  const now = performance.now();
  const recent = known.get(path);
  if (recent !== undefined && now - recent.at < readAgainAfterMs) return recent.repository;
  const repository = open(path, options);
  known.set(path, { at: now, repository });
  repository.catch(() => known.delete(path));
  return repository;
}

async function open(path: string, options: GitOptions): Promise<Repository> {
  // Git works with real paths, and so must what is joined to its answers.
  const folder = await realpath(path).catch(() => undefined);
  if (folder === undefined) throw new NoRepository(`${path} is gone`);
  if (!isBelowGit(folder)) throw new NoRepository(`${folder} is not in a git repository`);
  const first = connect(folder, quiet, options);
  const own = await ownConfig(first);
  return connect(folder, [...quiet, ...own.flatMap(emptied)], options);
}

/** As git itself looks for one, but without starting git in vain: that holds the loop up each time. */
function isBelowGit(folder: string): boolean {
  if (existsSync(join(folder, '.git'))) return true;
  const above = dirname(folder);
  return above !== folder && isBelowGit(above);
}

/** Keys that the repository sets; the person's own and the system's configuration are theirs to trust. */
async function ownConfig(repository: Repository): Promise<readonly string[]> {
  const listed = await repository.ask([
    'config',
    '--list',
    '--includes',
    '--show-scope',
    '--name-only',
    '-z',
  ]);
  const words = listed.split('\0');
  return words.filter((_, index) => index % 2 === 1 && /^(local|worktree)$/.test(words[index - 1] ?? ''));
}

function emptied(key: string): readonly string[] {
  if (!drivers.test(key)) return [];
  // `-c` ends the key at its first `=`, so such a name could not be emptied.
  if (/[=\n]/.test(key)) {
    throw new GantryError(
      'git-failed',
      `The repository defines ${JSON.stringify(key)}, a name made to hide a command.`,
      'Look at .git/config before you open this folder with any tool.',
    );
  }
  const driver = key.slice(0, key.lastIndexOf('.'));
  return [`${key}=`, ...(driver.startsWith('filter.') ? [`${driver}.required=false`] : [])];
}

function connect(folder: string, config: readonly string[], options: GitOptions): Repository {
  const before = config.flatMap((setting) => ['-c', setting]);
  const env = { ...kept(options.env), ...ours };
  const silenceMs = options.silenceMs ?? 15_000;
  return {
    folder,
    ask: (argv) => askGit({ argv: [...before, ...argv], folder, env, silenceMs }),
  };
}

type Question = {
  readonly argv: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly silenceMs: number;
};

/** To start a program holds the loop up for some milliseconds: between two of them others have their turn. */
const turn = createTurns();

/** A failure is a status other than 0 with words for it: without words it is an answer, such as that there is none. */
async function askGit({ argv, folder, env, silenceMs }: Question): Promise<string> {
  await turn();
  return new Promise((resolve, reject) => {
    const git = spawn('git', argv, {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    const silence = setTimeout(() => {
      git.kill('SIGKILL');
      // What it started itself may hold its output open.
      git.stdout.destroy();
      git.stderr.destroy();
      reject(silent(folder, silenceMs));
    }, silenceMs);
    const keep = (chunks: Buffer[]) => (chunk: Buffer) => {
      silence.refresh();
      chunks.push(chunk);
    };
    git.stdout.on('data', keep(out));
    git.stderr.on('data', keep(err));
    git.once('error', (error) => {
      clearTimeout(silence);
      reject(notStarted(error, folder));
    });
    git.once('close', (code, signal) => {
      clearTimeout(silence);
      const said = Buffer.concat(err).toString().trim();
      if (code === 0 || (code !== null && said === '')) resolve(Buffer.concat(out).toString());
      else reject(failed(said === '' ? `it was ended by ${signal}` : said, folder));
    });
  });
}

function kept(env: GitOptions['env']): Record<string, string> {
  const entries = passedOn.map((name) => [name, env[name]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function silent(folder: string, silenceMs: number): GantryError {
  const message = `git has not answered for ${silenceMs / 1000} seconds in ${folder}.`;
  return new GantryError('git-failed', message, 'Try git status there; the disk may be slow or gone.');
}

function notStarted(error: Error, folder: string): Error {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOTDIR') return new NoRepository(`${folder} is no folder`);
  return code === 'ENOENT' ? new NoRepository('git is not installed') : error;
}

function failed(said: string, folder: string): Error {
  if (/not a git repository|must be run in a work tree/.test(said)) {
    return new NoRepository(`${folder} is not in a git repository`);
  }
  const hint = /detected dubious ownership/.test(said)
    ? `If you trust it: git config --global --add safe.directory ${folder}`
    : 'Run git status there and mend what it says.';
  return new GantryError('git-failed', `git failed in ${folder}: ${lastWords(said)}`, hint);
}

/** Git says what is wrong first and how to mend it after. */
function lastWords(said: string): string {
  const line = said.split('\n').find((text) => /^(fatal|error): /.test(text)) ?? said.split('\n')[0] ?? '';
  return line.replace(/^(fatal|error): /, '');
}
