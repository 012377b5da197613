import type { Ports } from '../context.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { BegunBuild, Progress } from './progress.ts';
import type { BuildRun } from './run.ts';
import { type BuildChoices, buildSpec } from './spec.ts';

type Beginning = {
  readonly ports: Pick<Ports, 'engine' | 'secrets' | 'workspaces'>;
  readonly workspace: OpenWorkspace;
  readonly choices: BuildChoices;
  readonly run: BuildRun;
};

/** Before git is asked: it takes as long, and on another core. What is wrong with it the build's step says. */
export function beginBuild(progress: Progress, beginning: Beginning): Promise<BegunBuild> {
  const begun = progress.begun ?? begin(beginning);
  begun.catch(() => {});
  progress.begun = begun;
  return begun;
}

export async function begunBuild(progress: Progress, beginning: Beginning): Promise<BegunBuild> {
  try {
    return await beginBuild(progress, beginning);
  } catch (error) {
    // Whoever tries again begins anew.
    delete progress.begun;
    throw error;
  }
}

async function begin({ ports, workspace, choices, run }: Beginning): Promise<BegunBuild> {
  const spec = await buildSpec(ports, workspace, choices, run);
  return { spec, begun: await ports.engine.begin(spec) };
}

/** At the end of a run, which may not have come to its build. Not waited for: a secret may be long in coming. */
export function dropBegun({ begun }: Progress): void {
  begun?.then(
    (known) => known.begun.drop(),
    () => {},
  );
}
