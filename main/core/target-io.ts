import { resolve } from 'node:path';
import { enginePlaceName } from '#shared/domain/engine-place.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { releaseIdSchema } from '#shared/domain/ids.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from './context.ts';
import { probe } from './health/probe.ts';
import { engineIdsOf } from './identity.ts';
import { type OpenWorkspace, requireTrust } from './open-workspace.ts';
import type { Io, Redactor, RemoteEngine, TargetPlace } from './ports.ts';
import { trustHash } from './trusted-commands.ts';

type Needs = Pick<
  Ports,
  | 'engine'
  | 'engines'
  | 'registry'
  | 'commands'
  | 'http'
  | 'sockets'
  | 'files'
  | 'clock'
  | 'hostEnvironment'
  | 'secrets'
  | 'googleTokens'
  | 'targets'
  | 'ledger'
>;

/**
 * What the target of an environment may reach. Without `env`, asking for values is a bug: planning and observing never
 * see one.
 */
export function createIo(
  ports: Needs,
  workspace: OpenWorkspace,
  environment: Environment,
  signal: AbortSignal,
  /** Of a run: the env of its deploy, what keeps its values out of the record, and what commands that check health see. */
  {
    env,
    redactor,
    variables = {},
  }: {
    readonly env?: Io['env'];
    readonly redactor?: Redactor;
    readonly variables?: Readonly<Record<string, string>>;
  } = {},
): Io {
  const { registry, commands, http, files, clock } = ports;
  const { folder, config } = workspace;
  return {
    engine: engineOf(ports, workspace, environment)?.engine ?? ports.engine,
    registry,
    insecureRegistries: config.registry.insecure,
    commands,
    http,
    files,
    clock,
    signal,
    folder,
    env: env ?? (() => Promise.reject(new Error('env values are only for apply'))),
    async secret(reference) {
      // Where it is sent to stands in gantry.yml as well, and places are observed before anybody trusts that.
      requireTrust(ports, workspace);
      const value = await ports.secrets.resolve(reference, folder);
      redactor?.learn([value]);
      return value;
    },
    async googleToken(keyFile) {
      // gantry.yml says where the API is that gets it.
      requireTrust(ports, workspace);
      const value = await ports.googleTokens.get(keyFile && resolve(folder, keyFile));
      redactor?.learn([value]);
      return value;
    },
    async googleIdentity(wanted) {
      requireTrust(ports, workspace);
      const { by } = wanted;
      const absolute =
        typeof by === 'object' && 'keyFile' in by ? { keyFile: resolve(folder, by.keyFile) } : by;
      const value = await ports.googleTokens.identity({ ...wanted, by: absolute });
      redactor?.learn([value]);
      return value;
    },
    hostVariables() {
      requireTrust(ports, workspace);
      return { ...ports.hostEnvironment, ...variables };
    },
    probe: (check, reach) =>
      probe(ports, check, reach, {
        signal,
        folder,
        variables: { ...ports.hostEnvironment, ...variables },
      }),
    imageIds(id) {
      const release = ports.ledger.releases.get(workspace.id, releaseIdSchema.parse(id));
      return release === undefined ? new Set() : engineIdsOf(ports, release, environment.cell);
    },
  };
}

/**
 * The engine that the environment is on, where that is not the one that Gantry uses. Throws `workspace-untrusted` for
 * one behind ssh before the person has read where that leads: it would run a program, and log in with their keys.
 */
export function engineOf(
  { engines, targets, ledger }: Pick<Ports, 'engines' | 'targets' | 'ledger'>,
  { id, folder, config }: OpenWorkspace,
  { name, target }: Pick<Environment, 'name' | 'target'>,
): RemoteEngine | undefined {
  const place = targets.get(target.kind).engine?.(target.config);
  if (place === undefined) return undefined;
  const isSsh = 'host' in place && place.host.startsWith('ssh:');
  if (isSsh && !ledger.workspaces.isTrusted(id, trustHash(config))) {
    throw new GantryError(
      'workspace-untrusted',
      `${name} is on ${enginePlaceName(place)}, which is asked once this workspace is trusted.`,
      'Read what it runs, then trust it: `gantry trust`, --trust, or the button in the app.',
    );
  }
  return engines.at(place, folder);
}

export function placeOf(workspace: OpenWorkspace, environment: Environment): TargetPlace {
  return {
    workspace: workspace.config.name,
    environment: environment.name,
    image: workspace.config.image,
  };
}
