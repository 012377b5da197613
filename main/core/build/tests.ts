import type { RunId } from '#shared/domain/ids.ts';
import type { TestConfig } from '#shared/domain/workspace-config.ts';
import type { Ports } from '../context.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { StepOutput } from '../ports.ts';
import type { StepContext } from '../run-step.ts';
import { type Progress, required } from './progress.ts';
import { buildTag, testLabels } from './remains.ts';
import { runTest } from './run-test.ts';

export async function* testImage(
  ports: Ports,
  workspace: OpenWorkspace,
  test: TestConfig,
  runId: RunId,
  progress: Progress,
  context: StepContext,
): AsyncGenerator<StepOutput> {
  const image = required(progress.image, 'image');
  const startedAt = ports.clock.now();
  const place = {
    folder: workspace.folder,
    imageId: image.identity.imageId,
    tag: buildTag(workspace, runId),
    labels: testLabels(required(ports.ledger.runs.get(runId), 'run')),
  };
  for await (const output of runTest(ports, test, place, context)) {
    if (output.kind === 'end' && output.outcome === 'succeeded') {
      progress.tests.push({ name: test.name, where: test.where, durationMs: ports.clock.now() - startedAt });
    }
    yield output;
  }
}
