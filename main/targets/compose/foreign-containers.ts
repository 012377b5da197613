import type { Io } from '#main/core/ports/target.ts';
import { type ErrorDetail, GantryError } from '#shared/domain/errors.ts';
import { gantryLabels } from './labels.ts';
import { projectContainers } from './observe.ts';

/** On an engine that others use too, only what Gantry started itself is changed or removed. */
export async function foreignContainers(project: string, io: Io): Promise<ErrorDetail | undefined> {
  const foreign = (await projectContainers(io, project)).filter(
    (container) => container.labels[gantryLabels.environment] === undefined,
  );
  if (foreign.length === 0) return undefined;
  const names = foreign.map((container) => container.name).join(', ');
  return {
    code: 'target-refused',
    message: `The compose project ${project} has containers that Gantry did not start: ${names}.`,
    hint: `Remove them with \`docker compose -p ${project} down\`, or set another target.project in gantry.yml.`,
  };
}

/** The same before anything is started; that the engine does not answer is said elsewhere. */
export async function checkProject(project: string, io: Io): Promise<readonly ErrorDetail[]> {
  try {
    const found = await foreignContainers(project, io);
    return found === undefined ? [] : [found];
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return [];
  }
}
