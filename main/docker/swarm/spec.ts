import * as z from 'zod';
import type { SwarmPort, SwarmServiceSettings, SwarmServiceWish, SwarmUpdate } from '#main/core/ports.ts';

/** Nanoseconds, which the engine counts in. */
const perMs = 1_000_000;

const mapSchema = z.record(z.string(), z.string()).nullish();

const portSchema = z.object({
  Protocol: z.enum(['tcp', 'udp', 'sctp']).nullish(),
  TargetPort: z.number().nullish(),
  /** 0 or absent: the engine chooses. */
  PublishedPort: z.number().nullish(),
  PublishMode: z.enum(['ingress', 'host']).nullish(),
});
export const portsSchema = z.array(portSchema).nullish();

const updateSchema = z.looseObject({
  Parallelism: z.number().nullish(),
  Delay: z.number().nullish(),
  FailureAction: z.enum(['rollback', 'pause', 'continue']).nullish(),
  Monitor: z.number().nullish(),
  Order: z.enum(['start-first', 'stop-first']).nullish(),
});

export const containerSpecSchema = z.looseObject({
  Image: z.string(),
  Labels: mapSchema,
  TTY: z.boolean().nullish(),
});

const networksSchema = z.array(z.looseObject({ Target: z.string() })).nullish();

/** Loose: what is not known here is sent back as it came. Values of the env are in it, and never leave this room. */
export const specSchema = z.looseObject({
  Name: z.string(),
  Labels: mapSchema,
  TaskTemplate: z.looseObject({
    ContainerSpec: containerSpecSchema,
    Placement: z.looseObject({ Constraints: z.array(z.string()).nullish() }).nullish(),
    Networks: networksSchema,
  }),
  Mode: z.looseObject({ Replicated: z.object({ Replicas: z.number().nullish() }).nullish() }).nullish(),
  UpdateConfig: updateSchema.nullish(),
  /** Before API 1.44 networks could be here. */
  Networks: networksSchema,
  EndpointSpec: z.looseObject({ Mode: z.enum(['vip', 'dnsrr']).nullish(), Ports: portsSchema }).nullish(),
});
export type ServiceSpec = z.infer<typeof specSchema>;

/** What the service should be, as the engine has it: made from what it is, so that nothing that is not wished for changes. */
export function specFor(wish: SwarmServiceWish, before?: ServiceSpec): unknown {
  const task = before?.TaskTemplate;
  const { replicas, networks, constraints, update } = wish;
  return {
    ...before,
    Name: wish.name,
    Labels: { ...before?.Labels, ...wish.labels },
    TaskTemplate: {
      ...task,
      ContainerSpec: {
        ...task?.ContainerSpec,
        Image: wish.image,
        Labels: { ...task?.ContainerSpec.Labels, ...wish.taskLabels },
        Env: [...wish.env].map(([key, value]) => `${key}=${value}`),
      },
      ...(networks === undefined ? {} : { Networks: networks.map((Target) => ({ Target })) }),
      ...(constraints === undefined
        ? {}
        : { Placement: { ...task?.Placement, Constraints: [...constraints] } }),
    },
    ...(before !== undefined && replicas === undefined
      ? {}
      : { Mode: { Replicated: { Replicas: replicas ?? 1 } } }),
    ...(networks === undefined ? {} : { Networks: undefined }),
    // Back as it went forth; where going back fails too, a person has to look.
    ...(update === undefined
      ? {}
      : {
          UpdateConfig: updateSpec(update),
          RollbackConfig: updateSpec({ ...update, failureAction: 'pause' }),
        }),
    EndpointSpec: endpointSpec(wish, before?.EndpointSpec),
  };
}

function updateSpec({ parallelism, delayMs, order, monitorMs, failureAction }: SwarmUpdate) {
  return {
    Parallelism: parallelism,
    Delay: delayMs * perMs,
    Monitor: monitorMs * perMs,
    Order: order,
    FailureAction: failureAction,
    MaxFailureRatio: 0,
  };
}

function endpointSpec({ endpointMode, ports }: SwarmServiceWish, before: ServiceSpec['EndpointSpec']) {
  return {
    ...before,
    ...(endpointMode === undefined ? {} : { Mode: endpointMode }),
    ...(ports === undefined
      ? {}
      : {
          Ports: ports.map(({ published, target, protocol, mode }) => ({
            Protocol: protocol,
            TargetPort: target,
            ...(published === undefined ? {} : { PublishedPort: published }),
            PublishMode: mode,
          })),
        }),
  };
}

/** @param nameOf of a network, by what the spec calls it */
export function settingsOf(
  spec: ServiceSpec,
  nameOf: (network: string) => string,
): Required<SwarmServiceSettings> {
  const { TaskTemplate: task, EndpointSpec: endpoint, UpdateConfig: update } = spec;
  return {
    replicas: spec.Mode?.Replicated?.Replicas ?? (spec.Mode?.Replicated === undefined ? 0 : 1),
    networks: (task.Networks ?? spec.Networks ?? []).map(({ Target }) => nameOf(Target)).sort(),
    endpointMode: endpoint?.Mode ?? 'vip',
    ports: sorted(portsOf(endpoint?.Ports)),
    // The engine's own defaults, where nothing was said.
    update: {
      parallelism: update?.Parallelism ?? 1,
      delayMs: (update?.Delay ?? 0) / perMs,
      order: update?.Order ?? 'stop-first',
      monitorMs: (update?.Monitor ?? 5_000 * perMs) / perMs,
      failureAction: update?.FailureAction ?? 'pause',
    },
    constraints: [...(task.Placement?.Constraints ?? [])].sort(),
  };
}

/** A task's port is told once for each address family, IPv4 first. */
export function portsOf(ports: z.infer<typeof portsSchema>): SwarmPort[] {
  const all = (ports ?? []).map(({ Protocol, TargetPort, PublishedPort, PublishMode }) => ({
    ...(PublishedPort ? { published: PublishedPort } : {}),
    target: TargetPort ?? 0,
    protocol: Protocol ?? 'tcp',
    mode: PublishMode ?? 'ingress',
  }));
  return [...new Map(all.map((port) => [JSON.stringify(port), port])).values()];
}

function sorted(ports: readonly SwarmPort[]): SwarmPort[] {
  return ports.toSorted((a, b) => a.target - b.target || (a.published ?? 0) - (b.published ?? 0));
}
