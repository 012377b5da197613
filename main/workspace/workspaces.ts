import { readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import type { LoadedWorkspace, Workspaces } from '#main/core/ports/workspace.ts';
import { GantryError, type Problem, problemsError } from '#shared/domain/errors.ts';
import type { WorkspaceConfig } from '#shared/domain/workspace-config.ts';
import { workspaceName } from './complete-config.ts';
import { configFileName, type ParsedConfig, parseConfig } from './config-file.ts';
import { describeConfig } from './describe.ts';
import { buildsIn, type DetectedBuild } from './detect-build.ts';
import { composeFileIn, detect } from './detection.ts';
import { parseEnvFile } from './env-file.ts';
import { expectReport, folderInside } from './inside-folder.ts';
import type { JsonSchema } from './schema-walk.ts';
import { type TargetConfigSchema, workspaceJsonSchema } from './target-configs.ts';
import type { YamlSource } from './yaml-source.ts';

export type WorkspacesOptions = {
  /** Every kind of target there is; gantry.yml is checked against their settings. */
  readonly targets: readonly TargetConfigSchema[];
  /** Name of the repository that the folder's git remote points to; `undefined` without one. */
  readonly remoteName: (folder: string) => Promise<string | undefined>;
};

/** Files larger than this are no gantry.yml and no env file, whatever they are called. */
const maxFileBytes = 1_048_576;

/** Git is asked for a name only where the file has none: that takes longer than all the rest. */
const hasName = /^name:/m;

export function createWorkspaces({ targets, remoteName }: WorkspacesOptions): Workspaces {
  let known: JsonSchema | undefined;
  const schema = () => {
    known ??= workspaceJsonSchema(targets);
    return known;
  };
  const parse = remembering((text: string, fallbackName: string) =>
    parseConfig({ text, fallbackName, targets, schema }),
  );

  async function parseIn(folder: string, text: string, nameFromOutside: () => Promise<string>) {
    return parse(text, hasName.test(text) ? workspaceName(basename(folder)) : await nameFromOutside());
  }

  const nameOf = async (folder: string) => workspaceName((await remoteName(folder)) ?? basename(folder));

  async function load(path: string): Promise<LoadedWorkspace> {
    const folder = await realFolder(path);
    const [fileNames, read] = await Promise.all([filesIn(folder), readTextFile(folder, configFileName)]);
    const nameFromOutside = () => nameOf(folder);
    if (!fileNames.includes(configFileName)) return loadDetected(folder, fileNames, await nameFromOutside());
    if (read.kind !== 'text') return unusable(folder, 'written', [unreadable(configFileName, read)]);
    const { config, problems, source } = await parseIn(folder, read.text, nameFromOutside);
    if (config === undefined) return unusable(folder, 'written', problems);
    const unbuildable = await missingPaths(folder, config, source);
    return { folder, origin: 'written', config, problems, unbuildable };
  }

  async function loadDetected(
    folder: string,
    fileNames: readonly string[],
    name: string,
  ): Promise<LoadedWorkspace> {
    const misnamed = fileNames.find((fileName) => /^\.?gantry\.ya?ml$/i.test(fileName));
    if (misnamed !== undefined) return unusable(folder, 'detected', [misnamedFile(misnamed)]);
    const build = await detectBuild(folder, fileNames);
    if (build === undefined) return unusable(folder, 'detected', [nothingHere(folder)]);
    // Through the same door as a written one, so that defaults and checks are the same.
    const text = stringify({ build, ...detect(fileNames, name) });
    const { config, problems } = parse(text, name);
    // Positions in a text that nobody wrote mean nothing.
    const unplaced = problems.map(({ line: _line, column: _column, ...problem }) => problem);
    if (config === undefined) return unusable(folder, 'detected', unplaced);
    return { folder, origin: 'detected', config, problems: unplaced, unbuildable: [] };
  }

  return {
    load,
    async loadText(folder, text) {
      const { config, problems } = await parseIn(folder, text, () => nameOf(folder));
      if (config === undefined) return unusable(folder, 'written', problems);
      return { folder, origin: 'written', config, problems, unbuildable: [] };
    },
    describe(workspace) {
      if (workspace.config === undefined) {
        throw problemsError('config-invalid', workspace.problems);
      }
      return describeConfig(workspace.config, (kind) => {
        const defaults = targets.find((target) => target.kind === kind)?.config.safeParse({ kind });
        return defaults?.success === true ? defaults.data : undefined;
      });
    },
    async writeConfig(folder, text) {
      const path = join(await realFolder(folder), configFileName);
      try {
        await writeFile(path, text, { flag: 'wx' });
      } catch (error) {
        throw cannotWrite(path, error);
      }
      return path;
    },
    async readEnvFile(folder, file) {
      const read = await readTextFile(folder, file);
      if (read.kind === 'missing') {
        await realFolder(folder);
        throw new GantryError(
          'env-file-missing',
          `There is no env file ${file}.`,
          `Create ${join(folder, file)} with lines such as PORT=8080, or name another one under envFile in gantry.yml.`,
        );
      }
      if (read.kind !== 'text') throw problemsError('env-file-invalid', [unreadable(file, read)]);
      const { entries, problems } = parseEnvFile(file, read.text);
      if (problems.length > 0) throw problemsError('env-file-invalid', problems);
      return entries;
    },
    async packageVersion(folder) {
      const read = await readTextFile(folder, 'package.json');
      return read.kind === 'text' ? versionIn(read.text) : undefined;
    },
    folderInside,
    expectReport,
    // Only a build whose tests write one needs a reader of XML.
    readJunit: async (bytes) => (await import('./junit.ts')).readJunit(bytes),
    jsonSchema: () => ({ ...schema() }),
  };
}

function unusable(
  folder: string,
  origin: LoadedWorkspace['origin'],
  problems: readonly Problem[],
): LoadedWorkspace {
  return { folder, origin, problems, unbuildable: [] };
}

/** Several questions about one workspace come together, and each reads its description. */
function remembering(parse: (text: string, fallbackName: string) => ParsedConfig): typeof parse {
  let last: { readonly key: string; readonly parsed: ParsedConfig } | undefined;
  return (text, fallbackName) => {
    const key = `${fallbackName}\n${text}`;
    if (last?.key !== key) last = { key, parsed: parse(text, fallbackName) };
    return last.parsed;
  };
}

async function realFolder(path: string): Promise<string> {
  const [folder, facts] = await Promise.all([
    realpath(path).catch(() => undefined),
    stat(path).catch(() => undefined),
  ]);
  if (folder !== undefined && facts?.isDirectory() === true) return folder;
  throw new GantryError(
    'workspace-missing',
    folder === undefined ? `There is no folder ${path}.` : `${path} is a file, not a folder.`,
    'Give the folder that holds gantry.yml or the Dockerfile; the history of a folder that is gone stays readable.',
  );
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new GantryError('workspace-missing', `${folder} cannot be read.`, 'Check its permissions.', {
      cause: error,
    });
  });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
}

/** What the compose file builds, if the Dockerfile is there; else the Dockerfile in the folder itself. */
async function detectBuild(folder: string, fileNames: readonly string[]): Promise<DetectedBuild | undefined> {
  const composeFile = composeFileIn(fileNames);
  const read = composeFile === undefined ? undefined : await readTextFile(folder, composeFile);
  for (const build of read?.kind === 'text' ? buildsIn(read.text) : []) {
    const path = join(folder, build.context ?? '.', build.dockerfile ?? 'Dockerfile');
    if ((await stat(path).catch(() => undefined))?.isFile() === true) return build;
  }
  return fileNames.includes('Dockerfile') ? {} : undefined;
}

type ReadText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly what: string; readonly hint: string };

async function readTextFile(folder: string, file: string): Promise<ReadText> {
  const path = join(folder, file);
  try {
    const facts = await stat(path);
    if (!facts.isFile())
      return { kind: 'unreadable', what: 'This is not a file.', hint: 'Put a text file here.' };
    if (facts.size > maxFileBytes) {
      return { kind: 'unreadable', what: 'The file is larger than 1 MiB.', hint: 'Is it the right file?' };
    }
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)) };
  } catch (error) {
    if (error instanceof TypeError) {
      return { kind: 'unreadable', what: 'The file is not UTF-8 text.', hint: 'Save it as UTF-8.' };
    }
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    return { kind: 'unreadable', what: `The file cannot be read (${code}).`, hint: 'Check its permissions.' };
  }
}

function unreadable(file: string, read: Exclude<ReadText, { kind: 'text' }>): Problem {
  return read.kind === 'missing'
    ? { file, what: 'The file is gone.', hint: 'Try again.' }
    : { file, what: read.what, hint: read.hint };
}

/** Paths without which nothing can be built. Env files are no part of this: the board shows them by environment. */
async function missingPaths(folder: string, config: WorkspaceConfig, source: YamlSource): Promise<Problem[]> {
  const { context, dockerfile } = config.build;
  const [contextFacts, dockerfileFacts] = await Promise.all(
    [join(folder, context), join(folder, context, dockerfile)].map((path) =>
      stat(path).catch(() => undefined),
    ),
  );
  if (contextFacts?.isDirectory() !== true) {
    return [
      {
        file: configFileName,
        ...source.valueAt(['build', 'context']),
        path: 'build.context',
        what: `The build context ${context} ${contextFacts === undefined ? 'does not exist' : 'is no folder'}.`,
        hint: 'Name a folder, relative to gantry.yml.',
      },
    ];
  }
  if (dockerfileFacts?.isFile() === true) return [];
  return [
    {
      file: configFileName,
      ...source.valueAt(['build', 'dockerfile']),
      path: 'build.dockerfile',
      what: `There is no ${dockerfile} in ${context === '.' ? 'the workspace folder' : context}.`,
      hint: 'Add it, or name another under build.dockerfile, relative to the context.',
    },
  ];
}

function misnamedFile(fileName: string): Problem {
  return {
    file: fileName,
    what: `Gantry reads ${configFileName}, not ${fileName}.`,
    hint: `Rename it to ${configFileName}.`,
  };
}

function nothingHere(folder: string): Problem {
  return {
    file: configFileName,
    what: `${folder} has neither a gantry.yml nor a Dockerfile.`,
    hint: 'Add a Dockerfile, or open the folder that has one; gantry.yml can name one elsewhere under build.',
  };
}

function cannotWrite(path: string, error: unknown): GantryError {
  return codeOf(error) === 'EEXIST'
    ? new GantryError('config-invalid', `${path} exists already.`, 'Edit it, or delete it and try again.')
    : new GantryError(
        'config-invalid',
        `${path} cannot be written (${codeOf(error)}).`,
        'Check the permissions.',
        {
          cause: error,
        },
      );
}

function versionIn(packageJson: string): string | undefined {
  try {
    const data: unknown = JSON.parse(packageJson);
    const version = data !== null && typeof data === 'object' && 'version' in data ? data.version : undefined;
    return typeof version === 'string' && version.trim() !== '' ? version.trim() : undefined;
  } catch {
    // Not our file: whoever owns it will hear of it elsewhere.
    return undefined;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
