import { expect, it } from 'vitest';
import type { SwarmServiceWish } from '#main/core/ports.ts';
import { settingsOf, specFor, specSchema } from '#main/docker/swarm/spec.ts';

const wish: SwarmServiceWish = {
  name: 'shop-prod',
  labels: { 'dev.gantry.environment': 'prod' },
  taskLabels: { 'dev.gantry.release': 'r-2' },
  image: 'sha256:new',
  isPulled: false,
  env: new Map([['TOKEN', 'a=b']]),
};
/** As Engine 26 has it, shortened. */
const before = specSchema.parse({
  Name: 'shop-prod',
  Labels: { team: 'a' },
  TaskTemplate: {
    ContainerSpec: {
      Image: 'sha256:old',
      Env: ['TOKEN=old', 'GONE=1'],
      Labels: { 'dev.gantry.release': 'r-1', own: 'x' },
      Secrets: [{ SecretName: 'tls' }],
      Mounts: [{ Type: 'volume', Source: 'data', Target: '/data' }],
    },
    Resources: { Limits: { MemoryBytes: 64 } },
    Placement: { Constraints: ['node.role==worker'], MaxReplicas: 1 },
    Networks: [{ Target: 'n1' }],
    ForceUpdate: 3,
  },
  Mode: { Replicated: { Replicas: 4 } },
  UpdateConfig: { Parallelism: 2, Order: 'start-first', Monitor: 1_000_000_000 },
  EndpointSpec: { Mode: 'vip', Ports: [{ TargetPort: 80, PublishedPort: 8080, PublishMode: 'ingress' }] },
});

it('leaves as it is all that nobody decides, but for the env', () => {
  expect(specFor(wish, before)).toEqual({
    ...before,
    Labels: { team: 'a', 'dev.gantry.environment': 'prod' },
    TaskTemplate: {
      ...before.TaskTemplate,
      ContainerSpec: {
        ...before.TaskTemplate.ContainerSpec,
        Image: 'sha256:new',
        Env: ['TOKEN=a=b'],
        Labels: { 'dev.gantry.release': 'r-2', own: 'x' },
      },
    },
  });
});

it('makes of settings what it then reads of them', () => {
  const settings = {
    replicas: 3,
    networks: ['edge', 'inner'],
    endpointMode: 'dnsrr',
    ports: [
      { target: 80, protocol: 'tcp', mode: 'host' },
      { published: 53, target: 5353, protocol: 'udp', mode: 'host' },
    ],
    update: { parallelism: 0, delayMs: 1_500, order: 'start-first', monitorMs: 300, failureAction: 'pause' },
    constraints: ['node.labels.zone==a'],
  } as const;
  for (const from of [undefined, before]) {
    const spec = specSchema.parse(JSON.parse(JSON.stringify(specFor({ ...wish, ...settings }, from))));
    expect(settingsOf(spec, (name) => name)).toEqual(settings);
    expect(spec.RollbackConfig).toMatchObject({ Order: 'start-first', FailureAction: 'pause' });
  }
});

it('a new service has one replica, and the engine’s own defaults of the rest', () => {
  const spec = specSchema.parse(JSON.parse(JSON.stringify(specFor(wish))));
  expect(settingsOf(spec, (name) => name)).toEqual({
    replicas: 1,
    networks: [],
    endpointMode: 'vip',
    ports: [],
    update: { parallelism: 1, delayMs: 0, order: 'stop-first', monitorMs: 5_000, failureAction: 'pause' },
    constraints: [],
  });
});
