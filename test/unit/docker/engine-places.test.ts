import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cliEnvironment } from '#main/docker/cli-environment.ts';
import { addressOf } from '#main/docker/engine-address.ts';
import { unreachable } from '#main/docker/failures.ts';
import { findPlace, type MachineFacts } from '#main/docker/find-engine.ts';
import { publishedHost } from '#main/docker/published-host.ts';
import { sshArgv } from '#main/docker/ssh-stream.ts';
import { enginePlaceSchema } from '#shared/domain/engine-place.ts';

const facts = (files: Readonly<Record<string, string>>, env: Record<string, string> = {}): MachineFacts => ({
  env,
  homeFolder: '/home/ada',
  platform: 'linux',
  userId: 1000,
  exists: (path) => Object.keys(files).some((file) => file === path || file.startsWith(`${path}/`)),
  readText: (path) => files[path],
});
const id = createHash('sha256').update('prod').digest('hex');
const context = (host: string) => ({
  [`/home/ada/.docker/contexts/meta/${id}/meta.json`]: JSON.stringify({
    Endpoints: { docker: { Host: host } },
  }),
});
const keys = (folder: string) =>
  Object.fromEntries(['ca.pem', 'cert.pem', 'key.pem'].map((name) => [`${folder}/${name}`, '']));

describe('where gantry.yml says that an engine is', () => {
  it.each([
    [{ context: 'prod' }, true],
    [{ host: 'ssh://deploy@shop.example.com' }, true],
    [{ host: 'tcp://10.0.0.5:2376', tls: { folder: 'certs' } }, true],
    [{ host: 'unix:///run/other.sock' }, true],
    [{ host: 'shop.example.com' }, false],
    [{ host: 'ssh://-oProxyCommand=touch' }, false],
    [{ host: 'tcp://ada:secret@shop:2376' }, false],
    [{ host: 'https://shop:2376' }, false],
    [{ host: 'ssh://shop/x;reboot' }, false],
    [{ host: 'ssh://$(reboot)' }, false],
    [{ host: 'ssh://ada@[::1]:22/run/docker.sock' }, true],
    [{ host: 'ssh://shop', context: 'prod' }, false],
    [{ context: '' }, false],
    [{}, false],
  ])('%j: %s', (place, isPlace) => {
    expect(enginePlaceSchema.safeParse(place).success).toBe(isPlace);
  });

  it('a context is that one, whatever DOCKER_HOST and the current context say', () => {
    const env = { DOCKER_HOST: 'tcp://elsewhere:1', DOCKER_CONTEXT: 'other' };
    const found = findPlace(facts(context('ssh://shop'), env), { context: 'prod' }, '/work');
    expect(found.engines).toEqual([{ via: 'context prod', host: 'ssh://shop', isNamed: true }]);
    const tls = `/home/ada/.docker/contexts/tls/${id}/docker`;
    const files = { ...context('tcp://shop:2376'), ...keys(tls) };
    expect(findPlace(facts(files), { context: 'prod' }, '/work').engines[0]?.tls).toEqual({
      folder: tls,
      verify: true,
    });
  });

  it('a context that does not exist is no engine, and never another one', () => {
    const found = findPlace(facts({ '/var/run/docker.sock': '' }), { context: 'prod' }, '/work');
    expect(found).toMatchObject({ engines: [], notes: ['context prod: it does not exist'] });
    expect(found.hint).toContain('docker context ls');
  });

  it.each([
    ['certs/prod', '/work/certs/prod'],
    ['~/.docker/prod', '/home/ada/.docker/prod'],
    ['/etc/prod', '/etc/prod'],
  ])('certificates in %s are looked for in %s', (folder, path) => {
    const place = { host: 'tcp://shop:2376', tls: { folder, verify: true } };
    const [engine] = findPlace(facts(keys(path)), place, '/work').engines;
    expect(engine?.tls).toEqual({ folder: path, verify: true });
    expect(cliEnvironment(facts({}), engine)).toMatchObject({
      DOCKER_HOST: 'tcp://shop:2376',
      DOCKER_CERT_PATH: path,
      DOCKER_TLS_VERIFY: '1',
    });
    const missing = findPlace(facts({ [`${path}/ca.pem`]: '' }), place, '/work');
    expect(missing.engines).toEqual([]);
    expect(missing.notes).toEqual([`tcp://shop:2376: cert.pem, key.pem missing in ${path}`]);
  });
});

describe('an engine behind ssh', () => {
  const argvOf = (host: string) => {
    const address = addressOf({ via: 'gantry.yml', host });
    if (address.kind !== 'ssh') throw new Error(address.kind);
    return sshArgv(address).join(' ');
  };
  const start = 'ssh -o BatchMode=yes -o ConnectTimeout=5 -T';

  it.each([
    ['ssh://shop', `${start} -- shop docker system dial-stdio`],
    ['ssh://ada@shop:2222', `${start} -l ada -p 2222 -- shop docker system dial-stdio`],
    [
      'ssh://shop/run/user/1000/docker.sock',
      `${start} -- shop docker --host unix:///run/user/1000/docker.sock system dial-stdio`,
    ],
    ['ssh://[::1]:22', `${start} -p 22 -- ::1 docker system dial-stdio`],
  ])('%s', (host, argv) => {
    expect(argvOf(host)).toBe(argv);
  });

  it.each([
    'ssh://-oProxyCommand=x/y',
    'ssh://-l@shop',
    'ssh://ada:secret@shop',
    'ssh://%2Doption@shop',
    'ssh://shop/x;reboot',
    'ssh://shop/$(reboot)',
    'ssh://`reboot`',
    'ssh://a&b@shop',
  ])('is refused: %s', (host) => {
    expect(() => addressOf({ via: 'gantry.yml', host })).toThrow(/could take for more|no password/);
  });

  it.each([
    ['Permission denied (publickey)', 'ssh-add'],
    ['Host key verification failed', 'known_hosts'],
    ['bash: docker: command not found', 'Install the docker command'],
    ['Cannot connect to the Docker daemon', 'start the engine over there'],
    ['Connection timed out', '`ssh ada@shop docker version` by hand'],
  ])('%s', (why, hint) => {
    const failure = unreachable({ via: 'gantry.yml', host: 'ssh://ada@shop/x.sock', isNamed: true }, why);
    expect(failure.hint).toContain(hint);
  });
});

describe('what containers publish is reached', () => {
  it.each([
    ['unix:///run/docker.sock', undefined],
    ['tcp://127.0.0.1:2376', undefined],
    ['tcp://localhost:2375', undefined],
    ['tcp://[::1]:2375', undefined],
    ['tcp://10.0.0.5:2376', '10.0.0.5'],
    ['tcp://shop.example.com:2376', 'shop.example.com'],
  ])('of the engine at %s on %s', async (host, expected) => {
    expect(await publishedHost({ via: 'x', host }, {})).toBe(expected);
  });
});
