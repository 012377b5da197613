import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { tarOf } from './archive.ts';
import type { SampleLayer } from './sample-images.ts';

/** An engine with the classic store, as far as comparing images asks it. */
export type FakeEngine = {
  /** Answers `GET /images/get`. */
  save: (answer: ServerResponse, names: readonly string[]) => void;
  /** Paths without the version, pings apart. */
  readonly asked: string[];
  stop(): void;
};

const history = [
  { CreatedBy: 'COPY main /app # buildkit', Size: 3 },
  { CreatedBy: 'ADD base /', Size: 9 },
];

export async function startFakeEngine(socketPath: string, save: FakeEngine['save']): Promise<FakeEngine> {
  const server = createServer((request, answer) => {
    const url = new URL(request.url ?? '', 'http://engine');
    const path = url.pathname.replace(/^\/v[\d.]+/, '');
    if (path !== '/_ping') engine.asked.push(path);
    if (path === '/_ping') answer.setHeader('api-version', '1.45').end('OK');
    else if (path.endsWith('/history')) answer.end(JSON.stringify(history));
    else if (path === '/images/get') engine.save(answer, url.searchParams.getAll('names'));
    else answer.writeHead(404).end('{"message": "no such thing"}');
  });
  const engine: FakeEngine = {
    save,
    asked: [],
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  server.listen(socketPath);
  await once(server, 'listening');
  return engine;
}

/** What docker save would write of images with these layers. */
export function saved(...layers: readonly SampleLayer[]): Buffer {
  return tarOf(
    layers.map(({ diffId, bytes }) => ({ name: diffId.replace('sha256:', 'blobs/sha256/'), content: bytes })),
  );
}
