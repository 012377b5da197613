import type { Problem } from '#shared/domain/errors.ts';
import type { TestCounts } from '#shared/domain/release.ts';
import type { WorkspaceConfig } from '#shared/domain/workspace-config.ts';

export type LoadedWorkspace = {
  /** Absolute, symbolic links resolved. */
  readonly folder: string;
  readonly origin: 'written' | 'detected';
  /** Absent when there are problems that leave nothing to work with. */
  readonly config?: WorkspaceConfig;
  readonly problems: readonly Problem[];
  /** Paths that are not there, without which nothing can be built; all else can be done. */
  readonly unbuildable: readonly Problem[];
};

/** One line of an env file, before references are resolved. */
export type EnvEntry = { readonly key: string; readonly value: string; readonly line: number };

/** What a test's JUnit XML says. */
export type JunitReport = {
  readonly counts: TestCounts;
  /** The first of those that failed, with the first line of why. */
  readonly failures: readonly { readonly name: string; readonly message: string }[];
};

/** `why` goes on from the report's name: `was not written`. */
export type Unreadable = { readonly kind: 'unreadable'; readonly why: string };

export type Workspaces = {
  /** Throws `workspace-missing` when the folder is gone; every other problem is in the answer, all at once. */
  load(folder: string): Promise<LoadedWorkspace>;
  /** What a folder's gantry.yml would be with this text; the paths in it are not looked for. */
  loadText(folder: string, text: string): Promise<LoadedWorkspace>;
  /** gantry.yml for a workspace that has none, as it would be written. */
  describe(workspace: LoadedWorkspace): string;
  /** Writes gantry.yml; throws `config-invalid` when there is one. Resolves with its path. */
  writeConfig(folder: string, text: string): Promise<string>;
  /** In file order, later duplicates winning. Throws `env-file-missing` or `env-file-invalid` with every bad line. */
  readEnvFile(folder: string, file: string): Promise<readonly EnvEntry[]>;
  /** Version for a release where git has none: package.json's, else undefined. */
  packageVersion(folder: string): Promise<string | undefined>;
  /**
   * A folder inside the workspace, absolute, symbolic links resolved. Throws `config-invalid` where there is none or it
   * leads out.
   *
   * @param setting what names it in gantry.yml, such as `build.context`
   */
  folderInside(folder: string, path: string, setting: string): Promise<string>;
  /**
   * Called before a test starts: what lies at the path by then is not that test's report. Never rejects; nor does what
   * it answers.
   */
  expectReport(folder: string, path: string): Promise<() => Promise<Uint8Array | Unreadable>>;
  /** JUnit XML, whatever the bytes are. Never rejects. */
  readJunit(bytes: Uint8Array): Promise<JunitReport | Unreadable>;
  /** JSON Schema of gantry.yml, for editors. */
  jsonSchema(): Record<string, unknown>;
};
