import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import type { BuildSecret } from '#shared/domain/build-config.ts';
import { fromEnv, resolveReference } from './references.ts';
import { readSecretFile, unresolved } from './secret-file.ts';

/** BuildKit takes no larger secret (session/secrets/secretsprovider). */
const maxBuildSecretBytes = 500 * 1024;

type Place = {
  readonly folder: string;
  readonly homeFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** A file's bytes as they are, as with the docker CLI: a key may need its last line break. */
export async function readBuildSecret(source: BuildSecret, place: Place): Promise<Uint8Array> {
  if ('file' in source) {
    return readSecretFile({
      written: source.file,
      path: withHome(source.file, place.homeFolder),
      folder: place.folder,
      maxBytes: maxBuildSecretBytes,
      absoluteExample: '/run/secrets/token',
    });
  }
  const value =
    'env' in source
      ? fromEnv(source.env, source.env, place.env)
      : await resolveReference(source.secret, place.folder, place.env);
  return Buffer.from(value, 'utf8');
}

export async function agentSocket(written: string, place: Place): Promise<string> {
  const name = written === 'agent' ? 'SSH_AUTH_SOCK' : written;
  const path = written === 'agent' ? fromAgentVariable(place.env) : withHome(written, place.homeFolder);
  const socket = isAbsolute(path) ? path : resolve(place.folder, path);
  const facts = await stat(socket).catch(() => undefined);
  if (facts?.isSocket() === true) return socket;
  throw unresolved(
    name,
    facts === undefined ? `names ${socket}, which does not exist` : `names ${socket}, which is no socket`,
    'Start an agent and add a key (ssh-add), or name the socket of one that runs under build.ssh.',
  );
}

function fromAgentVariable(env: Place['env']): string {
  const { SSH_AUTH_SOCK } = env;
  if (SSH_AUTH_SOCK !== undefined && SSH_AUTH_SOCK !== '') return SSH_AUTH_SOCK;
  throw unresolved(
    'SSH_AUTH_SOCK',
    'is not set, so no SSH agent can be asked',
    'Start an agent (eval "$(ssh-agent)"), add a key (ssh-add), and start Gantry from there.',
  );
}

/** Only one's own home: `~ada` is left as it is, and does not exist. */
function withHome(path: string, homeFolder: string): string {
  if (path === '~') return homeFolder;
  return /^~[/\\]/.test(path) ? join(homeFolder, path.slice(2)) : path;
}
