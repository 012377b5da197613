import { isAbsolute, relative } from 'node:path';
import * as z from 'zod';
import type { Io } from '#main/core/ports/target.ts';

const fileSchema = z.looseObject({ file: z.string().nullish() });
const sourceSchema = z.union([z.string(), z.looseObject({ source: z.string().nullish() })]);
const sourcesSchema = z.array(sourceSchema).nullish();

const modelSchema = z.looseObject({
  services: z
    .record(
      z.string(),
      z.looseObject({
        volumes: z
          .array(
            z.union([
              z.string(),
              z.looseObject({ type: z.string().nullish(), source: z.string().nullish() }),
            ]),
          )
          .nullish(),
        configs: sourcesSchema,
        secrets: sourcesSchema,
      }),
    )
    .default({}),
  configs: z.record(z.string(), fileSchema).nullish(),
  secrets: z.record(z.string(), fileSchema).nullish(),
});

/** Where the engine is asked over the network; undefined for one of this machine. */
export function hostElsewhere({ engine }: Pick<Io, 'engine'>): string | undefined {
  const { DOCKER_HOST: host } = engine.cliEnvironment();
  return host !== undefined && /^(ssh|tcp|https?):/.test(host) ? host : undefined;
}

/**
 * Files of the workspace that services mount, where the engine is on another machine: Compose names them to the engine by
 * their path, which it looks for over there and, mostly, makes an empty folder of.
 * @param json from `docker compose config --no-interpolate --format json`: paths are absolute
 */
export function filesNotThere(json: string, folder: string, host: string): readonly string[] {
  const { services, configs, secrets } = modelSchema.parse(JSON.parse(json));
  const fileOf = (all: typeof configs, used: z.infer<typeof sourcesSchema>) =>
    (used ?? []).map((one) => all?.[(typeof one === 'string' ? one : one.source) ?? '']?.file);
  return Object.entries(services).flatMap(([name, service]) => {
    const bound = (service.volumes ?? []).map((volume) =>
      typeof volume !== 'string' && volume.type === 'bind' ? volume.source : undefined,
    );
    const paths = [...bound, ...fileOf(configs, service.configs), ...fileOf(secrets, service.secrets)]
      .flatMap((path) => (path ? [relative(folder, path) || '.'] : []))
      // What is elsewhere, such as a socket, is meant to be over there.
      .filter((path) => !path.startsWith('..') && !isAbsolute(path));
    if (paths.length === 0) return [];
    return [
      `${name} mounts ${[...new Set(paths)].join(', ')} of this workspace, but the engine is at ${host} and looks there: no deploy brings these files along. Put them into the image, or to the same path on that machine.`,
    ];
  });
}
