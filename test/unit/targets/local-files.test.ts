// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a variable of a compose file
import { describe, expect, it } from 'vitest';
import type { Engine } from '#main/core/ports.ts';
import { filesNotThere, hostElsewhere } from '#main/targets/compose/local-files.ts';
import { only } from '#test/fakes/only.ts';

/** As Compose 2.26 writes it. */
const json = JSON.stringify({
  services: {
    web: {
      volumes: [
        { type: 'bind', source: '/shop/rules', target: '/rules', bind: { create_host_path: true } },
        { type: 'bind', source: '/shop/${X}', target: '/x' },
        { type: 'bind', source: '/var/run/docker.sock', target: '/s' },
        { type: 'bind', source: '/shopping/list', target: '/l' },
        { type: 'volume', source: 'data', target: '/data' },
        '${VOLUME}',
      ],
      secrets: [{ source: 'token' }, { source: 'from-env' }],
      configs: ['app'],
    },
    db: { volumes: [{ type: 'volume', source: 'data', target: '/data' }], configs: null },
    proxy: { volumes: [{ type: 'bind', source: '/shop', target: '/all' }] },
  },
  secrets: { token: { file: '/shop/token.txt' }, 'from-env': { environment: 'TOKEN' } },
  configs: { app: { file: '/shop/app.ini' }, unused: { file: '/shop/unused.ini' } },
});
const engineAt = (host?: string) => ({
  engine: only<Engine>({ cliEnvironment: () => (host === undefined ? {} : { DOCKER_HOST: host }) }),
});

describe('files of the workspace that a service mounts', () => {
  it.each(['ssh://deploy@shop', 'tcp://10.0.0.5:2376'])('are not on the machine of %s', (host) => {
    expect(hostElsewhere(engineAt(host))).toBe(host);
    expect(filesNotThere(json, '/shop', host)).toEqual([
      expect.stringContaining(
        `web mounts rules, \${X}, app.ini, token.txt of this workspace, but the engine is at ${host}`,
      ),
      expect.stringContaining('proxy mounts . of this workspace'),
    ]);
  });

  it.each([undefined, 'unix:///var/run/docker.sock', 'npipe:////./pipe/docker_engine'])(
    'are where the engine at %s looks',
    (host) => expect(hostElsewhere(engineAt(host))).toBeUndefined(),
  );
});
