import * as z from 'zod';
import { interpolate } from './interpolate.ts';

/** What Gantry needs to know of a service before it starts it. */
export type ModelService = {
  readonly name: string;
  readonly image?: string;
  /** Whether its image or that image's tag is a variable's. */
  readonly imageHasVariables: boolean;
  /** What is built where; equal for services that are built the same way. Absent when nothing is. */
  readonly build?: string;
  /** Keys that the file gives a value of its own; those win over every env file, as in Compose. */
  readonly ownEnvKeys: readonly string[];
  readonly envFiles: readonly ModelEnvFile[];
  readonly needs: readonly Need[];
};

/** What another service must have come to before this one starts. */
export type Need = { readonly service: string; readonly condition: string };

export type ModelEnvFile = { readonly path: string; readonly required: boolean; readonly format?: string };

const envFileSchema = z.union([
  z.string().transform((path): ModelEnvFile => ({ path, required: true })),
  z
    .object({ path: z.string(), required: z.boolean().default(true), format: z.string().optional() })
    .transform(
      ({ path, required, format }): ModelEnvFile => ({
        path,
        required,
        ...(format === undefined || format === '' ? {} : { format }),
      }),
    ),
]);

const serviceSchema = z.object({
  image: z.string().optional(),
  build: z
    .object({
      context: z.string().optional(),
      dockerfile: z.string().optional(),
      dockerfile_inline: z.string().optional(),
      target: z.string().optional(),
    })
    .nullish()
    .transform((build) => (build ? JSON.stringify(build) : undefined)),
  environment: z
    .union([z.array(z.string()), z.record(z.string(), z.unknown())])
    .nullish()
    .transform((written) => ownKeys(written ?? [])),
  env_file: z
    .union([envFileSchema.transform((file) => [file]), z.array(envFileSchema)])
    .nullish()
    .transform((written) => written ?? []),
  depends_on: z
    .record(z.string(), z.object({ condition: z.string().default('service_started') }))
    .nullish()
    .transform((written): readonly Need[] =>
      Object.entries(written ?? {}).map(([service, { condition }]) => ({ service, condition })),
    ),
});

const modelSchema = z.object({ services: z.record(z.string(), serviceSchema).default({}) });

/**
 * Reads `docker compose config --no-interpolate --format json`: several files merged, `extends` and `include`
 * followed, paths absolute, and no value of any env key resolved. Throws a ZodError on what it does not know.
 */
export function readModel(json: string, env: ReadonlyMap<string, string>): readonly ModelService[] {
  const { services } = modelSchema.parse(JSON.parse(json));
  return Object.entries(services).map(([name, service]) => ({
    name,
    ...(service.image === undefined ? {} : { image: interpolate(service.image, env) }),
    imageHasVariables: service.image?.includes('$') === true,
    ...(service.build === undefined ? {} : { build: service.build }),
    ownEnvKeys: service.environment,
    envFiles: service.env_file.map((file) => ({ ...file, path: interpolate(file.path, env) })),
    needs: service.depends_on,
  }));
}

/** A key without a value is passed on from Compose's own environment, which is the env of this deploy. */
function ownKeys(written: readonly string[] | Readonly<Record<string, unknown>>): string[] {
  if (Array.isArray(written)) {
    return written.flatMap((entry: string) =>
      entry.includes('=') ? [entry.slice(0, entry.indexOf('='))] : [],
    );
  }
  return Object.entries(written).flatMap(([key, value]) => (value === null ? [] : [key]));
}

export type ReleaseServices =
  | { readonly kind: 'found'; readonly names: readonly string[] }
  | { readonly kind: 'unknown-service'; readonly name: string }
  /** Built in more than one way, and none has the release's image name. */
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] }
  | { readonly kind: 'none' };

/** The services that run the release's image. */
export function releaseServices(
  services: readonly ModelService[],
  image: string,
  wanted: readonly string[] | undefined,
): ReleaseServices {
  if (wanted !== undefined) {
    const unknown = wanted.find((name) => !services.some((service) => service.name === name));
    return unknown === undefined
      ? { kind: 'found', names: wanted }
      : { kind: 'unknown-service', name: unknown };
  }
  const built = services.filter((service) => service.build !== undefined);
  const named = services.filter(
    (service) => service.image !== undefined && repositoryOf(service.image) === image,
  );
  const isOneBuild = new Set(built.map((service) => service.build)).size <= 1;
  if (!isOneBuild && named.length === 0) return { kind: 'ambiguous', names: built.map(nameOf) };
  const found = services.filter(
    (service) => named.includes(service) || (isOneBuild && built.includes(service)),
  );
  return found.length === 0 ? { kind: 'none' } : { kind: 'found', names: found.map(nameOf) };
}

/** Those that end with 0 when all is well: by what others wait for, and by what gantry.yml says. */
export function oneShotsOf(
  services: readonly ModelService[],
  named: readonly string[] = [],
): readonly string[] {
  const waitedFor = services
    .flatMap(({ needs }) => needs)
    .filter(({ condition }) => condition === 'service_completed_successfully')
    .map(({ service }) => service);
  return [...new Set([...waitedFor, ...named])];
}

function nameOf(service: ModelService): string {
  return service.name;
}

/** `host:5000/team/web:1.2@sha256:…` -> `host:5000/team/web` */
export function repositoryOf(image: string): string {
  const [name = ''] = image.split('@');
  return name.replace(/:[^:/]*$/, '');
}
