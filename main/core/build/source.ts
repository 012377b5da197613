import type { Source } from '#shared/domain/release.ts';
import type { Ports } from '../context.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { ReadAhead, StepOutput } from '../ports.ts';
import { versionOf } from '../version.ts';
import type { Progress } from './progress.ts';

export async function* readSource(
  ports: Ports,
  workspace: OpenWorkspace,
  progress: Progress,
  signal: AbortSignal,
): AsyncGenerator<StepOutput> {
  const { folder } = workspace;
  progress.ahead = readAhead(ports, workspace, signal);
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

/** It takes as long as git does, and on another core. What is wrong with the folder the build says. */
async function readAhead(
  { workspaces, engine }: Ports,
  { folder, config: { build } }: OpenWorkspace,
  signal: AbortSignal,
): Promise<ReadAhead | undefined> {
  try {
    const context = await workspaces.folderInside(folder, build.context, 'build.context');
    return await engine.readAhead(context, build.dockerfile, signal);
  } catch {
    return undefined;
  }
}

function describeSource(source: Source): string {
  const files =
    source.uncommittedFiles === 1 ? '1 uncommitted file' : `${source.uncommittedFiles} uncommitted files`;
  if (source.commit === undefined) return source.uncommittedFiles > 0 ? `No commit, ${files}` : 'No commit';
  const commit = `${source.commit.sha.slice(0, 7)} ${source.commit.subject}`;
  return source.uncommittedFiles > 0 ? `${commit}, and ${files}` : commit;
}
