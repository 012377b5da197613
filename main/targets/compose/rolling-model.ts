import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { ErrorDetail } from '#shared/domain/errors.ts';
import type { Refused } from './refused.ts';

/** A service of the release of which, during a deploy, the new containers run beside the old ones. */
export type RollingService = {
  readonly name: string;
  readonly replicas: number;
  /** Equal for what is started the same way. A hash of all that the file and the env say of it. */
  readonly spec: string;
};

export type RollingServices =
  | {
      readonly kind: 'found';
      readonly services: readonly RollingService[];
      /** All that would run: without those of profiles that are not active, where variables are resolved. */
      readonly active: readonly string[];
    }
  | Refused;

const portSchema = z.union([
  z.string(),
  z.number().transform(String),
  z.looseObject({
    published: z.union([z.string(), z.number().transform(String)]).nullish(),
    host_ip: z.string().nullish(),
  }),
]);

const serviceSchema = z.looseObject({
  container_name: z.string().nullish(),
  network_mode: z.string().nullish(),
  ports: z.array(portSchema).nullish(),
  networks: z
    .record(
      z.string(),
      z.looseObject({ ipv4_address: z.string().nullish(), ipv6_address: z.string().nullish() }).nullish(),
    )
    .nullish(),
  scale: z.union([z.number(), z.string()]).nullish(),
  deploy: z.looseObject({ replicas: z.union([z.number(), z.string()]).nullish() }).nullish(),
});
type Service = z.infer<typeof serviceSchema>;

const modelSchema = z.looseObject({ services: z.record(z.string(), serviceSchema).default({}) });

/**
 * From `docker compose config --format json`, resolved or not. Refuses where two containers of one service cannot be,
 * because something that there is only one of is theirs.
 */
export function rollingServices(
  json: string,
  releaseServices: readonly string[],
  oneShots: readonly string[],
): RollingServices {
  const { services } = modelSchema.parse(JSON.parse(json));
  const names = releaseServices.filter((name) => !oneShots.includes(name));
  if (names.length === 0) return { kind: 'refused', error: onlyOneShots(releaseServices) };
  const rolling = names.flatMap((name) => {
    const service = services[name];
    return service === undefined || replicasOf(service) === 0 ? [] : [{ name, service }];
  });
  const obstacles = rolling.flatMap(({ name, service }) => [
    ...obstaclesOf(name, service),
    ...sharersOf(name, services),
  ]);
  const [first] = obstacles;
  if (first !== undefined) {
    const error: ErrorDetail = {
      code: 'compose-invalid',
      message: `A rolling deploy cannot be: ${obstacles.map(({ what }) => what).join('; ')}.`,
      hint: `${[...new Set(obstacles.map(({ hint }) => hint))].join(' ')} Or set "strategy: recreate".`,
    };
    return { kind: 'refused', error };
  }
  return {
    kind: 'found',
    active: Object.keys(services),
    services: rolling.map(({ name, service }) => ({
      name,
      replicas: replicasOf(service),
      spec: specOf(service),
    })),
  };
}

type Obstacle = { readonly what: string; readonly hint: string };

function obstaclesOf(name: string, service: Service): Obstacle[] {
  const obstacles: Obstacle[] = [];
  if (service.container_name) {
    obstacles.push({
      what: `${name} has the fixed container_name ${service.container_name}`,
      hint: `Remove container_name from ${name}.`,
    });
  }
  const needed = 2 * replicasOf(service);
  for (const published of (service.ports ?? []).map(publishedOf)) {
    if (published === undefined || roomOf(published) >= needed) continue;
    obstacles.push({
      what: `${name} publishes the fixed host port ${published}, which only one container can have`,
      hint: `Publish the port of a proxy in front of ${name} instead, a range such as "8080-${8080 + needed - 1}:80", or "127.0.0.1::80" for any free one.`,
    });
  }
  if (service.network_mode === 'host') {
    obstacles.push({
      what: `${name} uses network_mode: host, where both would listen on the same port`,
      hint: `Give ${name} a network of the project.`,
    });
  }
  for (const [network, settings] of Object.entries(service.networks ?? {})) {
    const address = settings?.ipv4_address ?? settings?.ipv6_address;
    if (!address) continue;
    obstacles.push({
      what: `${name} has the fixed address ${address} in network ${network}`,
      hint: `Let others find ${name} by its name instead of its address.`,
    });
  }
  return obstacles;
}

function sharersOf(name: string, services: Readonly<Record<string, Service>>): Obstacle[] {
  return Object.entries(services)
    .filter(([, other]) => other.network_mode === `service:${name}`)
    .map(([other]) => ({
      what: `${other} shares the network of ${name}, and would lose it`,
      hint: `Give ${other} a network of its own.`,
    }));
}

/** `undefined` where the engine chooses, or only a value of the env would tell. */
function publishedOf(port: z.infer<typeof portSchema>): string | undefined {
  if (typeof port !== 'string') {
    if (!port.published || port.published === '0') return undefined;
    return port.host_ip ? `${port.host_ip}:${port.published}` : port.published;
  }
  const variables: string[] = [];
  const text = port.replace(/\/(tcp|udp|sctp)$/i, '').replace(/\$\{[^}]*\}|\$\w+/g, (variable) => {
    variables.push(variable);
    return `<${variables.length - 1}>`;
  });
  const parts = text.split(':');
  const host = parts.slice(0, -1);
  const published = host.at(-1);
  if (published === undefined || published === '' || published === '0') return undefined;
  const restored = host.join(':').replace(/<(\d+)>/g, (_, index: string) => variables[Number(index)] ?? '');
  const only = /^<(\d+)>$/.exec(published);
  if (only === null) return restored;
  // What it is without a value: none, or a range, is no fixed port.
  const [, fallback] = /:?-([^}]*)\}$/.exec(variables[Number(only[1])] ?? '') ?? [];
  return fallback === '' || fallback?.includes('-') === true ? undefined : restored;
}

/** How many containers can have it. */
function roomOf(published: string): number {
  const [, from, to] = /(?:^|:)(\d+)-(\d+)$/.exec(published) ?? [];
  if (from !== undefined && to !== undefined) return Number(to) - Number(from) + 1;
  const written = published.replace(/\$\{[^}]*\}|\$\w+/g, '');
  return written.includes('-') ? Number.POSITIVE_INFINITY : 1;
}

/** As one where it is still a variable. */
function replicasOf({ scale, deploy }: Service): number {
  const written = Number(deploy?.replicas ?? scale ?? 1);
  return Number.isInteger(written) && written >= 0 ? written : 1;
}

/** How many there are, what they wait for and how they are built makes none of them another. */
function specOf(service: Service): string {
  const { scale: _, depends_on: _needs, build: _build, profiles: _profiles, deploy, ...rest } = service;
  const { replicas: _replicas, ...settings } = deploy ?? {};
  return createHash('sha256')
    .update(JSON.stringify([rest, settings]))
    .digest('hex')
    .slice(0, 16);
}

function onlyOneShots(names: readonly string[]): ErrorDetail {
  return {
    code: 'compose-invalid',
    message: `Nothing can be deployed rolling: ${names.join(', ')} does its work and ends.`,
    hint: 'Set "strategy: recreate".',
  };
}
