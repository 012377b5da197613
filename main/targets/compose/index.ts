import type { Io, StepOutput, Target } from '#main/core/ports/target.ts';
import { enginePlaceName } from '#shared/domain/engine-place.ts';
import { assertNever } from '#shared/domain/errors.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { composeActionSchema } from './actions.ts';
import { checkFiles } from './check.ts';
import { type ComposeConfig, composeConfigSchema, filesOf, projectOf } from './config.ts';
import { findImage, verifyImage } from './image-steps.ts';
import { observeProject } from './observe.ts';
import { planSettingChanges, planSteps } from './plan.ts';
import { startServices } from './start.ts';
import { lastWordsOf, waitUntilHealthy } from './wait.ts';

/** Docker Compose: one compose project for each environment, on the engine that Gantry uses or on one of its own. */
export const composeTarget: Target<ComposeConfig> = {
  kind: 'compose',
  summary:
    'Docker Compose on this engine or another: one project for each environment, pinned to the release’s image.',
  config: composeConfigSchema,
  needsImage: 'engine',
  compares: 'image-id',
  engine: (config) => config.engine,
  checksHealth: true,
  // The engine runs what it is; emulation, where there is any, is seldom meant for a release.
  platform: (_config, io) => io.engine.platform(io.signal),
  describe(config, place) {
    const files = filesOf(config);
    const where = config.engine === undefined ? '' : ` on ${enginePlaceName(config.engine)}`;
    const project = projectOf(config, place);
    return {
      label: `compose ${project}${where}`,
      detail: `${files.length === 0 ? 'compose file' : files.join(' + ')} as project ${project}${where}`,
    };
  },
  check: checkFiles,
  observe: (config, place, io) => observeProject(io, projectOf(config, place)),
  plan: planSteps,
  settingChanges: planSettingChanges,
  apply,
  lastWords: (config, place, io) => lastWordsOf(io, projectOf(config, place)),
};

function apply(step: PlannedStep, io: Io): AsyncIterable<StepOutput> {
  const action = composeActionSchema.parse(step.action);
  switch (action.kind) {
    case 'find-image':
      return findImage(action, io);
    case 'start':
      return startServices(action, io);
    case 'wait':
      return waitUntilHealthy(action, io);
    case 'verify':
      return verifyImage(action, io);
    default:
      return assertNever(action);
  }
}
