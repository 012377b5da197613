import * as z from 'zod';
import type { SwarmPort, SwarmUpdate } from '#main/core/ports/swarm.ts';
import type { TargetPlace } from '#main/core/ports/target.ts';
import { durationSchema } from '#shared/domain/duration.ts';
import { enginePlaceSchema } from '#shared/domain/engine-place.ts';
import type { SwarmAction } from './actions.ts';

const portNumberSchema = z.int().min(1).max(65_535);

const portSchema = z.union([
  z
    .string()
    .regex(/^\d{1,5}:\d{1,5}(\/(tcp|udp|sctp))?$/, 'published:inside, such as 8080:80 or 53:53/udp')
    .describe('Published on every node, such as 8080:80.'),
  z.strictObject({
    published: portNumberSchema.optional().describe('Default: one that the engine chooses.'),
    target: portNumberSchema.describe('The port inside the container.'),
    protocol: z.enum(['tcp', 'udp', 'sctp']).optional().describe('Default: tcp.'),
    mode: z
      .enum(['ingress', 'host'])
      .optional()
      .describe(
        '`ingress` (the default): on every node, through the routing mesh. `host`: only on nodes that run a task.',
      ),
  }),
]);

const updateSchema = z.strictObject({
  parallelism: z.int().min(0).optional().describe('Tasks at a time; 0 is all of them. Default: 1.'),
  delay: durationSchema.optional().describe('Rest between them. Default: none.'),
  order: z
    .enum(['start-first', 'stop-first'])
    .optional()
    .describe(
      'Whether the new task runs before the old one stops. Default: start-first, but stop-first with a fixed port in host mode.',
    ),
  monitor: durationSchema
    .optional()
    .describe('How long each new task is watched before it counts. Default: 5s.'),
  failureAction: z
    .enum(['rollback', 'pause'])
    .optional()
    .describe('What the swarm does by itself when a new task fails. Default: rollback.'),
});

export const swarmConfigSchema = z
  .strictObject({
    kind: z.literal('swarm'),
    service: z
      .string()
      .regex(/^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?$/, 'letters, digits, -, _ and . up to 63')
      .optional()
      .describe('The service. Default: <workspace>-<environment>'),
    engine: enginePlaceSchema.optional(),
    repository: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Where the nodes pull the image from, such as ghcr.io/acme/shop; it is put there first. Needed with more than one node.',
      ),
    replicas: z.int().min(1).optional().describe('Default: as many as there are; 1 at first.'),
    ports: z.array(portSchema).optional().describe('Default: those it has.'),
    networks: z
      .array(z.string().min(1))
      .optional()
      .describe('Networks of the swarm, by name; they must exist. Default: those it has.'),
    endpointMode: z
      .enum(['vip', 'dnsrr'])
      .optional()
      .describe(
        'How others on its networks find it: one virtual address, or those of its tasks. Default: as it is; vip at first.',
      ),
    constraints: z
      .array(z.string().min(1))
      .optional()
      .describe('On which nodes it may run, such as node.labels.zone == a. Default: those it has.'),
    update: updateSchema.optional().describe('How tasks are replaced.'),
    timeout: durationSchema.prefault('5m').describe('How long it may take until all tasks are replaced.'),
  })
  .describe('A service of a Docker swarm, on one machine or many.');
export type SwarmConfig = z.output<typeof swarmConfigSchema>;

export function serviceOf(
  config: SwarmConfig,
  place: Pick<TargetPlace, 'workspace' | 'environment'>,
): string {
  return config.service ?? `${place.workspace}-${place.environment}`;
}

/** What of the service gantry.yml decides. How tasks are replaced always is: the engine's own way has an outage. */
export function settingsOf(config: SwarmConfig): SwarmAction['settings'] {
  const { replicas, networks, endpointMode, constraints } = config;
  return {
    ...(replicas === undefined ? {} : { replicas }),
    ...(networks === undefined ? {} : { networks: networks.toSorted() }),
    ...(endpointMode === undefined ? {} : { endpointMode }),
    ...(config.ports === undefined ? {} : { ports: portsOf(config) }),
    ...(constraints === undefined ? {} : { constraints: constraints.toSorted() }),
    update: updateOf(config),
  };
}

function updateOf(config: SwarmConfig): SwarmUpdate {
  const { parallelism = 1, delay = 0, monitor = 5_000, failureAction = 'rollback' } = config.update ?? {};
  return { parallelism, delayMs: delay, order: orderOf(config), monitorMs: monitor, failureAction };
}

function orderOf(config: SwarmConfig): SwarmUpdate['order'] {
  return config.update?.order ?? (fixedHostPort(config) === undefined ? 'start-first' : 'stop-first');
}

/** Two tasks cannot have it on one node. */
export function fixedHostPort(config: SwarmConfig): SwarmPort | undefined {
  return portsOf(config).find(({ mode, published }) => mode === 'host' && published !== undefined);
}

function portsOf({ ports = [] }: SwarmConfig): SwarmPort[] {
  return ports.map(portOf).sort((a, b) => a.target - b.target || (a.published ?? 0) - (b.published ?? 0));
}

function portOf(written: z.output<typeof portSchema>): SwarmPort {
  if (typeof written === 'string') {
    const [, published, target, protocol] = /^(\d+):(\d+)(?:\/(tcp|udp|sctp))?$/.exec(written) ?? [];
    return {
      published: Number(published),
      target: Number(target),
      protocol: protocol === 'udp' || protocol === 'sctp' ? protocol : 'tcp',
      mode: 'ingress',
    };
  }
  const { published, target, protocol = 'tcp', mode = 'ingress' } = written;
  return { ...(published === undefined ? {} : { published }), target, protocol, mode };
}
