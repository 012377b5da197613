import { describe, expect, it } from 'vitest';
import type { Wish } from '#main/core/ports.ts';
import { swarmTarget } from '#main/targets/swarm/index.ts';
import { environmentNameSchema, releaseIdSchema } from '#shared/domain/ids.ts';
import type { Observed } from '#shared/domain/observed.ts';

const wish: Wish = {
  workspace: 'chatbot',
  environment: environmentNameSchema.parse('prod'),
  release: {
    id: releaseIdSchema.parse('r-1a2b3c'),
    version: '1.4.0',
    imageId: `sha256:${'4c29'.repeat(16)}`,
    ref: 'chatbot:gantry-r-1a2b3c',
    image: 'chatbot',
  },
  envKeys: ['PORT', 'STATS_TOKEN'],
  envFingerprint: 'e'.repeat(64),
  envFiles: ['.env.dev', '.env.prod'],
  health: { interval: 500, deadline: 60_000 },
};
const repository = 'ghcr.io/acme/chatbot';
const pushed: Wish = {
  ...wish,
  release: {
    ...wish.release,
    remote: { repository, ref: `${repository}:r-1a2b3c`, digest: `sha256:${'d1'.repeat(32)}` },
  },
};

const empty: Observed = { kind: 'empty', at: 1 };
const running: Observed = {
  kind: 'running',
  at: 1,
  services: [
    {
      name: 'chatbot-prod',
      imageId: `sha256:${'0bad'.repeat(16)}`,
      imageRef: 'chatbot:gantry-r-0a0b0c',
      releaseLabel: 'r-0a0b0c',
      envLabel: 'f'.repeat(64),
      health: 'healthy',
      state: '2 of 2 running',
      revision: '41',
      ports: ['8080->8080/tcp'],
    },
  ],
  settings: {
    image: 'chatbot:gantry-r-0a0b0c',
    replicas: '2',
    ports: '8080:8080/tcp',
    networks: 'none',
    endpointMode: 'vip',
    constraints: 'none',
    'update.parallelism': '1',
    'update.delay': 'none',
    'update.order': 'stop-first',
    'update.monitor': '5 s',
    'update.failureAction': 'pause',
  },
};

describe('plans of the swarm target', () => {
  it.each([
    ['first-deploy', wish, empty, {}],
    ['next-release', wish, running, { ports: ['8080:8080'] }],
    ['unreachable', wish, { kind: 'unreachable', at: 1, why: 'no engine' } satisfies Observed, {}],
    [
      'every-setting',
      pushed,
      running,
      {
        service: 'shop',
        engine: { context: 'prod' },
        repository,
        replicas: 6,
        ports: ['443:8443', { published: 53, target: 53, protocol: 'udp', mode: 'host' }, { target: 9000 }],
        networks: ['inner', 'edge'],
        endpointMode: 'vip',
        constraints: ['node.role == worker'],
        update: { parallelism: 2, delay: '10s', order: 'stop-first', monitor: '20s', failureAction: 'pause' },
        timeout: '15m',
      },
    ],
  ])('%s', async (name, wished, seen, written) => {
    const config = swarmTarget.config.parse({ kind: 'swarm', ...written });
    const plan = {
      steps: swarmTarget.plan(wished, seen, config),
      settingChanges: swarmTarget.settingChanges(wished, seen, config),
    };
    await expect(`${JSON.stringify(plan, null, 2)}\n`).toMatchFileSnapshot(`plans/swarm/${name}.json`);
  });
});
