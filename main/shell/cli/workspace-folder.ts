import { dirname, join, resolve } from 'node:path';

export const configFileName = 'gantry.yml';

export type FolderQuestion = {
  /** What `-C` says. */
  readonly named?: string;
  readonly cwd: string;
  readonly exists: (path: string) => boolean;
};

/** The folder that `-C` names, else the nearest one upwards with a gantry.yml, else the current one. */
export function workspaceFolder({ named, cwd, exists }: FolderQuestion): string {
  if (named !== undefined) return resolve(cwd, named);
  return nearestWorkspace({ cwd, exists }) ?? cwd;
}

export function nearestWorkspace({ cwd, exists }: Omit<FolderQuestion, 'named'>): string | undefined {
  let folder = resolve(cwd);
  for (;;) {
    if (exists(join(folder, configFileName))) return folder;
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}
