import { randomUUID } from 'node:crypto';
import type { Connection } from '../connection.ts';
import type { CredentialOptions } from '../credentials.ts';
import { type Given, keyOf } from '../session/given-files.ts';
import { identityOf } from '../session/serve-files.ts';
import { openSession, type Session } from '../session/session.ts';
import type { Told, Way } from '../session/standing.ts';
import { dialControl } from './dial-control.ts';
import { createGrpcClient } from './grpc-client.ts';
import { solvePath, writeFetchRequest } from './solve-messages.ts';

/** The name under which a build serves its context. */
export const contextName = 'context';

/**
 * By which the engine knows its copy of a context that it is told of between builds. A command has another copy: what is in
 * use is not compared with, and all would be sent again for whoever comes at the same time.
 */
export function standingKey(folder: string): string {
  return `${identityOf(folder)}-open`;
}

/** How the engine is told of the context of a build that asked for all this. */
export function wayToTell(
  connection: Connection,
  folder: string,
  credentials: CredentialOptions,
  all: Given['asked'],
): Way {
  const ofContext = all.filter(({ name }) => name === contextName);
  const asked = [...new Map(ofContext.map((one) => [keyOf(one), one])).values()];
  return {
    asked,
    async tell(id, told, signal) {
      const session = await openStanding(connection, folder, credentials, { id, ...told }, signal);
      try {
        await fetchAll(connection, id, asked, signal);
        return session;
      } catch (error) {
        session.close();
        throw error;
      }
    },
  };
}

async function openStanding(
  { engine, apiVersion }: Connection,
  folder: string,
  credentials: CredentialOptions,
  told: Told & { readonly id: string },
  signal: AbortSignal,
): Promise<Session> {
  const session = await openSession({
    ...{ engine, apiVersion, credentials, signal, ...told },
    folders: new Map([[contextName, folder]]),
    sharedKey: standingKey(folder),
    secrets: {},
    agents: [],
    cacheFolders: new Map(),
    // A build looks at all of it again, and says what there is to say.
    onNote: () => {},
  });
  session.unref();
  return session;
}

async function fetchAll(
  connection: Connection,
  session: string,
  asked: Given['asked'],
  signal: AbortSignal,
): Promise<void> {
  const client = createGrpcClient(await dialControl(connection, signal));
  client.unref();
  try {
    for (const { name, selection } of asked) {
      const ref = randomUUID().replaceAll('-', '');
      await client.ask(solvePath, writeFetchRequest(ref, { session, name, selection }), signal);
    }
  } finally {
    client.close();
  }
}
