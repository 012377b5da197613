import type { RunId } from '#shared/domain/ids.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import type { Ports } from '../context.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { StepOutput } from '../ports.ts';
import type { BuildStepOutput, RunStep, StepContext } from '../run-step.ts';
import { dropBegun } from './begin.ts';
import { buildImages } from './image.ts';
import type { Progress } from './progress.ts';
import { recordRelease } from './record.ts';
import { type Remains, remainsOf, removeBuildTags } from './remains.ts';
import type { BuildRun } from './run.ts';
import { readSource } from './source.ts';
import type { BuildChoices } from './spec.ts';
import { testImage, testSteps } from './tests.ts';

export type BuildScript = {
  readonly planned: readonly PlannedStep[];
  /** Known once the run has its number. */
  steps(run: BuildRun): readonly RunStep[];
  cleanUp(runId: RunId, signal: AbortSignal): Promise<void>;
  /** The run's last sentence, from those of its steps. */
  summary(details: readonly string[]): string;
};

type Part = {
  readonly planned: PlannedStep;
  apply(run: BuildRun, context: StepContext): AsyncIterable<StepOutput | BuildStepOutput>;
};

/** Source, images, tests, record: a release exists only when the last of them is done. */
export function scriptBuild(ports: Ports, workspace: OpenWorkspace, choices: BuildChoices): BuildScript {
  const remains = remainsOf(workspace.config);
  const progress: Progress = { tests: [] };
  const parts = partsOf(ports, workspace, choices, remains, progress);
  return {
    planned: parts.map(({ planned }) => planned),
    steps: (run) => parts.map(({ planned, apply }) => ({ planned, apply: (context) => apply(run, context) })),
    cleanUp: async (runId, signal) => {
      dropBegun(progress);
      await (progress.isUntagged ?? removeBuildTags(ports.engine, remains, runId, signal));
    },
    summary: (details) => `${progress.release?.id ?? ''}: ${details[1] ?? ''}${testsSentence(progress)}`,
  };
}

function partsOf(
  ports: Ports,
  workspace: OpenWorkspace,
  choices: BuildChoices,
  remains: Remains,
  progress: Progress,
): readonly Part[] {
  const { image, build, tests } = workspace.config;
  const what = remains.cells.length === 0 ? image : `${remains.cells.length} images of ${image}`;
  return [
    {
      // It reads every uncommitted file, however large: no other limit than the build's.
      planned: step('source', 'Read source', 'Commit and uncommitted changes', build.timeout),
      apply: (run, { signal }) => readSource(ports, workspace, choices, run, progress, signal),
    },
    {
      planned: {
        ...step('build', 'Build image', `${what} from ${build.dockerfile}`, build.timeout),
        action: remains,
      },
      apply: (run, context) => buildImages(ports, workspace, choices, run, progress, context),
    },
    ...testSteps({ tests, build }).map(
      (test): Part => ({
        planned: step(
          test.id,
          test.title,
          test.test.where === 'image' ? 'In the image' : 'On this machine',
          test.test.timeout,
        ),
        apply: (run, context) => testImage(ports, workspace, test, run, progress, context),
      }),
    ),
    {
      planned: step('record', 'Record release', 'Tags and the ledger', 60_000),
      apply: (run, context) => recordRelease(ports, workspace, run, progress, context),
    },
  ];
}

function step(id: string, title: string, detail: string, timeoutMs: number): PlannedStep {
  return { id, title, detail, action: null, repeatable: true, changes: false, timeoutMs };
}

function testsSentence({ tests }: Progress): string {
  const counted = tests.flatMap(({ counts }) =>
    counts === undefined ? [] : [counts.total - counts.skipped],
  );
  // What a report counts, and each command without one as one test.
  const count = counted.reduce((sum, number) => sum + number, tests.length - counted.length);
  if (tests.length === 0) return ', no tests';
  return count === 1 ? ', 1 test passed' : `, ${count} tests passed`;
}
