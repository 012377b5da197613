import type { Duplex } from 'node:stream';
import type { Connection } from '../connection.ts';
import { dialUpgrade } from '../dial-upgrade.ts';

/** The connection by which an engine is asked for builds. */
export function dialControl({ engine, apiVersion }: Connection, signal: AbortSignal): Promise<Duplex> {
  return dialUpgrade({ engine, path: `/v${apiVersion}/grpc`, headers: {}, signal });
}
