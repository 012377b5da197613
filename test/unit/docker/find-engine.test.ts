import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { cliEnvironment } from '#main/docker/cli-environment.ts';
import { findEngines, type MachineFacts } from '#main/docker/find-engine.ts';

type Machine = {
  readonly env?: Record<string, string>;
  readonly platform?: NodeJS.Platform;
  /** What lies where; a socket has no text. */
  readonly files?: Record<string, string>;
};

function facts({ env = {}, platform = 'linux', files = {} }: Machine): MachineFacts {
  return {
    env,
    homeFolder: '/home/ada',
    platform,
    userId: 1000,
    exists: (path) => Object.keys(files).some((file) => file === path || file.startsWith(`${path}/`)),
    readText: (path) => files[path],
  };
}

const idOf = (context: string) => createHash('sha256').update(context).digest('hex');
const contextFile = (name: string) => `/home/ada/.docker/contexts/meta/${idOf(name)}/meta.json`;
const config = (currentContext: string) => ({
  '/home/ada/.docker/config.json': JSON.stringify({ currentContext }),
});
const context = (name: string, host: string, skip = false) => ({
  [contextFile(name)]: JSON.stringify({
    Name: name,
    Metadata: {},
    Endpoints: { docker: { Host: host, SkipTLSVerify: skip } },
  }),
});
const sockets = {
  '/var/run/docker.sock': '',
  '/home/ada/.docker/desktop/docker.sock': '',
  '/run/user/1000/docker.sock': '',
  '/run/user/1000/podman/podman.sock': '',
  '/run/podman/podman.sock': '',
};
const usual = [
  'Docker socket',
  'Docker Desktop socket',
  'rootless Docker socket',
  'rootless Podman socket',
  'Podman socket',
];

const cases: readonly (readonly [string, Machine, readonly string[], readonly string[]])[] = [
  ['nothing at all', {}, [], []],
  ['sockets in their order', { files: sockets }, usual, []],
  [
    'DOCKER_HOST alone, whatever else there is',
    { env: { DOCKER_HOST: 'tcp://build:2375' }, files: sockets },
    ['DOCKER_HOST'],
    [],
  ],
  ['an empty DOCKER_HOST is none', { env: { DOCKER_HOST: '' }, files: sockets }, usual, []],
  [
    'DOCKER_HOST before the context',
    { env: { DOCKER_HOST: 'unix:///a', DOCKER_CONTEXT: 'b' }, files: { ...context('b', 'unix:///b') } },
    ['DOCKER_HOST'],
    [],
  ],
  [
    'the current context of this machine, then the sockets',
    { files: { ...config('desktop-linux'), ...context('desktop-linux', 'unix:///desk'), ...sockets } },
    ['context desktop-linux', ...usual],
    [],
  ],
  [
    'a socket that the context names already is tried once',
    { files: { ...config('own'), ...context('own', 'unix:///var/run/docker.sock'), ...sockets } },
    ['context own', ...usual.slice(1)],
    [],
  ],
  [
    'the current context of another machine, and nothing in its place',
    { files: { ...config('prod'), ...context('prod', 'ssh://deploy@prod'), ...sockets } },
    ['context prod'],
    [],
  ],
  ['the default context is no context', { files: { ...config('default'), ...sockets } }, usual, []],
  [
    'DOCKER_CONTEXT before the current context, and alone',
    {
      env: { DOCKER_CONTEXT: 'two' },
      files: { ...config('one'), ...context('one', 'unix:///1'), ...context('two', 'unix:///2'), ...sockets },
    },
    ['context two'],
    [],
  ],
  [
    'a context that was removed',
    { files: { ...config('gone'), ...sockets } },
    usual,
    ['context gone: it does not exist'],
  ],
  [
    'DOCKER_CONTEXT that was removed',
    { env: { DOCKER_CONTEXT: 'gone' }, files: sockets },
    [],
    ['context gone: it does not exist'],
  ],
  [
    'a context that cannot be read',
    { files: { ...config('odd'), [contextFile('odd')]: '{', ...sockets } },
    usual,
    ['context odd: its meta.json is not valid'],
  ],
  [
    'a configuration that cannot be read',
    { files: { '/home/ada/.docker/config.json': '{,', ...sockets } },
    usual,
    ['/home/ada/.docker/config.json is not valid: the current context is unknown'],
  ],
  [
    'DOCKER_CONFIG moves the contexts',
    {
      env: { DOCKER_CONFIG: '/etc/dock' },
      files: {
        '/etc/dock/config.json': JSON.stringify({ currentContext: 'x' }),
        [`/etc/dock/contexts/meta/${idOf('x')}/meta.json`]: JSON.stringify({
          Endpoints: { docker: { Host: 'unix:///x' } },
        }),
      },
    },
    ['context x'],
    [],
  ],
  [
    'XDG_RUNTIME_DIR moves the rootless sockets',
    { env: { XDG_RUNTIME_DIR: '/xdg' }, files: { '/xdg/docker.sock': '', '/run/user/1000/docker.sock': '' } },
    ['rootless Docker socket'],
    [],
  ],
  [
    'Docker Desktop and Podman on macOS',
    {
      platform: 'darwin',
      env: { TMPDIR: '/var/folders/x' },
      files: {
        '/home/ada/.docker/run/docker.sock': '',
        '/var/folders/x/podman/podman-machine-default-api.sock': '',
      },
    },
    ['Docker Desktop socket', 'Podman machine socket'],
    [],
  ],
  ['pipes on Windows', { platform: 'win32' }, ['Docker Desktop pipe', 'Docker pipe', 'Podman pipe'], []],
];

describe('finding an engine', () => {
  test.each(cases)('%s', (_name, machine, engines, notes) => {
    const found = findEngines(facts(machine));
    expect(found.engines.map(({ via }) => via)).toEqual(engines);
    expect(found.notes).toEqual(notes);
  });

  test('keys of a context', () => {
    const files = {
      ...config('far'),
      ...context('far', 'tcp://far:2376', true),
      [`/home/ada/.docker/contexts/tls/${idOf('far')}/docker/ca.pem`]: '',
    };
    expect(findEngines(facts({ files })).engines).toEqual([
      {
        via: 'context far',
        host: 'tcp://far:2376',
        tls: { folder: `/home/ada/.docker/contexts/tls/${idOf('far')}/docker`, verify: false },
      },
    ]);
  });

  test('keys beside DOCKER_HOST', () => {
    const env = { DOCKER_HOST: 'tcp://far:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/keys' };
    expect(findEngines(facts({ env })).engines[0]?.tls).toEqual({ folder: '/keys', verify: true });
    const { DOCKER_CERT_PATH: _, ...without } = env;
    expect(findEngines(facts({ env: without })).engines[0]?.tls?.folder).toBe('/home/ada/.docker');
    expect(findEngines(facts({ env: { DOCKER_HOST: 'tcp://far:2375' } })).engines[0]).not.toHaveProperty(
      'tls',
    );
  });
});

describe('the environment of the docker CLI', () => {
  const env = {
    PATH: '/bin',
    HOME: '/elsewhere',
    DOCKER_CONTEXT: 'x',
    DOCKER_HOST: 'tcp://far:2376',
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: '/keys',
    DATABASE_URL: 'postgres://secret',
    COMPOSE_FILE: 'other.yml',
    SSH_AUTH_SOCK: '/agent',
  };

  test('has what reaches the engine and nothing else', () => {
    const machine = facts({ env });
    expect(cliEnvironment(machine, findEngines(machine).engines[0])).toEqual({
      PATH: '/bin',
      HOME: '/home/ada',
      DOCKER_CONFIG: '/home/ada/.docker',
      DOCKER_HOST: 'tcp://far:2376',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: '/keys',
    });
  });

  test('names the host of a context, so that both reach the same engine', () => {
    const machine = facts({
      env: { PATH: '/bin' },
      files: { ...config('own'), ...context('own', 'unix:///own.sock') },
    });
    expect(cliEnvironment(machine, findEngines(machine).engines[0])).toMatchObject({
      DOCKER_HOST: 'unix:///own.sock',
    });
  });

  test('has the SSH agent only for an engine that is reached by SSH', () => {
    const machine = facts({ env: { ...env, DOCKER_HOST: 'ssh://far' } });
    expect(cliEnvironment(machine, findEngines(machine).engines[0])).toMatchObject({
      SSH_AUTH_SOCK: '/agent',
    });
  });

  test('without an engine it names none', () => {
    expect(cliEnvironment(facts({ env: { PATH: '/bin' } }), undefined)).not.toHaveProperty('DOCKER_HOST');
  });
});
