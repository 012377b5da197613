import type { Source } from '#shared/domain/release.ts';
import type { Ports } from '../context.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { StepOutput } from '../ports.ts';
import { versionOf } from '../version.ts';
import { beginBuild } from './begin.ts';
import type { Progress } from './progress.ts';
import type { BuildRun } from './run.ts';
import type { BuildChoices } from './spec.ts';

export async function* readSource(
  ports: Ports,
  workspace: OpenWorkspace,
  choices: BuildChoices,
  run: BuildRun,
  progress: Progress,
  signal: AbortSignal,
): AsyncGenerator<StepOutput> {
  const { folder } = workspace;
  void beginBuild(progress, { ports, workspace, choices, run });
  const [source, tag, packageVersion] = await Promise.all([
    ports.git.source(folder, signal),
    ports.git.versionTag(folder),
    ports.workspaces.packageVersion(folder),
  ]);
  progress.source = source;
  progress.version = versionOf(workspace.config.version, {
    now: ports.clock.now(),
    source,
    ...(tag === undefined ? {} : { tag }),
    ...(packageVersion === undefined ? {} : { packageVersion }),
  });
  yield { kind: 'end', outcome: 'succeeded', detail: describeSource(source) };
}

function describeSource(source: Source): string {
  const files =
    source.uncommittedFiles === 1 ? '1 uncommitted file' : `${source.uncommittedFiles} uncommitted files`;
  if (source.commit === undefined) return source.uncommittedFiles > 0 ? `No commit, ${files}` : 'No commit';
  const commit = `${source.commit.sha.slice(0, 7)} ${source.commit.subject}`;
  return source.uncommittedFiles > 0 ? `${commit}, and ${files}` : commit;
}
