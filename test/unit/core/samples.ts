import type { Stay } from '#main/core/releases.ts';
import { completeConfig } from '#main/workspace/complete-config.ts';
import {
  environmentNameSchema,
  releaseIdSchema,
  runIdSchema,
  workspaceIdSchema,
} from '#shared/domain/ids.ts';
import type { ReleaseSummary } from '#shared/domain/plan.ts';
import type { Release } from '#shared/domain/release.ts';
import {
  type Environment,
  type WorkspaceConfig,
  workspaceConfigSchema,
} from '#shared/domain/workspace-config.ts';

export const workspaceId = workspaceIdSchema.parse('w-1');
export const prod = environmentNameSchema.parse('prod');
export const staging = environmentNameSchema.parse('staging');

export function sampleEnvironment(name = prod, changes: Partial<Environment> = {}): Environment {
  return {
    name,
    envFile: `.env.${name}`,
    target: { kind: 'compose', config: {} },
    health: { interval: 500, deadline: 10_000 },
    gates: { order: true, tests: true },
    confirm: 'click',
    onFailure: 'roll-back',
    ...changes,
  };
}

/** gantry.yml with its defaults; one environment, dev, unless it names others. */
export function sampleConfig(file: object = {}): WorkspaceConfig {
  const parsed = workspaceConfigSchema.parse({ name: 'shop', environments: { dev: {} }, ...file });
  const target = { kind: 'compose', config: { kind: 'compose', timeout: 600_000 } };
  const targets = new Map(Object.keys(parsed.environments).map((name) => [name, target]));
  return completeConfig({ file: parsed, fallbackName: 'shop', targets });
}

export function sampleImageId(seed: string): string {
  return `sha256:${seed.repeat(64).slice(0, 64)}`;
}

export function sampleRelease(seed: string, changes: Partial<Release> = {}): Release {
  const id = releaseIdSchema.parse(`r-${seed.repeat(6).slice(0, 6)}`);
  return {
    id,
    workspaceId,
    version: '1.0.0',
    source: { uncommittedFiles: 0 },
    images: [
      {
        image: {
          identity: { imageId: sampleImageId(seed), manifestDigests: {} },
          tags: [`chatbot:${id}`],
          size: 1_000,
          platform: 'linux/amd64',
          config: {
            entrypoint: [],
            command: [],
            envKeys: [],
            ports: [],
            user: '',
            workingDir: '',
            labels: {},
          },
          layers: [],
        },
        tags: [`chatbot:${id}`],
      },
    ],
    tests: [],
    builtBy: runIdSchema.parse(1),
    builtAt: 1_000,
    ...changes,
  };
}

export function sampleSummary(seed: string): ReleaseSummary {
  const release = sampleRelease(seed);
  return {
    id: release.id,
    version: release.version,
    imageId: release.images[0].image.identity.imageId,
    ref: `chatbot:${release.id}`,
    size: 1_000,
    uncommittedFiles: 0,
    builtAt: 1_000,
  };
}

export function sampleStay(seed: string, kind: Stay['kind'], run: number): Stay {
  return {
    workspaceId,
    environment: prod,
    release: sampleRelease(seed).id,
    runId: runIdSchema.parse(run),
    at: run,
    kind,
  };
}
