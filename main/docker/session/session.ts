import type { BuildSpec } from '#main/core/ports.ts';
import type { GantryError } from '#shared/domain/errors.ts';
import { closeHttp2 } from '../close-http2.ts';
import { ConnectionCut } from '../control/grpc-failure.ts';
import { type CredentialOptions, findCredentials } from '../credentials.ts';
import { dialUpgrade } from '../dial-upgrade.ts';
import type { Candidate } from '../find-engine.ts';
import { createContentStore } from './content-store.ts';
import { GrpcError, grpcStatus, type Methods, serveGrpc } from './grpc-server.ts';
import { readFirstString, writeCredentials, writeSecret, writeServing } from './messages.ts';
import { createFileServer, type FileOptions } from './serve-files.ts';
import { createAgentForwarding } from './ssh-agents.ts';

/** What the engine is given, by whom the session serves at the time. */
export type Served = Omit<FileOptions, 'onFailure'> & {
  /** By id. */
  readonly secrets: Readonly<Record<string, Uint8Array>>;
};

export type SessionOptions = Served & {
  readonly id: string;
  /** The engine keeps one copy of a folder for each of these, and compares with that. */
  readonly sharedKey: string;
  readonly engine: Candidate;
  readonly apiVersion: string;
  readonly agents: BuildSpec['ssh'];
  /** Of build caches, by the names under which the engine asks for them. */
  readonly cacheFolders: ReadonlyMap<string, string>;
  readonly credentials: CredentialOptions;
  /** For opening it. */
  readonly signal: AbortSignal;
};

/** What the engine may ask this machine for while it builds, over one connection. */
export type Session = {
  readonly id: string;
  /** From now on the engine is given this, and what it was given before no more. */
  serve(served: Served): void;
  /** Fires when the engine has left. */
  readonly lost: AbortSignal;
  /** Why something could not be given, in words for the person; the engine repeats them among its own. */
  failure(): GantryError | undefined;
  /** The process may end while it is open. */
  unref(): void;
  close(): void;
};

const healthCheck = '/grpc.health.v1.Health/Check';
const diffCopy = '/moby.filesync.v1.FileSync/DiffCopy';
const credentialsOf = '/moby.filesync.v1.Auth/Credentials';
const getSecret = '/moby.buildkit.secrets.v1.Secrets/GetSecret';

/** Throws when the engine opens none. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { id, credentials } = options;
  const serving = (served: Served) => {
    let failure: GantryError | undefined;
    const onFailure = (why: GantryError) => {
      failure ??= why;
    };
    return { ...createOwnMethods({ ...served, onFailure }, credentials), failure: () => failure };
  };
  let own = serving(options);
  const methods = createMethods(options, () => own);
  const socket = await dialUpgrade({
    engine: options.engine,
    path: `/v${options.apiVersion}/session`,
    headers: {
      'X-Docker-Expose-Session-Uuid': id,
      'X-Docker-Expose-Session-Name': 'gantry',
      'X-Docker-Expose-Session-Sharedkey': options.sharedKey,
      'X-Docker-Expose-Session-Grpc-Method': [
        ...Object.keys(methods.unary),
        ...Object.keys(methods.streaming),
      ],
    },
    signal: options.signal,
  });
  const http2 = serveGrpc(socket, methods);
  const lost = new AbortController();
  socket.once('close', () => lost.abort(new ConnectionCut()));
  return {
    id,
    serve(served) {
      own = serving(served);
    },
    lost: lost.signal,
    failure: () => own.failure(),
    unref: () => http2.unref(),
    close: () => closeHttp2(http2, socket),
  };
}

function createMethods({ agents, cacheFolders }: SessionOptions, own: () => OwnMethods): Methods {
  // An engine that knows that there is no agent can say so better than by asking.
  const others = [
    ...(agents.length > 0 ? [createAgentForwarding(agents)] : []),
    ...(cacheFolders.size > 0 ? [createContentStore(cacheFolders)] : []),
  ];
  return {
    unary: {
      [healthCheck]: () => writeServing(),
      [credentialsOf]: (message) => own().credentials(message),
      [getSecret]: (message) => own().secret(message),
      ...Object.assign({}, ...others.map(({ unary }) => unary)),
    },
    streaming: {
      [diffCopy]: (stream, metadata) => own().files(stream, metadata),
      ...Object.assign({}, ...others.map(({ streaming }) => streaming)),
    },
  };
}

type OwnMethods = ReturnType<typeof createOwnMethods>;

function createOwnMethods(
  { secrets, ...options }: Served & Pick<FileOptions, 'onFailure'>,
  credentials: CredentialOptions,
) {
  return {
    credentials: async (message: Uint8Array) =>
      writeCredentials(await findCredentials(readFirstString(message), credentials)),
    secret(message: Uint8Array): Uint8Array {
      const secretId = readFirstString(message);
      const value = Object.hasOwn(secrets, secretId) ? secrets[secretId] : undefined;
      if (value === undefined) {
        throw new GrpcError(grpcStatus.notFound, `there is no build secret ${JSON.stringify(secretId)}`);
      }
      return writeSecret(value);
    },
    files: createFileServer(options),
  };
}
