import type { RunId } from '#shared/domain/ids.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import type { Release } from '#shared/domain/release.ts';
import type { Ports } from '../context.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { RunStep } from '../run-step.ts';
import { buildImage } from './image.ts';
import type { BuildChoices } from './image-request.ts';
import type { Progress } from './progress.ts';
import { recordRelease } from './record.ts';
import { buildTag } from './remains.ts';
import { readSource } from './source.ts';
import { testImage } from './tests.ts';

export type BuildScript = {
  readonly planned: readonly PlannedStep[];
  /** Known once the run has its number. */
  steps(runId: RunId): readonly RunStep[];
  readonly cleanUp: (runId: RunId) => Promise<void>;
  /** For the run's last sentence and its rollback-free end. */
  readonly result: () => Release | undefined;
};

/** Source, image, tests, record: a release exists only when the last of them is done. */
export function scriptBuild(ports: Ports, workspace: OpenWorkspace, choices: BuildChoices): BuildScript {
  const planned = planBuild(workspace);
  const progress: Progress = { tests: [] };
  const { tests } = workspace.config;
  return {
    planned,
    result: () => progress.release,
    cleanUp: (runId) => ports.engine.untag(buildTag(workspace, runId)),
    steps: (runId) =>
      planned.map((step) => ({
        planned: step,
        apply: (context) => {
          if (step.id === 'source') return readSource(ports, workspace, progress);
          if (step.id === 'build') return buildImage(ports, workspace, choices, runId, progress, context);
          if (step.id === 'record') return recordRelease(ports, workspace, runId, progress, context);
          const test = tests[Number(step.id.slice('test-'.length)) - 1];
          if (test === undefined) throw new Error(`no test for step ${step.id}`);
          return testImage(ports, workspace, test, runId, progress, context);
        },
      })),
  };
}

function planBuild({ config }: OpenWorkspace): PlannedStep[] {
  const step = (id: string, title: string, detail: string, timeoutMs: number): PlannedStep => ({
    id,
    title,
    detail,
    action: null,
    repeatable: true,
    changes: false,
    timeoutMs,
  });
  return [
    step('source', 'Read source', 'Commit and uncommitted changes', 60_000),
    step('build', 'Build image', `${config.image} from ${config.build.dockerfile}`, config.build.timeout),
    ...config.tests.map((test, index) =>
      step(
        `test-${index + 1}`,
        `Test ${test.name}`,
        test.where === 'image' ? 'In the image' : 'On this machine',
        test.timeout,
      ),
    ),
    step('record', 'Record release', 'Tags and the ledger', 60_000),
  ];
}
