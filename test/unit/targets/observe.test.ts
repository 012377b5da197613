import { describe, expect, it } from 'vitest';
import { toObserved } from '#main/targets/compose/observe.ts';
import { observedSchema } from '#shared/domain/observed.ts';
import { container, stopped } from './containers.ts';

const port = (hostIp: string, hostPort: number, containerPort = 8080) => ({
  hostIp,
  hostPort,
  containerPort,
  protocol: 'tcp',
});

describe('what the engine runs', () => {
  it('is empty without containers', () => {
    expect(toObserved([], 5)).toEqual({ kind: 'empty', at: 5 });
  });

  it('is one service for each, by name, with its settings', () => {
    const observed = toObserved(
      [
        container({ ports: [port('0.0.0.0', 80), port('::', 80), port('127.0.0.1', 81), port('::1', 82)] }),
        container({ service: 'db', release: undefined, imageRef: 'postgres:16', ...stopped(1) }),
      ],
      5,
    );
    expect(observedSchema.parse(observed)).toEqual(observed);
    expect(observed).toEqual({
      kind: 'running',
      at: 5,
      services: [
        {
          name: 'db',
          imageId: 'sha256:1',
          imageRef: 'postgres:16',
          envLabel: 'f1',
          health: 'stopped',
          state: 'exited (1)',
          since: 1_000,
          ports: [],
        },
        {
          name: 'web',
          imageId: 'sha256:1',
          imageRef: 'shop:r-1a2b3c',
          releaseLabel: 'r-1a2b3c',
          envLabel: 'f1',
          health: 'healthy',
          state: 'running',
          since: 1_000,
          ports: ['127.0.0.1:81->8080/tcp', '80->8080/tcp', '[::1]:82->8080/tcp'],
        },
      ],
      settings: {
        'db.image': 'postgres:16',
        'db.ports': '',
        'web.image': 'shop:r-1a2b3c',
        'web.ports': '127.0.0.1:81->8080/tcp, 80->8080/tcp, [::1]:82->8080/tcp',
      },
    });
  });

  it('takes replicas as one: as well as the worst, since the youngest', () => {
    const observed = toObserved(
      [
        container({ id: '1', since: 1_000, ports: [port('', 81)] }),
        container({ id: '2', since: 3_000, health: 'starting', ports: [port('', 80)] }),
        container({ id: '3', since: 2_000 }),
      ],
      5,
    );
    expect(observed).toMatchObject({
      services: [{ name: 'web', health: 'starting', since: 3_000, ports: ['80->8080/tcp', '81->8080/tcp'] }],
    });
  });

  it.each([
    ['images', { imageId: 'sha256:2' }],
    ['releases', { release: 'r-0a0b0c' }],
    ['envs', { labels: { 'dev.gantry.env': 'f2' } }],
  ])('shows replicas of different %s apart', (_name, changes) => {
    expect(toObserved([container(), container({ id: '2', ...changes })], 5)).toMatchObject({
      services: [{ name: 'web' }, { name: 'web' }],
    });
  });
});
