// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a compose file
import { describe, expect, it } from 'vitest';
import { rollingServices } from '#main/targets/compose/rolling-model.ts';

const found = (web: object, others: object = {}) =>
  rollingServices(JSON.stringify({ services: { web, ...others } }), ['web'], []);

const specOf = (web: object) => {
  const answer = found(web);
  return answer.kind === 'found' ? answer.services[0]?.spec : undefined;
};

describe('two containers of a service', () => {
  it.each([
    ['without ports', {}],
    ['where the engine chooses the port', { ports: ['8080', '127.0.0.1::8080', ':8080', '0:8080/udp'] }],
    [
      'where the engine chooses, as Compose writes it',
      { ports: [{ target: 8080, published: '0' }, { target: 1 }] },
    ],
    ['with a range that has room', { ports: ['8080-8081:80', { target: 80, published: '9000-9001' }] }],
    [
      'with a variable that is nothing, or a range',
      { ports: ['${P:-}:80', '${P-8080-8090}:80', '${A}-${B}:80'] },
    ],
    ['with a port that is all a variable', { ports: ['${PORTS}'] }],
    ['in a network', { networks: { default: null, other: { aliases: ['w'] } } }],
  ])('can be: %s', (_name, web) => {
    expect(found(web)).toMatchObject({ kind: 'found', services: [{ name: 'web', replicas: 1 }] });
  });

  it.each([
    ['8080:80', { ports: ['8080:80'] }, 'fixed host port 8080'],
    ['an IPv6 address', { ports: ['[::1]:8080:80'] }, 'fixed host port [::1]:8080'],
    ['a variable', { ports: ['${PORT}:80'] }, 'fixed host port ${PORT}'],
    [
      'a variable with a port for its default',
      { ports: ['${PORT:-80}:80/tcp'] },
      'fixed host port ${PORT:-80}',
    ],
    ['a range without room', { ports: ['8080-8081:80'], scale: 2 }, 'fixed host port 8080-8081'],
    [
      'as Compose writes it',
      { ports: [{ target: 80, published: '80', host_ip: '::' }] },
      'fixed host port :::80',
    ],
    ['a name', { container_name: 'theirs' }, 'container_name theirs'],
    ['the network of the machine', { network_mode: 'host' }, 'network_mode: host'],
    [
      'an address',
      { networks: { lan: { ipv4_address: '10.0.0.2' } } },
      'fixed address 10.0.0.2 in network lan',
    ],
  ])('cannot be: %s', (_name, web, message) => {
    expect(found(web)).toMatchObject({
      kind: 'refused',
      error: {
        message: expect.stringContaining(message),
        hint: expect.stringContaining('strategy: recreate'),
      },
    });
  });

  it('cannot be where another service lives in its network', () => {
    expect(found({}, { sidecar: { network_mode: 'service:web' } })).toMatchObject({
      error: { message: expect.stringContaining('sidecar shares the network of web') },
    });
  });

  it('are not asked of a service of which none is to run', () => {
    expect(found({ scale: 0, container_name: 'x' })).toEqual({
      kind: 'found',
      services: [],
      active: ['web'],
    });
  });

  it('are not asked of a one-shot', () => {
    const json = JSON.stringify({ services: { web: {}, migrate: { container_name: 'm' } } });
    expect(rollingServices(json, ['web', 'migrate'], ['migrate'])).toMatchObject({
      services: [{ name: 'web' }],
    });
    expect(rollingServices(json, ['migrate'], ['migrate'])).toMatchObject({
      error: { message: expect.stringContaining('migrate does its work and ends') },
    });
  });
});

describe('what makes a container another', () => {
  const web = {
    image: 'a',
    environment: { A: '1' },
    deploy: { replicas: 2, resources: { limits: { cpus: '1' } } },
  };

  it.each([
    ['how many there are', { ...web, scale: 3, deploy: { ...web.deploy, replicas: 3 } }],
    ['what it waits for', { ...web, depends_on: { db: { condition: 'service_started' } } }],
    ['how it is built', { ...web, build: { context: '.' } }],
    ['its profiles', { ...web, profiles: ['x'] }],
  ])('not %s', (_name, other) => {
    expect(specOf(other)).toBe(specOf(web));
  });

  it.each([
    ['its image', { ...web, image: 'b' }],
    ['its env', { ...web, environment: { A: '2' } }],
    ['its limits', { ...web, deploy: { replicas: 2, resources: { limits: { cpus: '2' } } } }],
    ['anything else', { ...web, hostname: 'h' }],
  ])('%s', (_name, other) => {
    expect(specOf(other)).not.toBe(specOf(web));
  });
});
