import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { createFakeProject, type FakeProject, type ProjectOptions } from './project.ts';

/** Cloud Run over HTTP on loopback: the API, and below `/serve` and `/tagged` what its services answer. */
export type FakeCloudRun = {
  readonly project: FakeProject;
  /** `http://127.0.0.1:41234` */
  readonly baseUrl: string;
  /** Every answer of the API takes this long from now on; what is asked for is carried out at once. */
  slowDown(ms: number): void;
  /** From now on every connection is closed without an answer. */
  goAway(): void;
  /** What an image answers with; 200 where nothing is said. */
  images: Map<string, number>;
  /** Every request to what serves, and what it was answered. */
  readonly callers: readonly Caller[];
  stop(): Promise<void>;
};

export type Caller = {
  readonly path: string;
  readonly status: number;
  readonly revision: string;
  readonly authorization: string | undefined;
};

const waitStepMs = 5;

export async function startFakeCloudRun(options: Omit<ProjectOptions, 'now'>): Promise<FakeCloudRun> {
  const project = createFakeProject({ ...options, now: () => performance.now() });
  const images = new Map<string, number>();
  const callers: Caller[] = [];
  let slowMs = 0;
  let isGone = false;
  const server = createServer(async (request, response) => {
    const { method = 'GET', url: path = '/', headers } = request;
    if (isGone) return void request.socket.destroy();
    const single = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    const routed = path.startsWith('/v2/') ? undefined : project.route(path);
    if (routed !== undefined) {
      const refused = project.refusal(path, single);
      const status = refused ?? images.get(routed.image) ?? 200;
      callers.push({ path, status, revision: routed.revision, authorization: headers.authorization });
      response.writeHead(status).end(refused === undefined ? routed.revision : 'Forbidden');
      return;
    }
    const body = await text(request);
    let answer = project.answer({ method, path, headers: single, body });
    const until = performance.now() + waitTime(path, body);
    while (isOpen(path, answer) && performance.now() < until && !request.socket.destroyed) {
      await delay(waitStepMs);
      answer = project.answer({ method, path, headers: single, body });
    }
    if (slowMs > 0) await delay(slowMs);
    if (answer.kind === 'lost') return void request.socket.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const baseUrl = `http://127.0.0.1:${address.port}`;
  project.servesAt(baseUrl);
  return {
    project,
    baseUrl,
    images,
    callers,
    slowDown(ms) {
      slowMs = ms;
    },
    goAway() {
      isGone = true;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function waitTime(path: string, body: string): number {
  return path.endsWith(':wait') ? Number(/"timeout":"([\d.]+)s"/.exec(body)?.[1] ?? 0) * 1_000 : 0;
}

function isOpen(path: string, answer: ReturnType<FakeProject['answer']>): boolean {
  return (
    path.endsWith(':wait') &&
    answer.kind === 'told' &&
    answer.status === 200 &&
    !/"done":true/.test(answer.body)
  );
}
