import { GantryError } from '#shared/domain/errors.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { Ports } from '../context.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { BuildOutput, StepOutput } from '../ports.ts';
import type { BuildStepOutput, StepContext } from '../run-step.ts';
import { type BuildChoices, imageRequest } from './image-request.ts';
import type { Progress } from './progress.ts';
import { buildTag } from './remains.ts';

export async function* buildImage(
  ports: Ports,
  workspace: OpenWorkspace,
  choices: BuildChoices,
  runId: RunId,
  progress: Progress,
  { signal }: StepContext,
): AsyncGenerator<StepOutput | BuildStepOutput> {
  const steps = createSteps();
  const request = imageRequest(workspace, choices, runId, progress, signal);
  for await (const output of ports.engine.build(request)) yield* steps.told(output);
  const image = await ports.engine.image(buildTag(workspace, runId), signal);
  if (image === undefined) {
    throw new GantryError(
      'engine-refused',
      'The engine said the build was done, but it has no such image.',
      'Build again; if it happens again, look at the engine’s own log.',
    );
  }
  progress.image = image;
  yield { kind: 'end', outcome: 'succeeded', detail: steps.summary() };
}

/** What the engine tells, as a run's log and events; and how much of it came from the cache. */
function createSteps() {
  const names = new Map<string, string>();
  const ended = new Map<string, 'cached' | 'done'>();
  return {
    *told(output: BuildOutput): Generator<StepOutput | BuildStepOutput> {
      switch (output.kind) {
        case 'vertex': {
          const { vertex } = output;
          names.set(vertex.id, vertex.name);
          if (vertex.state === 'cached' || vertex.state === 'done') ended.set(vertex.id, vertex.state);
          yield { kind: 'event', event: { kind: 'vertex-changed', step: 'build', vertex } };
          break;
        }
        case 'line': {
          const source = output.vertexId === undefined ? 'engine' : (names.get(output.vertexId) ?? 'engine');
          yield { kind: 'line', source, level: output.stream, text: output.text };
          break;
        }
        case 'progress':
          yield output;
          break;
        case 'sent': {
          const { kind: _, ...sent } = output;
          yield { kind: 'event', event: { kind: 'context-sent', step: 'build', ...sent } };
          break;
        }
        case 'image':
          break;
      }
    },
    summary: () => {
      const cached = [...ended.values()].filter((state) => state === 'cached').length;
      return `${cached} of ${ended.size} steps cached`;
    },
  };
}
