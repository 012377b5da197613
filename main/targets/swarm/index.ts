import type { BegunStep, ImageRules, Io, StepOutput, Target } from '#main/core/ports/target.ts';
import { enginePlaceName } from '#shared/domain/engine-place.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { failed } from '../step-end.ts';
import { swarmActionSchema } from './actions.ts';
import { checkSettings } from './check.ts';
import { type SwarmConfig, serviceOf, swarmConfigSchema } from './config.ts';
import { findImage } from './find-image.ts';
import { isOf } from './labels.ts';
import { observeService } from './observe.ts';
import { planSettingChanges, planSteps } from './plan.ts';
import { updateService } from './update.ts';
import { verifyImage } from './verify.ts';
import { lastWordsOf, waitUntilConverged } from './wait.ts';

const byId: ImageRules = { needsImage: 'engine', compares: 'image-id' };
const byDigest: ImageRules = { needsImage: 'registry', compares: 'digest' };

/** A service on the engine's own orchestrator: the way from one machine to many. */
export const swarmTarget: Target<SwarmConfig> = {
  kind: 'swarm',
  summary:
    'A service of a Docker swarm, on one machine or many: replaced task by task, back by itself when one fails.',
  get config() {
    return swarmConfigSchema;
  },
  ...byId,
  imageRules: ({ repository }) => (repository === undefined ? byId : byDigest),
  repository: ({ repository }) => repository,
  engine: ({ engine }) => engine,
  platform: (_config, io) => io.engine.platform(io.signal),
  describe(config, place) {
    const where = config.engine === undefined ? '' : ` on ${enginePlaceName(config.engine)}`;
    const service = serviceOf(config, place);
    return { label: `swarm ${service}${where}`, detail: `the service ${service} of the swarm${where}` };
  },
  check: (config, _place, io) => checkSettings(config, io),
  observe: (config, place, io) => observeService(config, serviceOf(config, place), io),
  plan: planSteps,
  settingChanges: planSettingChanges,
  apply,
  lastWords: (config, place, io) => lastWordsOf(serviceOf(config, place), io),
  resume,
};

function apply(step: PlannedStep, io: Io): AsyncIterable<StepOutput> {
  const action = swarmActionSchema.parse(step.action);
  switch (action.kind) {
    case 'find-image':
      return findImage(action, io);
    case 'update':
      return updateService(action, io);
    case 'verify':
      return verifyImage(action, io);
  }
}

/** The swarm goes on without us: what it was asked for shows in the service itself, and so does how it ended. */
async function* resume({ step, handle }: BegunStep, io: Io): AsyncGenerator<StepOutput> {
  const action = swarmActionSchema.parse(step.action);
  if (action.kind !== 'update') return yield* apply(step, io);
  const service = await (await io.engine.swarm()).service(action.service, io.signal);
  const isAsked = handle !== undefined || (service !== undefined && isOf(service.taskLabels, action));
  if (!isAsked && (service === undefined || service.version === action.was)) {
    const message = `${action.service} was not changed yet.`;
    return yield failed({ code: 'target-refused', message, hint: 'Deploy again.' });
  }
  yield* waitUntilConverged(action, io);
}
