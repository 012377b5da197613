import { GantryError } from '#shared/domain/errors.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import type { Release, ReleaseImage } from '#shared/domain/release.ts';
import { isImmutable, requireAskedTags } from './asked-tags.ts';
import { imageActionSchema } from './availability/action.ts';
import { applyImageStep } from './availability/apply.ts';
import { readImagePlace, withCell } from './availability/facts.ts';
import { planAvailability } from './availability/plan.ts';
import type { Ports } from './context.ts';
import type { OpenWorkspace } from './open-workspace.ts';
import type { RunStep } from './run-step.ts';

export type PushChoices = {
  /** Default: registry.repository. */
  readonly repository?: string | undefined;
  /** Names that the release gets there besides its own; they move, unless tags.immutable says of one that it must not. */
  readonly tags: readonly string[];
};

/** Steps that put every image of a release into a repository. Throws what planning refuses. */
export async function scriptPush(
  ports: Ports,
  workspace: OpenWorkspace,
  release: Release,
  { repository = workspace.config.registry.repository, tags }: PushChoices,
  signal: AbortSignal,
): Promise<readonly RunStep[]> {
  if (repository === undefined) {
    throw new GantryError(
      'config-invalid',
      'gantry.yml names no registry.repository, so there is nowhere to push to.',
      'Write one, such as ghcr.io/acme/shop, or name it: gantry push <release> --to ghcr.io/acme/shop',
    );
  }
  requireAskedTags(ports, release, tags);
  const plans = await Promise.all(
    release.images.map((image) => planPush(ports, workspace, release, image, repository, tags, signal)),
  );
  const blocking = plans.flatMap(({ warnings }) => warnings.filter(({ level }) => level === 'block'));
  if (blocking[0] !== undefined) {
    throw new GantryError('plan-blocked', `${blocking[0].what}.`, blocking[0].detail);
  }
  const planned = plans.flatMap(({ before, after }, index) =>
    [...before, ...after].map((step) =>
      plans.length === 1 ? step : ofCell(step, index, release.images[index]),
    ),
  );
  return planned.map((step) => ({
    planned: step,
    apply: (context) =>
      applyImageStep(
        ports,
        step.id,
        imageActionSchema.parse(step.action),
        workspace.config.registry.insecure,
        context,
      ),
  }));
}

async function planPush(
  ports: Ports,
  workspace: OpenWorkspace,
  release: Release,
  image: ReleaseImage,
  repository: string,
  tags: readonly string[],
  signal: AbortSignal,
) {
  const names = tags.map((tag) => ({
    ref: `${repository}:${withCell(tag, image.cell)}`,
    isMoving: !isImmutable(ports, workspace, tag),
  }));
  const wanted = { place: 'the repository', image, needs: 'registry', repository, names } as const;
  return planAvailability(await readImagePlace(ports, workspace, release, wanted, signal));
}

function ofCell(step: PlannedStep, index: number, image: ReleaseImage | undefined): PlannedStep {
  return { ...step, id: `${step.id}-${index + 1}`, title: `${step.title} ${image?.cell ?? ''}`.trim() };
}
