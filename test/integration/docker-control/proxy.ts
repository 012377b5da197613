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
  /** The next such request is carried out, and nobody hears of it; answers whether it has come. */
  loseAnswer(request: RegExp): () => boolean;
  /** How many connections of this path there are. */
  openTo(path: string): number;
  /** How many there have been so far. */
  openedTo(path: string): number;
  /** Cuts the connections of this path. */
  cut(path: string): number;
  close(): Promise<void>;
};

export async function startProxy(dockerHost: string): Promise<EngineProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-proxy-'));
  const refused: string[] = [];
  const open = new Map<Socket, string>();
  const opened: string[] = [];
  let lost: { readonly request: RegExp; hasCome: boolean } | undefined;
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
    onward.pipe(socket);
    // A connection may be used for one request after the other.
    socket.on('data', (chunk) => {
      if (lost?.hasCome !== false || !lost.request.test(lineOf(chunk))) return;
      lost.hasCome = true;
      onward.unpipe(socket);
      onward.once('data', () => socket.destroy()).resume();
    });
    socket.once('data', (first) => {
      const line = lineOf(first);
      if (refused.some((path) => line.includes(path))) {
        socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        return;
      }
      open.set(socket, line);
      opened.push(line);
      onward.write(first);
      socket.pipe(onward);
    });
  }).listen(join(folder, 's'));
  await once(server, 'listening');
  return {
    dockerHost: `unix://${folder}/s`,
    refuse: (path) => void refused.push(path),
    loseAnswer(request) {
      const one = { request, hasCome: false };
      lost = one;
      return () => one.hasCome;
    },
    openTo: (path) => [...open.values()].filter((line) => line.includes(path)).length,
    openedTo: (path) => opened.filter((line) => line.includes(path)).length,
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

function lineOf(chunk: Buffer): string {
  return chunk.toString('latin1').split('\r\n')[0] ?? '';
}
