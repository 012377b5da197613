import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { LoadedWorkspace, Workspaces } from '#main/core/ports.ts';
import { createTargets } from '#main/targets/index.ts';
import { createWorkspaces } from '#main/workspace/workspaces.ts';
import type { WorkspaceConfig } from '#shared/domain/workspace-config.ts';

export type WorkspaceFolder = {
  readonly folder: string;
  readonly workspaces: Workspaces;
  /** What git says its remote is called. */
  remote: string | undefined;
  write(files: Readonly<Record<string, string>>): void;
  /** With this gantry.yml and a Dockerfile. */
  loadText(text: string): Promise<LoadedWorkspace>;
  remove(): void;
};

export function createWorkspaceFolder(): WorkspaceFolder {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gantry-workspace-')));
  const at: WorkspaceFolder = {
    folder,
    remote: undefined,
    workspaces: createWorkspaces({ targets: createTargets().list(), remoteName: async () => at.remote }),
    write(files) {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
      }
    },
    async loadText(text) {
      at.write({ 'gantry.yml': text, Dockerfile: 'FROM scratch\n' });
      return at.workspaces.load(folder);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  return at;
}

/** `line:column path what hint` */
export function saidOf(loaded: LoadedWorkspace, of: 'problems' | 'unbuildable' = 'problems'): string[] {
  return loaded[of].map(
    ({ line, column, path, what, hint }) => `${line ?? '-'}:${column ?? '-'} ${path ?? '-'} ${what} ${hint}`,
  );
}

export function configOf(loaded: LoadedWorkspace): WorkspaceConfig {
  if (loaded.config === undefined) throw new Error(`no config: ${saidOf(loaded).join('\n')}`);
  return loaded.config;
}
