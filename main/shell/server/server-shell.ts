import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { GantryError } from '#shared/domain/errors.ts';
import type { GantryRouter } from '../gantry-router.ts';
import { type AnswerOptions, answer, linkPath, send, text } from './answer.ts';
import { createBrowserSessions, createOneTimeLinks, type LinkFacts } from './one-time-links.ts';
import { peerUser } from './peer-user.ts';
import { cookie, ownHosts, upgradeRefusal } from './request-guard.ts';
import { createSocketDoor, refuseUpgrade, type SocketDoor } from './socket-door.ts';

/** The only interface it ever listens on. */
const loopback = '127.0.0.1';
export const socketPath = '/api/ws';

export type ServerShellOptions = {
  readonly router: GantryRouter;
  /** The built renderer. */
  readonly rendererFolder: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly now: () => number;
  readonly platform: NodeJS.Platform;
  /** The user who runs this; absent where the system has no such ids. */
  readonly uid?: number;
  readonly pingEveryMs?: number;
  /** While developing: the port of the Vite server that stands in front, and secrets that survive a restart. */
  readonly dev?: { readonly port: number; readonly token: string; readonly session: string };
};

export type ServerShell = {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** A link that lets one browser in, once, within five minutes. */
  issueUrl(facts?: Partial<LinkFacts>): string;
  /** From now on no new run is started from a browser. */
  refuseRuns(): void;
  /** Closes every connection; the router stays its owner's. */
  close(): Promise<void>;
};

/** The renderer and the contract over loopback HTTP, for machines without a display or without Electron. */
export async function createServerShell(options: ServerShellOptions): Promise<ServerShell> {
  const { dev, now } = options;
  const server = createServer();
  const port = await listen(server, options.port);
  const origin = `http://${loopback}:${dev?.port ?? port}`;
  const links = createOneTimeLinks(now, dev === undefined ? [] : [dev.token]);
  const sessions = createBrowserSessions(dev?.session);
  const guard: AnswerOptions = {
    hosts: [...ownHosts(port), ...(dev === undefined ? [] : ownHosts(dev.port))],
    // Cookies do not tell ports apart: two Gantrys on one machine would overwrite each other's.
    cookieName: `gantry-${dev?.port ?? port}`,
    links,
    sessions,
    rendererFolder: options.rendererFolder,
    isSameUser: (request) => isSameUser(request, port, options),
  };
  const door = createSocketDoor(options.router, options.pingEveryMs);
  serve(server, guard, door);
  return {
    port,
    origin,
    issueUrl: (facts) => {
      const token = links.issue({ landing: '', sameUser: false, ...facts });
      return `${origin}${linkPath}?token=${token}`;
    },
    refuseRuns: door.refuseRuns,
    close: async () => {
      server.close();
      await door.close();
      server.closeAllConnections();
    },
  };
}

function serve(server: Server, guard: AnswerOptions, door: SocketDoor): void {
  server.on('request', (request, response) => {
    answer(request, guard)
      .catch(() => text(500, 'Gantry could not answer.\n'))
      .then((answered) => send(answered, response))
      // The browser has gone away meanwhile.
      .catch(() => response.destroy());
  });
  server.on('upgrade', (request, socket, head) => {
    // Gone before it was let in.
    socket.on('error', () => socket.destroy());
    const method = request.method ?? 'GET';
    const refused = upgradeRefusal({ method, headers: request.headers }, guard.hosts);
    if (refused !== undefined) return refuseUpgrade(socket, 403, refused);
    if (request.url !== socketPath) return refuseUpgrade(socket, 404, 'There is nothing here.');
    if (!guard.sessions.has(cookie(request.headers.cookie, guard.cookieName))) {
      return refuseUpgrade(socket, 401, 'This browser has not been let in.');
    }
    door.accept(request, socket, head);
  });
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port)));
    server.listen({ host: loopback, port, exclusive: true }, () => {
      const address = server.address();
      // An object, since it listens on TCP.
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function listenError(error: NodeJS.ErrnoException, port: number): GantryError {
  const why = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be listened on (${error.code})`;
  return new GantryError(
    'usage',
    `Port ${port} ${why}.`,
    'Choose another with --port, or 0 for a free one.',
    {
      cause: error,
    },
  );
}

/** Only Linux tells who is at the other end; elsewhere a link never stands where other users could read it. */
async function isSameUser(
  { socket }: IncomingMessage,
  ours: number,
  { platform, uid }: ServerShellOptions,
): Promise<boolean> {
  if (platform !== 'linux' || uid === undefined) return true;
  const ports = { theirs: socket.remotePort ?? 0, ours };
  return peerUser(await readFile('/proc/net/tcp', 'utf8'), ports) === uid;
}
