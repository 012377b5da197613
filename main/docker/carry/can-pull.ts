import { bodyOf } from '../connection.ts';
import type { CredentialOptions } from '../credentials.ts';
import type { EngineAccess } from '../engine-access.ts';
import { registryAuthOf } from '../registry/engine-transfer.ts';
import { nameOf, parseName } from '../registry/names.ts';

/** An engine waits far longer for a registry that it cannot reach. */
const withinMs = 4_000;

/**
 * Has the engine ask the registry about an image, by which it fetches nothing. A registry that says it has none was
 * reached all the same.
 */
export async function canPull(
  access: EngineAccess,
  credentials: CredentialOptions,
  ref: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const { repository, digest, tag = 'latest' } = parseName(ref);
  const name = nameOf(repository);
  const asked = digest === undefined ? `${name}:${tag}` : `${name}@${digest}`;
  const registryAuth = await registryAuthOf(repository.host, credentials);
  const deadline = AbortSignal.timeout(withinMs);
  try {
    return await access.use(signal, async (connection, both) => {
      const answer = await connection.send({
        method: 'GET',
        path: `/distribution/${asked}/json`,
        registryAuth,
        signal: AbortSignal.any([both, deadline]),
        accept: [400, 401, 403, 404, 500],
      });
      const body = (await bodyOf(answer)).toString('utf8');
      return answer.statusCode === 200 || /manifest unknown|name unknown|not found/i.test(body);
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.aborted) return false;
    throw error;
  }
}
