import { resolve } from 'node:path';
import type { BuildConfig } from '#shared/domain/build-config.ts';
import { cellsOf } from '#shared/domain/matrix.ts';
import type { Source } from '#shared/domain/release.ts';
import type { WorkspaceConfig } from '#shared/domain/workspace-config.ts';
import type { Ports } from '../context.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { BuildImage, BuildSpec } from '../ports.ts';
import { type Progress, required } from './progress.ts';
import { buildTag, remainsOf } from './remains.ts';
import type { BuildRun } from './run.ts';
import { resolveSecrets } from './secrets.ts';

export type BuildChoices = { readonly noCache: boolean };

/** gantry.yml, with everything looked up that it only names: all that does not come from git. */
export async function buildSpec(
  ports: Pick<Ports, 'secrets' | 'workspaces'>,
  { folder, config: { build }, config }: OpenWorkspace,
  choices: BuildChoices,
  run: BuildRun,
): Promise<BuildSpec> {
  return {
    contextFolder: await ports.workspaces.folderInside(folder, build.context, 'build.context'),
    dockerfile: build.dockerfile,
    ...(build.target === undefined ? {} : { target: build.target }),
    images: imagesOf(config, run),
    atOnce: build.atOnce,
    labels: build.labels,
    contexts: await namedContexts(ports, build, folder),
    platforms: build.platforms,
    cacheFrom: build.cacheFrom.map((place) => withFolder(place, folder)),
    cacheTo: build.cacheTo.map((place) => withFolder(place, folder)),
    noCache: choices.noCache,
    pull: build.pull,
    network: build.network,
    extraHosts: build.extraHosts,
    provenance: build.attestations.provenance,
    sbom: sbomOf(build),
    ...(await resolveSecrets(ports, build, folder, run.redactor)),
  };
}

/** What git says of the source, as the image is to have it. */
export function withSource(spec: BuildSpec, { config }: OpenWorkspace, progress: Progress): BuildSpec {
  const source = required(progress.source, 'source');
  return {
    ...spec,
    labels: { ...spec.labels, ...labelsFor(config, progress) },
    ...epochOf(config.build, source),
  };
}

function imagesOf(config: WorkspaceConfig, { id }: BuildRun): [BuildImage, ...BuildImage[]] {
  const { args, matrix } = config.build;
  const remains = remainsOf(config);
  const [first, ...others] = cellsOf(matrix).map((cell) => ({
    cell: cell.name,
    args: { ...args, ...cell.args },
    tag: buildTag(remains, id, cell.name),
  }));
  return first === undefined ? [{ args, tag: buildTag(remains, id) }] : [first, ...others];
}

async function namedContexts(
  ports: Pick<Ports, 'workspaces'>,
  { contexts }: Pick<BuildConfig, 'contexts'>,
  folder: string,
): Promise<Record<string, string>> {
  const entries = Object.entries(contexts).map(async ([name, place]) => {
    const isFetched = /^[a-z][a-z0-9+.-]*:\/\//i.test(place);
    const setting = `build.contexts.${name}`;
    return [name, isFetched ? place : await ports.workspaces.folderInside(folder, place, setting)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** `type=local,dest=cache`: a relative folder is the workspace's, wherever Gantry was started. */
function withFolder(place: string, folder: string): string {
  if (!/(?:^|,)type=local(?:,|$)/.test(place)) return place;
  return place
    .split(',')
    .map((field) => {
      const [, key, path] = /^(src|dest)=(.+)$/.exec(field) ?? [];
      return path === undefined ? field : csvField(`${key}=${resolve(folder, path)}`);
    })
    .join(',');
}

function csvField(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function sbomOf({ attestations: { sbom } }: BuildConfig): BuildSpec['sbom'] {
  return sbom === true ? {} : sbom;
}

/** With uncommitted files the commit's time says nothing of what is built. */
function epochOf({ reproducible }: BuildConfig, { commit, uncommittedFiles }: Source) {
  return reproducible && commit !== undefined && uncommittedFiles === 0
    ? { sourceDateEpoch: Math.floor(commit.at / 1_000) }
    : {};
}

function labelsFor(config: WorkspaceConfig, { source, version }: Progress): Record<string, string> {
  const commit = source?.commit;
  return {
    'org.opencontainers.image.title': config.name,
    ...(version === undefined ? {} : { 'org.opencontainers.image.version': version }),
    ...(commit === undefined
      ? {}
      : {
          'org.opencontainers.image.revision': commit.sha,
          // The commit's time, not the clock's: the same source makes the same image.
          'org.opencontainers.image.created': new Date(commit.at).toISOString(),
        }),
    'dev.gantry.workspace': config.name,
  };
}
