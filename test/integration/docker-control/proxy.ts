import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The engine behind something that gets in the way. */
export type EngineProxy = {
  readonly dockerHost: string;
  /** Answers 404 to requests of this path from now on. */
  refuse(path: string): void;
  /** Cuts the connections of this path. */
  cut(path: string): number;
  close(): Promise<void>;
};

export async function startProxy(dockerHost: string): Promise<EngineProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-proxy-'));
  const refused: string[] = [];
  const open = new Map<Socket, string>();
  const server = createServer((socket) => {
    const onward = connect(dockerHost.replace('unix://', ''));
    for (const end of [socket, onward]) {
      end.on('error', () => end.destroy());
      end.on('close', () => {
        socket.destroy();
        onward.destroy();
        open.delete(socket);
      });
    }
    socket.once('data', (first) => {
      const line = first.toString('latin1').split('\r\n')[0] ?? '';
      if (refused.some((path) => line.includes(path))) {
        socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        return;
      }
      open.set(socket, line);
      onward.write(first);
      socket.pipe(onward).pipe(socket);
    });
  }).listen(join(folder, 's'));
  await once(server, 'listening');
  return {
    dockerHost: `unix://${folder}/s`,
    refuse: (path) => void refused.push(path),
    cut(path) {
      const found = [...open].filter(([, line]) => line.includes(path));
      for (const [socket] of found) socket.destroy();
      return found.length;
    },
    async close() {
      for (const socket of open.keys()) socket.destroy();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
