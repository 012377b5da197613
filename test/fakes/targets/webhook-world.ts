import type { Http, HttpAnswer } from '#main/core/ports.ts';
import type { TargetWorld } from '#test/contract/target-world.ts';
import { only } from '#test/fakes/only.ts';
import { registry, releases, repository } from './wished-world.ts';

const token = 'hook-token-of-the-contract-suite';

/**
 * A deployer behind two addresses: one that is called with a digest, and one that tells the digest that is live; or that
 * tells nobody.
 */
export function createWebhookWorld(isBlind?: true): TargetWorld {
  let live: string | undefined;
  let changes = 0;
  let asked = 0;
  let isRefusing = false;
  let isLost = false;
  let isReachable = true;
  const answer = (status: number, body: string): HttpAnswer => ({ status, headers: {}, body, durationMs: 1 });
  const http: Http = {
    get: () => Promise.reject(new Error('it is sent to')),
    async send({ method, headers, body, signal }) {
      signal.throwIfAborted();
      if (!isReachable) throw Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' });
      if (headers?.authorization !== token) return answer(401, `not ${headers?.authorization}`);
      if (method === 'GET') return answer(200, JSON.stringify({ app: { digest: live } }));
      asked++;
      if (isRefusing) return answer(403, `not for ${token}`);
      const wanted = /sha256:[0-9a-f]{64}/.exec(body ?? '')?.[0];
      if (wanted === undefined) return answer(400, 'no digest');
      if (wanted !== live) changes++;
      live = wanted;
      if (isLost) {
        isLost = false;
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      }
      // Some quote what they were sent.
      return answer(202, `took ${body} from ${token}`);
    },
  };
  const authorization = 'secret://env/DEPLOY_TOKEN';
  const sent = {
    kind: 'webhook',
    url: 'https://deploy.example.com/shop',
    headers: { authorization },
    body: { release: '{{release}}', image: '{{image}}' },
    repository,
  };
  const observe = {
    url: 'https://deploy.example.com/shop/live',
    headers: { authorization },
    json: 'app.digest',
    deadline: '1s',
  };
  return {
    io: {
      folder: '/shop',
      insecureRegistries: [],
      http,
      secret: async () => token,
      registry,
      engine: only({}),
      commands: only({}),
      files: only({}),
    },
    config: isBlind ? sent : { ...sent, observe },
    ...(isBlind ? { isBlind } : {}),
    releases,
    changes: () => changes,
    asked: () => asked,
    runs: (index) => live === releases[index]?.remote.digest,
    secrets: [token],
    goAway() {
      isReachable = false;
    },
    refuse() {
      isRefusing = true;
    },
    loseAnswer() {
      isLost = true;
    },
  };
}
