import type { BuildSpec } from '#main/core/ports.ts';
import type { GantryError } from '#shared/domain/errors.ts';
import { closeHttp2 } from '../close-http2.ts';
import { ConnectionCut } from '../control/grpc-failure.ts';
import { type CredentialOptions, findCredentials } from '../credentials.ts';
import { dialUpgrade } from '../dial-upgrade.ts';
import type { Candidate } from '../find-engine.ts';
import { createContentStore } from './content-store.ts';
import type { GivenFiles } from './given-files.ts';
import { GrpcError, grpcStatus, type Methods, serveGrpc } from './grpc-server.ts';
import { readFirstString, writeCredentials, writeSecret, writeServing } from './messages.ts';
import { createFileServer, type FileOptions, identityOf } from './serve-files.ts';
import { createAgentForwarding } from './ssh-agents.ts';

export type SessionOptions = Omit<FileOptions, 'onFailure' | 'files'> & {
  readonly files: GivenFiles;
  readonly engine: Candidate;
  readonly apiVersion: string;
  /** By id. */
  readonly secrets: Readonly<Record<string, Uint8Array>>;
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
  readonly files: GivenFiles;
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
  const id = options.files.sessionId;
  let failure: GantryError | undefined;
  const methods = createMethods(options, (why) => {
    failure ??= why;
  });
  const socket = await dialUpgrade({
    engine: options.engine,
    path: `/v${options.apiVersion}/session`,
    headers: {
      'X-Docker-Expose-Session-Uuid': id,
      'X-Docker-Expose-Session-Name': 'gantry',
      'X-Docker-Expose-Session-Sharedkey': identityOf(options.folders.get('context') ?? '.'),
      'X-Docker-Expose-Session-Grpc-Method': [
        ...Object.keys(methods.unary),
        ...Object.keys(methods.streaming),
      ],
    },
    signal: options.signal,
  });
  const served = serveGrpc(socket, methods);
  const lost = new AbortController();
  socket.once('close', () => lost.abort(new ConnectionCut()));
  return {
    id,
    files: options.files,
    lost: lost.signal,
    failure: () => failure,
    unref: () => served.unref(),
    close: () => closeHttp2(served, socket),
  };
}

function createMethods(options: SessionOptions, onFailure: (failure: GantryError) => void): Methods {
  const { agents, cacheFolders } = options;
  const own = createOwnMethods(options, onFailure);
  // An engine that knows that there is no agent can say so better than by asking.
  const others = [
    ...(agents.length > 0 ? [createAgentForwarding(agents)] : []),
    ...(cacheFolders.size > 0 ? [createContentStore(cacheFolders)] : []),
  ];
  return {
    unary: Object.assign({}, own.unary, ...others.map(({ unary }) => unary)),
    streaming: Object.assign({}, own.streaming, ...others.map(({ streaming }) => streaming)),
  };
}

function createOwnMethods(options: SessionOptions, onFailure: (failure: GantryError) => void): Methods {
  const { secrets } = options;
  return {
    unary: {
      [healthCheck]: () => writeServing(),
      [credentialsOf]: async (message) =>
        writeCredentials(await findCredentials(readFirstString(message), options.credentials)),
      [getSecret](message) {
        const secretId = readFirstString(message);
        const value = Object.hasOwn(secrets, secretId) ? secrets[secretId] : undefined;
        if (value === undefined) {
          throw new GrpcError(grpcStatus.notFound, `there is no build secret ${JSON.stringify(secretId)}`);
        }
        return writeSecret(value);
      },
    },
    streaming: { [diffCopy]: createFileServer({ ...options, onFailure }) },
  };
}
