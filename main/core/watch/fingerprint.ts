import { posix } from 'node:path';
import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from '../context.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import type { OpenWorkspace } from '../open-workspace.ts';

/**
 * Equal where nothing that git follows, and nothing of the environment's env file, differs. `undefined` outside a
 * repository, where that cannot be told. Stays in memory: an env file holds secrets.
 */
export async function fingerprintOf(
  ports: Pick<Ports, 'git' | 'files'>,
  { folder }: Pick<OpenWorkspace, 'folder'>,
  environment: Pick<Environment, 'envFile'> | undefined,
): Promise<string | undefined> {
  const [source, config, env] = await Promise.all([
    ports.git.source(folder),
    ports.files.readText(posix.join(folder, 'gantry.yml')),
    environment === undefined ? undefined : ports.files.readText(posix.join(folder, environment.envFile)),
  ]);
  const { commit, uncommittedHash } = source;
  if (commit === undefined && uncommittedHash === undefined) return undefined;
  return sha256(canonicalJson({ commit: commit?.sha, uncommittedHash, config, env }));
}
