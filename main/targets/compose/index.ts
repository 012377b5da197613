import type { Io, StepOutput, Target } from '#main/core/ports/target.ts';
import { enginePlaceName } from '#shared/domain/engine-place.ts';
import { assertNever } from '#shared/domain/errors.ts';
import { type ComposeAction, composeActionSchema } from './actions.ts';
import { cautionsOf, checkFiles } from './check.ts';
import { type ComposeConfig, composeConfigSchema, filesOf, projectOf } from './config.ts';
import { createDeployMemory, type DeployMemory } from './deploy-memory.ts';
import { createFileMemory } from './file-memory.ts';
import { checkProject } from './foreign-containers.ts';
import { handOver } from './hand-over.ts';
import { findImage, verifyImage } from './image-steps.ts';
import { observeProject } from './observe.ts';
import { planSettingChanges, planSteps } from './plan.ts';
import { settle } from './settle.ts';
import { mayPass } from './sort-out.ts';
import { startServices } from './start.ts';
import { startBeside } from './start-beside.ts';
import { lastWordsOf, waitUntilHealthy } from './wait.ts';
import { waitBeside } from './wait-beside.ts';

/** Docker Compose: one compose project for each environment, on the engine that Gantry uses or on one of its own. */
export function createComposeTarget(): Target<ComposeConfig> {
  const files = createFileMemory();
  const memory = createDeployMemory(files);
  return {
    kind: 'compose',
    summary:
      'Docker Compose on this engine or another: one project for each environment, pinned to the release’s image.',
    get config() {
      return composeConfigSchema;
    },
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
    async check(config, place, io) {
      const asked = [checkFiles(config, place, io, files), checkProject(projectOf(config, place), io)];
      return (await Promise.all(asked)).flat();
    },
    cautions: (config, place, io) => cautionsOf(config, place, io, files),
    observe: (config, place, io) => observeProject(io, projectOf(config, place)),
    plan: planSteps,
    settingChanges: planSettingChanges,
    apply(step, io) {
      const action = composeActionSchema.parse(step.action);
      const project = action.kind === 'hand-over' ? action.up.project : action.project;
      const isLast = action.kind === 'verify';
      const forget = () => memory.forget({ project }, io.folder);
      return unlessFailed(apply(action, io, memory), isLast, forget);
    },
    settle: (step, io) => settle(composeActionSchema.parse(step.action), io, memory),
    lastWords: (config, place, io) => lastWordsOf(io, projectOf(config, place)),
  };
}

export const composeTarget = createComposeTarget();

/** Who tries again may have mended the files meanwhile. */
async function* unlessFailed(
  outputs: AsyncIterable<StepOutput>,
  isLast: boolean,
  forget: () => void,
): AsyncGenerator<StepOutput> {
  let isNeeded = false;
  try {
    for await (const output of outputs) {
      if (output.kind === 'end' && output.outcome === 'succeeded') isNeeded = !isLast;
      yield output;
    }
  } catch (error) {
    isNeeded = mayPass(error);
    throw error;
  } finally {
    if (!isNeeded) forget();
  }
}

function apply(action: ComposeAction, io: Io, memory: DeployMemory): AsyncIterable<StepOutput> {
  switch (action.kind) {
    case 'find-image':
      return findImage(action, io, memory);
    case 'start':
      return startServices(action, io, memory);
    case 'start-beside':
      return startBeside(action, io, memory);
    case 'wait-beside':
      return waitBeside(action, io, memory);
    case 'hand-over':
      return handOver(action, io, memory);
    case 'wait':
      return waitUntilHealthy(action, io);
    case 'verify':
      return verifyImage(action, io);
    default:
      return assertNever(action);
  }
}
