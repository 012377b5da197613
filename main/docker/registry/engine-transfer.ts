import type { GantryError } from '#shared/domain/errors.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import { bodyOf, type Connection } from '../connection.ts';
import { type CredentialOptions, findCredentials } from '../credentials.ts';
import type { EngineAccess } from '../engine-access.ts';
import { refInPath } from '../image-ref.ts';
import { factsOf, inspectImage, removeName } from '../images.ts';
import { readJsonMessages } from '../json-messages.ts';
import { readEngineMessage } from './engine-messages.ts';
import { gone, loginHint, refused, unreachable } from './failures.ts';
import { apiHost, nameOf, type Repository } from './names.ts';
import type { Progress } from './progress.ts';

export type EngineTransfer = {
  readonly access: EngineAccess;
  readonly credentials: CredentialOptions;
  readonly repository: Repository;
  readonly progress: Progress;
  readonly signal: AbortSignal;
};

/** Has the engine push an image as `repository:tag`. What it says of the digest is not documented, and not read. */
export async function pushFromEngine(
  { access, credentials, repository, progress, signal }: EngineTransfer,
  imageId: string,
  tag: string,
): Promise<ImageFacts> {
  const name = nameOf(repository);
  const registryAuth = await registryAuthOf(repository.host, credentials);
  return access.use(signal, async (connection, both) => {
    const image = await inspectImage(connection, imageId, both);
    if (image === undefined) throw gone(`The engine has no image ${imageId}`);
    const before = await inspectImage(connection, `${name}:${tag}`, both);
    if (before?.Id !== image.Id) await nameImage(connection, image.Id, name, tag, both);
    try {
      const path = `/images/${refInPath(name)}/push`;
      const request = { method: 'POST', path, query: { tag }, registryAuth, signal: both } as const;
      await readTransfer(connection, request, repository.host, progress);
    } catch (error) {
      if (before?.Id !== image.Id)
        await restoreName(connection, `${name}:${tag}`, before?.Id).catch(() => {});
      throw error;
    }
    return factsOf(image, await connection.imageStore(both));
  });
}

/** Has the engine fetch an image by digest, unless it has it. */
export async function pullToEngine(
  { access, credentials, repository, progress, signal }: EngineTransfer,
  digest: string,
  platform: string | undefined,
): Promise<ImageFacts> {
  const name = `${nameOf(repository)}@${digest}`;
  return access.use(signal, async (connection, both) => {
    const known = await inspectImage(connection, name, both);
    if (known === undefined) {
      const query = {
        fromImage: nameOf(repository),
        tag: digest,
        ...(platform === undefined ? {} : { platform }),
      };
      const registryAuth = await registryAuthOf(repository.host, credentials);
      const request = { method: 'POST', path: '/images/create', query, registryAuth, signal: both } as const;
      await readTransfer(connection, request, repository.host, progress);
    }
    const image = known ?? (await inspectImage(connection, name, both));
    if (image === undefined)
      throw refused(`The engine has fetched ${name}, but does not have it.`, 'Try again.');
    return factsOf(image, await connection.imageStore(both));
  });
}

async function readTransfer(
  connection: Connection,
  request: Parameters<Connection['send']>[0],
  host: string,
  progress: Progress,
): Promise<void> {
  // Before anything has been said an engine answers with a status of its own, with the same words.
  const answer = await connection.send({ ...request, accept: [400, 401, 403, 404, 500] });
  let failure: string | undefined;
  if (answer.statusCode !== 200) {
    const body = (await bodyOf(answer)).toString('utf8');
    throw failureOf(host, /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? body.slice(0, 300));
  }
  for await (const message of readJsonMessages(answer)) failure ??= readEngineMessage(message, progress);
  if (failure !== undefined) throw failureOf(host, failure);
  progress.flush();
}

const isUnreachable =
  /connection refused|connection reset|no such host|i\/o timeout|timeout|unexpected EOF|network is unreachable|no route to host|received unexpected HTTP status: 5|50[0234] |TLS handshake|x509|server gave HTTP response to HTTPS client/i;
const isDenied = /unauthorized|authentication required|no basic auth|denied|forbidden|insufficient_scope/i;
const isGone = /manifest unknown|not found|no such image|does not exist/i;

/** The engine passes on what the registry, or the way there, said: only its words tell which it was. */
function failureOf(host: string, said: string): GantryError {
  const words = said.trim().replace(/\.$/, '');
  if (isDenied.test(words)) {
    return refused(`The registry ${host} does not allow it, says the engine: ${words}.`, loginHint(host));
  }
  if (isUnreachable.test(words)) return unreachable(host, `the engine says: ${words}`);
  if (isGone.test(words)) return gone(`The registry ${host} does not have it, says the engine: ${words}`);
  return refused(`The engine could not finish it: ${words}.`, 'The engine’s own log may tell more.');
}

async function nameImage(connection: Connection, id: string, repo: string, tag: string, signal: AbortSignal) {
  const path = `/images/${refInPath(id)}/tag`;
  await bodyOf(await connection.send({ method: 'POST', path, query: { repo, tag }, signal }));
}

async function restoreName(connection: Connection, ref: string, imageId: string | undefined): Promise<void> {
  await connection.during(undefined, async (signal) => {
    if (imageId === undefined) return removeName(connection, ref, signal);
    const colon = ref.lastIndexOf(':');
    return nameImage(connection, imageId, ref.slice(0, colon), ref.slice(colon + 1), signal);
  });
}

const hubAddress = 'https://index.docker.io/v1/';

/** The X-Registry-Auth header: JSON in base64url. Required, even when there is nothing to say. */
export async function registryAuthOf(host: string, options: CredentialOptions): Promise<string> {
  const found = await findCredentials(apiHost(host), options).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw refused(`The credentials for the registry ${host} cannot be read: ${why}.`, loginHint(host), error);
  });
  const serveraddress = host === 'docker.io' ? hubAddress : host;
  const auth =
    found.secret === ''
      ? {}
      : found.username === ''
        ? { identitytoken: found.secret, serveraddress }
        : { username: found.username, password: found.secret, serveraddress };
  // Padded, unlike Node's own base64url: the engine takes what it cannot decode for nobody, without a word.
  return Buffer.from(JSON.stringify(auth)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
