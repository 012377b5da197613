import { buildTotals } from '#shared/domain/build-facts.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { Vertex } from '#shared/domain/step-events.ts';
import type { Ports } from '../context.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { BuildImage, BuildOutput, StepOutput } from '../ports.ts';
import type { BuildStepOutput, StepContext } from '../run-step.ts';
import { begunBuild } from './begin.ts';
import type { BuiltImage, Progress } from './progress.ts';
import type { BuildRun } from './run.ts';
import { type BuildChoices, withSource } from './spec.ts';

/** One image, or one for each cell of the matrix. */
export async function* buildImages(
  ports: Ports,
  workspace: OpenWorkspace,
  choices: BuildChoices,
  run: BuildRun,
  progress: Progress,
  { signal }: StepContext,
): AsyncGenerator<StepOutput | BuildStepOutput> {
  const steps = createSteps();
  const { spec, begun } = await begunBuild(progress, { ports, workspace, choices, run });
  const request = { ...withSource(spec, workspace, progress), begun, signal };
  for await (const output of ports.engine.build(request)) yield* steps.told(output);
  const [first, ...others] = request.images;
  progress.images = [
    await builtImage(ports, first, request.platforms, signal),
    ...(await Promise.all(others.map((image) => builtImage(ports, image, request.platforms, signal)))),
  ];
  const images = progress.images.length === 1 ? '' : `, ${progress.images.length} images`;
  yield { kind: 'end', outcome: 'succeeded', detail: `${steps.summary()}${images}` };
}

async function builtImage(
  ports: Pick<Ports, 'engine'>,
  { cell, tag }: BuildImage,
  platforms: readonly string[],
  signal: AbortSignal,
): Promise<BuiltImage> {
  const found = await ports.engine.image(tag, signal);
  if (found !== undefined) {
    // Of an index the engine shows the one that it could run.
    const image = platforms.length > 1 ? { ...found, platforms: [...platforms] } : found;
    return { ...(cell === undefined ? {} : { cell }), tag, image };
  }
  throw new GantryError(
    'engine-refused',
    `The engine said the build was done, but it has no such image${cell === undefined ? '' : ` for ${cell}`}.`,
    'Build again; if it happens again, look at the engine’s own log.',
  );
}

/** What the engine tells, as a run's log and events; and how much of it came from the cache. */
function createSteps() {
  const vertices = new Map<string, Vertex>();
  const sourceOf = (vertexId: string | undefined, cell: string | undefined) => {
    const name = vertexId === undefined ? undefined : vertices.get(vertexId)?.name;
    // Cells run steps of the same name.
    return [name ?? 'engine', ...(cell === undefined ? [] : [`(${cell})`])].join(' ');
  };
  return {
    *told(output: BuildOutput): Generator<StepOutput | BuildStepOutput> {
      switch (output.kind) {
        case 'vertex': {
          const { vertex } = output;
          vertices.set(vertex.id, vertex);
          yield { kind: 'event', event: { kind: 'vertex-changed', step: 'build', vertex } };
          break;
        }
        case 'lines': {
          const { vertexId, cell, stream, texts } = output;
          yield { kind: 'lines', source: sourceOf(vertexId, cell), level: stream, texts };
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
      const seen = [...vertices.values()].map((vertex) => ({ ...vertex, step: 'build' }));
      const { cached, steps } = buildTotals({ vertices: seen, sent: [] });
      return `${cached} of ${steps} steps cached`;
    },
  };
}
