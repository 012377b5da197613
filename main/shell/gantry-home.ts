import { join } from 'node:path';

type Machine = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The person's home folder. */
  readonly homeFolder: string;
};

/** For what may be thrown away at any time. */
export function cacheFolder({ env, platform, homeFolder }: Machine): string {
  if (platform === 'win32') {
    return join(env.LOCALAPPDATA ?? join(homeFolder, 'AppData', 'Local'), 'Gantry', 'Cache');
  }
  if (platform === 'darwin') return join(homeFolder, 'Library', 'Caches', 'Gantry');
  const cache = env.XDG_CACHE_HOME;
  return join(cache?.startsWith('/') === true ? cache : join(homeFolder, '.cache'), 'gantry');
}

/** Where the ledger and the keys live: one folder for every shell, so that they share the same runs. */
export function gantryHome({ env, platform, homeFolder }: Machine): string {
  const chosen = env.GANTRY_HOME;
  if (chosen !== undefined && chosen !== '') return chosen;
  if (platform === 'win32') {
    return join(env.LOCALAPPDATA ?? join(homeFolder, 'AppData', 'Local'), 'Gantry');
  }
  if (platform === 'darwin') return join(homeFolder, 'Library', 'Application Support', 'Gantry');
  const data = env.XDG_DATA_HOME;
  // The XDG specification says that a relative path is to be ignored.
  return join(data?.startsWith('/') === true ? data : join(homeFolder, '.local', 'share'), 'gantry');
}
