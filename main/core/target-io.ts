import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from './context.ts';
import type { OpenWorkspace } from './open-workspace.ts';
import type { Io, Redactor, TargetPlace } from './ports.ts';

type Needs = Pick<Ports, 'engine' | 'registry' | 'commands' | 'http' | 'files' | 'clock' | 'secrets'>;

/** What a target may reach. Without `env`, asking for values is a bug: planning and observing never see one. */
export function createIo(
  ports: Needs,
  { folder, config }: Pick<OpenWorkspace, 'folder' | 'config'>,
  signal: AbortSignal,
  /** Of a run: the env of its deploy, and what keeps its values out of the record. */
  { env, redactor }: { readonly env?: Io['env']; readonly redactor?: Redactor } = {},
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
  };
}

export function placeOf(workspace: OpenWorkspace, environment: Environment): TargetPlace {
  return {
    workspace: workspace.config.name,
    environment: environment.name,
    image: workspace.config.image,
  };
}
