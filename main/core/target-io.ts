import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from './context.ts';
import { probe } from './health/probe.ts';
import type { OpenWorkspace } from './open-workspace.ts';
import type { Io, Redactor, TargetPlace } from './ports.ts';

type Needs = Pick<
  Ports,
  | 'engine'
  | 'registry'
  | 'commands'
  | 'http'
  | 'sockets'
  | 'files'
  | 'clock'
  | 'secrets'
  | 'hostEnvironment'
>;

/** What a target may reach. Without `env`, asking for values is a bug: planning and observing never see one. */
export function createIo(
  ports: Needs,
  { folder, config }: Pick<OpenWorkspace, 'folder' | 'config'>,
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
  const { engine, registry, commands, http, files, clock } = ports;
  return {
    engine,
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
      const value = await ports.secrets.resolve(reference, folder);
      redactor?.learn([value]);
      return value;
    },
    probe: (check, reach) =>
      probe(ports, check, reach, {
        signal,
        folder,
        variables: { ...ports.hostEnvironment, ...variables },
      }),
  };
}

export function placeOf(workspace: OpenWorkspace, environment: Environment): TargetPlace {
  return {
    workspace: workspace.config.name,
    environment: environment.name,
    image: workspace.config.image,
  };
}
