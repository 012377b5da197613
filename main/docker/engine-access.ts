import { GantryError } from '#shared/domain/errors.ts';
import type { EngineStatus } from '#shared/domain/system.ts';
import { type Connection, connect, type Env } from './connection.ts';
import { noEngine } from './failures.ts';
import type { Candidate, Candidates } from './find-engine.ts';
import type { SshConnections } from './ssh-connections.ts';

/** The engine in use. */
export type EngineAccess = {
  /** Throws `engine-unreachable` when none answers. */
  connection(signal?: AbortSignal): Promise<Connection>;
  status(signal?: AbortSignal): Promise<EngineStatus>;
  /** Of the engine in use, or of the one that would be tried first. */
  candidate(): Candidate | undefined;
  use<T>(
    signal: AbortSignal | undefined,
    work: (connection: Connection, signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** Ends connections that were kept. */
  dispose(): void;
};

type Sought =
  | { readonly kind: 'found'; readonly connection: Connection }
  | { readonly kind: 'none'; readonly tried: readonly string[]; readonly failure: GantryError };

/** @param find asked anew with every call: a context may be another one meanwhile */
export function createEngineAccess(find: () => Candidates, env: Env): EngineAccess {
  let current: Connection | undefined;
  let kept: SshConnections | undefined;
  const ssh = async () => {
    kept ??= (await import('./ssh-connections.ts')).keepSshConnections(env);
    return kept;
  };

  /** An engine in use stays so as long as nothing that the person chose themselves points elsewhere. */
  function candidates(): Candidates {
    const found = find();
    const used = current?.engine;
    const first = found.engines[0];
    const stays = used !== undefined && found.engines.some((engine) => engine.host === used.host);
    return stays && !isChosen(first, used) ? { ...found, engines: [used] } : found;
  }

  async function seek(signal?: AbortSignal): Promise<Sought> {
    const { engines, notes, hint } = candidates();
    const tried = [...notes];
    let failure: GantryError | undefined;
    for (const engine of engines) {
      try {
        current = await connect(engine, env, ssh, signal);
        return { kind: 'found', connection: current };
      } catch (error) {
        if (!(error instanceof GantryError)) throw error;
        failure = error;
        tried.push(error.message.replace(/\.$/, ''));
      }
    }
    // With one to choose from, what it said itself is clearer.
    return { kind: 'none', tried, failure: tried.length === 1 && failure ? failure : noEngine(tried, hint) };
  }

  async function connection(signal?: AbortSignal): Promise<Connection> {
    signal?.throwIfAborted();
    const [used, first] = [current, candidates().engines[0]];
    if (used !== undefined && used.engine.host === first?.host) return used;
    const sought = await seek(signal);
    if (sought.kind === 'none') throw sought.failure;
    return sought.connection;
  }

  return {
    connection,
    candidate: () => candidates().engines[0],
    async use(signal, work) {
      const connected = await connection(signal);
      return connected.during(signal, (both) => work(connected, both));
    },
    async status(signal) {
      try {
        const sought = await seek(signal);
        if (sought.kind === 'found') return await statusOf(sought.connection, signal);
        return { kind: 'unreachable', why: sought.failure.message, tried: [...sought.tried] };
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return { kind: 'unreachable', why, tried: [why] };
      }
    },
    dispose() {
      kept?.dispose();
      kept = undefined;
    },
  };
}

/** Said by the person: DOCKER_HOST or a context, as against a socket that happens to be there. */
function isChosen(first: Candidate | undefined, used: Candidate): boolean {
  return first !== undefined && first.host !== used.host && /^(DOCKER_HOST|context )/.test(first.via);
}

async function statusOf(connection: Connection, signal?: AbortSignal): Promise<EngineStatus> {
  const info = await connection.during(signal, (both) => connection.info(both));
  return {
    kind: 'reachable',
    version: info.version,
    apiVersion: connection.apiVersion,
    product: connection.product,
    via: connection.engine.via,
    host: connection.engine.host,
    imageStore: info.imageStore,
    hasBuildKit: connection.hasBuildKit,
  };
}
