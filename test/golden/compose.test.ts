// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a compose file
import { describe, expect, it } from 'vitest';
import type { Wish } from '#main/core/ports.ts';
import { composeTarget } from '#main/targets/compose/index.ts';
import type { ModelService } from '#main/targets/compose/model.ts';
import { composeOverride } from '#main/targets/compose/override.ts';
import { environmentNameSchema, releaseIdSchema } from '#shared/domain/ids.ts';
import type { Observed } from '#shared/domain/observed.ts';

const imageId = `sha256:${'4c29'.repeat(16)}`;
const oldImageId = `sha256:${'0bad'.repeat(16)}`;

const wish: Wish = {
  workspace: 'chatbot',
  environment: environmentNameSchema.parse('prod'),
  release: {
    id: releaseIdSchema.parse('r-1a2b3c'),
    version: '1.4.0',
    imageId,
    ref: 'chatbot:gantry-r-1a2b3c',
    image: 'chatbot',
  },
  envKeys: ['PORT', 'STATS_TOKEN'],
  envFingerprint: 'e'.repeat(64),
  envFiles: ['.env.dev', '.env.prod'],
  health: { http: '/healthz', interval: 500, deadline: 60_000 },
};

const empty: Observed = { kind: 'empty', at: 1 };
const running: Observed = {
  kind: 'running',
  at: 1,
  services: [
    {
      name: 'db',
      imageId: `sha256:${'d'.repeat(64)}`,
      imageRef: 'postgres:16',
      health: 'healthy',
      state: 'running',
      ports: [],
    },
    {
      name: 'web',
      imageId: oldImageId,
      imageRef: 'chatbot:gantry-r-0a0b0c',
      releaseLabel: 'r-0a0b0c',
      health: 'healthy',
      state: 'running',
      ports: ['127.0.0.1:18083->8080/tcp'],
    },
  ],
  settings: { 'db.image': 'postgres:16', 'web.image': 'chatbot:gantry-r-0a0b0c' },
};

describe('plans of the compose target', () => {
  it.each([
    ['first-deploy', empty, {}],
    ['next-release', running, {}],
    ['unreachable', { kind: 'unreachable', at: 1, why: 'no engine' } satisfies Observed, {}],
    [
      'every-setting',
      empty,
      {
        file: ['compose.yml', 'deploy/prod.yml'],
        services: ['web', 'worker'],
        project: 'shop',
        profiles: ['jobs'],
        oneShots: ['migrate'],
        timeout: '3m',
      },
    ],
    ['rolling', running, { strategy: 'rolling' }],
    [
      'rolling-with-a-drain',
      running,
      { strategy: 'rolling', drain: { command: ['drain', '--now'], wait: '10s', timeout: '20s' } },
    ],
    ['other-engine', running, { engine: { host: 'ssh://deploy@shop.example.com' } }],
  ])('%s', async (name, seen, written) => {
    const config = composeTarget.config.parse({ kind: 'compose', ...written });
    const plan = {
      steps: composeTarget.plan(wish, seen, config),
      settingChanges: composeTarget.settingChanges(wish, seen, config),
    };
    await expect(`${JSON.stringify(plan, null, 2)}\n`).toMatchFileSnapshot(`plans/compose/${name}.json`);
  });
});

const service = (name: string, more: Partial<ModelService> = {}): ModelService => ({
  name,
  imageHasVariables: false,
  ownEnvKeys: [],
  envFiles: [],
  needs: [],
  ...more,
});

describe('the compose override', () => {
  const cases: readonly (readonly [string, readonly ModelService[], Readonly<Record<string, string>>])[] = [
    ['one-service', [service('web', { build: 'b' })], { PORT: '8080', GREETING: 'Ahoy' }],
    ['no-env', [service('web', { build: 'b' })], {}],
    [
      'values-that-yaml-and-compose-would-read-otherwise',
      [service('web', { build: 'b' })],
      {
        DOLLAR: 'a$b ${c} $$d',
        QUOTES: `"x" 'y' \\z`,
        LINES: 'a\nb\n',
        YES: 'yes',
        OCTAL: '0123',
        TIME: '1:30',
        NULL: 'null',
        EMPTY: '',
        COMMENT: 'a # b',
        COLON: 'a: b',
        BLANKS: '  a  ',
        UNICODE: 'grüße 漢字 🎈 \u0001',
        LONG: 'word '.repeat(60),
      },
    ],
    [
      'own-environment-wins',
      [service('web', { build: 'b', ownEnvKeys: ['PORT'] }), service('db')],
      { PORT: '18083', TOKEN: 't' },
    ],
    [
      'one-shots-and-specs',
      [service('web', { build: 'b' }), service('migrate', { build: 'b' })],
      { TOKEN: 't' },
    ],
    [
      'env-files-are-replaced',
      [
        service('web', {
          build: 'b',
          envFiles: [
            { path: '/w/.env.prod', required: true },
            { path: '/w/common.env', required: true },
            { path: '/w/$odd.env', required: false, format: 'raw' },
          ],
        }),
        service('db', { envFiles: [{ path: '/w/.env.prod', required: false }] }),
        service('cache', { envFiles: [{ path: '/w/cache.env', required: true }] }),
      ],
      { TOKEN: 't' },
    ],
  ];

  it.each(cases)('%s', async (name, services, env) => {
    const text = composeOverride({
      action: {
        workspace: 'chatbot',
        environment: 'prod',
        release: 'r-1a2b3c',
        ref: 'chatbot:gantry-r-1a2b3c',
        envFingerprint: 'e'.repeat(64),
      },
      services,
      releaseServices: services.filter((one) => one.build !== undefined).map((one) => one.name),
      oneShots: ['migrate'],
      specs: new Map(services.length === 2 && services[1]?.name === 'migrate' ? [['web', '0123456789abcdef']] : []),
      env: new Map(Object.entries(env)),
      isEnvFile: (path) => path === '/w/.env.prod',
    });
    await expect(text).toMatchFileSnapshot(`compose-override/${name}.yml`);
  });
});
