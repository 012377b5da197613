import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

export type EnvVars = Readonly<Record<string, string | undefined>>;

/** What /etc/os-release says, as far as provisioning needs it. */
export type Distribution = {
  readonly id: string;
  readonly version: string;
  readonly codename: string;
};

export function distribution(file = '/etc/os-release'): Distribution | undefined {
  if (!existsSync(file)) return undefined;
  const fields = new Map<string, string>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, key, value] = /^([A-Z_]+)="?(.*?)"?$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, value);
  }
  return {
    id: fields.get('ID') ?? '',
    version: fields.get('VERSION_ID') ?? '',
    codename: fields.get('VERSION_CODENAME') ?? '',
  };
}

/** Why no private engine can be had here, or undefined where one can. */
export function whyNotProvisionable(): string | undefined {
  if (process.platform !== 'linux') return `${process.platform} is not Linux`;
  if (process.getuid?.() !== 0) return 'this is not root';
  const { id } = distribution() ?? { id: '' };
  if (id !== 'debian' && id !== 'ubuntu') return 'this is neither Debian nor Ubuntu';
  return undefined;
}

export function cacheFolder(env: EnvVars = process.env): string {
  if (env.GANTRY_ENGINE_CACHE) return env.GANTRY_ENGINE_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'gantry-test-engine');
}

/** The first executable of that name on the path. */
export function which(name: string, path: string = process.env.PATH ?? ''): string | undefined {
  const names = process.platform === 'win32' ? [`${name}.exe`, `${name}.cmd`] : [name];
  for (const folder of path.split(delimiter)) {
    for (const candidate of names) {
      if (folder !== '' && existsSync(join(folder, candidate))) return join(folder, candidate);
    }
  }
  return undefined;
}
