import { cellsOf, cellTag } from '#shared/domain/matrix.ts';
import type { TestCounts } from '#shared/domain/release.ts';
import type { TestConfig, WorkspaceConfig } from '#shared/domain/workspace-config.ts';
import type { Ports } from '../context.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { StepOutput } from '../ports.ts';
import type { BuildStepOutput, StepContext } from '../run-step.ts';
import { type Progress, required } from './progress.ts';
import { testLabels } from './remains.ts';
import type { BuildRun } from './run.ts';
import { runTest } from './run-test.ts';

/** One step of a build. */
export type TestStep = {
  readonly id: string;
  readonly title: string;
  readonly test: TestConfig;
  /** Of the matrix, for a test in the image. */
  readonly cell?: string;
};

/** A test in the image is one for each cell of the matrix; a test on the host sees all images at once. */
export function testSteps({ tests, build }: Pick<WorkspaceConfig, 'tests' | 'build'>): readonly TestStep[] {
  const cells = cellsOf(build.matrix);
  return tests.flatMap((test, index) => {
    const step = { id: `test-${index + 1}`, title: `Test ${test.name}`, test };
    if (test.where === 'host' || cells.length === 0) return [step];
    return cells.map(({ name: cell }) => ({
      ...step,
      id: `${step.id}-${cellTag(cell)}`,
      title: `${step.title} (${cell})`,
      cell,
    }));
  });
}

export async function* testImage(
  ports: Ports,
  workspace: OpenWorkspace,
  { id, test, cell }: TestStep,
  run: BuildRun,
  progress: Progress,
  context: StepContext,
): AsyncGenerator<StepOutput | BuildStepOutput> {
  const images = required(progress.images, 'images');
  const image = cell === undefined ? images[0] : images.find((built) => built.cell === cell);
  const startedAt = ports.clock.monotonic();
  const place = {
    step: id,
    folder: workspace.folder,
    image: required(image, `image of ${cell}`),
    images,
    labels: testLabels(required(ports.ledger.runs.get(run.id), 'run')),
  };
  let counts: TestCounts | undefined;
  for await (const output of runTest(ports, test, place, context)) {
    if (output.kind === 'event' && output.event.kind === 'test-reported') counts = output.event.counts;
    if (output.kind === 'end' && output.outcome === 'succeeded') {
      progress.tests.push({
        name: test.name,
        where: test.where,
        ...(cell === undefined ? {} : { cell }),
        durationMs: Math.round(ports.clock.monotonic() - startedAt),
        ...(counts === undefined ? {} : { counts }),
      });
    }
    yield output;
  }
}
