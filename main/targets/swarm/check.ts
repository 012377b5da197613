import type { SwarmNode } from '#main/core/ports/swarm.ts';
import type { Io } from '#main/core/ports/target.ts';
import { type ErrorDetail, GantryError, toErrorDetail } from '#shared/domain/errors.ts';
import { fixedHostPort, type SwarmConfig, settingsOf } from './config.ts';
import { managerOf } from './observe.ts';

/** What can never work, of the settings alone and of the swarm as it is. */
export async function checkSettings(config: SwarmConfig, io: Io): Promise<readonly ErrorDetail[]> {
  const wrong = wrongAlone(config);
  if (wrong.length > 0) return wrong;
  try {
    const swarm = await io.engine.swarm();
    const { nodes } = await managerOf(swarm, io.signal);
    const networks = await Promise.all(
      (config.networks ?? []).map(async (name) => ({ name, found: await swarm.network(name, io.signal) })),
    );
    return [...wrongOn(config, nodes), ...networks.flatMap(({ name, found }) => wrongNetwork(name, found))];
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return [toErrorDetail(error)];
  }
}

function wrongAlone(config: SwarmConfig): ErrorDetail[] {
  const { ports = [] } = settingsOf(config);
  const ingress = ports.find(({ mode }) => mode === 'ingress');
  if (config.endpointMode !== 'dnsrr' || ingress === undefined) return [];
  return [
    {
      code: 'config-invalid',
      message: `The port ${ingress.target} is published by ingress, which the endpoint mode dnsrr does not have.`,
      hint: 'Write `mode: host` for the port, or `endpointMode: vip`, under target in gantry.yml.',
    },
  ];
}

/** Pure. Where the swarm would leave a task pending for ever. */
export function wrongOn(config: SwarmConfig, nodes: readonly SwarmNode[]): ErrorDetail[] {
  const active = nodes.filter(({ isActive }) => isActive).length;
  if (active > 1 && config.repository === undefined) {
    return [
      {
        code: 'config-invalid',
        message: `The swarm has ${active} nodes, and nothing says where they get the image from.`,
        hint: 'Name a repository that they all reach under target.repository in gantry.yml.',
      },
    ];
  }
  const port = fixedHostPort(config);
  if (port === undefined) return [];
  const where = active === 1 ? 'the one node' : `${active} nodes`;
  const { replicas = 1 } = config;
  if (replicas > active) {
    return [
      {
        code: 'config-invalid',
        message: `Of ${replicas} replicas only ${active} can have the port ${port.published} of ${where}: the others would be pending for ever.`,
        hint: 'Leave out `published` of that port, publish it by ingress, or write fewer replicas, under target in gantry.yml.',
      },
    ];
  }
  if (settingsOf(config).update.order !== 'start-first' || replicas < active) return [];
  return [
    {
      code: 'config-invalid',
      message: `With start-first the new task needs the port ${port.published} of a node while the old one still has it; on ${where} it would be pending for ever.`,
      hint: 'Write `order: stop-first` under target.update, publish the port by ingress, or leave out its `published`, in gantry.yml.',
    },
  ];
}

function wrongNetwork(name: string, found: { readonly scope: string } | undefined): ErrorDetail[] {
  if (found?.scope === 'swarm') return [];
  const code = 'config-invalid';
  const hint = `Make one with \`docker network create --driver overlay ${name}\`, or mend target.networks in gantry.yml.`;
  const message =
    found === undefined
      ? `The swarm has no network ${name}.`
      : `The network ${name} is one of a single engine, and services cannot be in it.`;
  return [{ code, message, hint }];
}
