import type { BuildOutput, BuildSpec } from '#main/core/ports.ts';
import type { Connection } from '../connection.ts';
import { checkAgents } from '../session/ssh-agents.ts';
import { type BuildSession, type BuildSessionOptions, openBuildSession } from './build-session.ts';
import { dialControl } from './dial-control.ts';
import { createGrpcClient, type GrpcClient } from './grpc-client.ts';
import type { GrpcFailure } from './grpc-failure.ts';
import { recallFailure } from './history.ts';
import { type Caches, openCaches } from './local-cache.ts';
import { refuseOnClassic } from './store-limits.ts';

const recallWithinMs = 2_000;

/** What a build needs of an engine: one connection by which we ask, and one by which it asks. */
export type Control = BuildSession & {
  readonly client: GrpcClient;
  readonly caches: Caches;
  /** Why a build failed of which the answer never came; `undefined` when the engine does not know. */
  recall(ref: string): Promise<GrpcFailure | undefined>;
  /** Whoever has nothing else to do need not wait for it. */
  unref(): void;
};

/**
 * Throws when the engine opens none, `config-invalid` for what is not there, and `engine-refused` for what the engine's
 * image store cannot hold.
 */
export async function openControl(
  connection: Connection,
  options: BuildSessionOptions,
  spec: BuildSpec,
  put: (output: BuildOutput) => void,
  signal: AbortSignal,
): Promise<Control> {
  await refuseOnClassic(connection, spec, signal);
  await checkAgents(spec.ssh);
  const caches = await openCaches(spec);
  if (caches.notes.length > 0) put({ kind: 'lines', stream: 'err', texts: caches.notes });
  const asker = { options, spec, cacheFolders: caches.folders, put, signal };
  const opened = await Promise.allSettled([
    openBuildSession(connection, asker),
    dialControl(connection, signal),
  ]);
  const [own, socket] = opened;
  if (own.status === 'rejected' || socket.status === 'rejected') {
    if (own.status === 'fulfilled') own.value.close();
    if (socket.status === 'fulfilled') socket.value.destroy();
    throw opened.find((each) => each.status === 'rejected')?.reason;
  }
  const client = createGrpcClient(socket.value);
  return {
    ...own.value,
    client,
    caches,
    async recall(ref) {
      const soon = AbortSignal.timeout(recallWithinMs);
      const again = createGrpcClient(await dialControl(connection, soon));
      try {
        return await recallFailure(again, ref, soon);
      } finally {
        again.close();
      }
    },
    unref() {
      client.unref();
      own.value.session.unref();
    },
    close() {
      client.close();
      own.value.close();
    },
  };
}
