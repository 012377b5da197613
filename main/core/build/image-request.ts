import type { RunId } from '#shared/domain/ids.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { BuildRequest } from '../ports.ts';
import type { Progress } from './progress.ts';
import { buildTag } from './remains.ts';

export type BuildChoices = { readonly noCache: boolean };

export function imageRequest(
  workspace: OpenWorkspace,
  choices: BuildChoices,
  runId: RunId,
  progress: Progress,
  signal: AbortSignal,
): BuildRequest {
  const { build } = workspace.config;
  return {
    contextFolder: `${workspace.folder}/${build.context}`,
    dockerfile: build.dockerfile,
    ...(build.target === undefined ? {} : { target: build.target }),
    images: [{ args: build.args, tag: buildTag(workspace, runId) }],
    atOnce: build.atOnce,
    labels: { ...build.labels, ...labelsFor(workspace, progress) },
    contexts: {},
    platforms: build.platforms,
    cacheFrom: build.cacheFrom,
    cacheTo: build.cacheTo,
    noCache: choices.noCache,
    pull: build.pull,
    network: build.network,
    extraHosts: build.extraHosts,
    provenance: build.attestations.provenance,
    sbom: false,
    secrets: {},
    ssh: [],
    signal,
  };
}

function labelsFor({ config }: OpenWorkspace, { source, version }: Progress): Record<string, string> {
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
