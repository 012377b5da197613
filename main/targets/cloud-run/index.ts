import type { BegunStep, Io, StepOutput, Target, TargetPlace } from '#main/core/ports/target.ts';
import { assertNever, type ErrorDetail, GantryError, toErrorDetail } from '#shared/domain/errors.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { cloudRunActionSchema } from './actions.ts';
import { createCloudRun } from './api.ts';
import { smokeTest } from './canary.ts';
import { type CloudRunConfig, cloudRunConfigSchema, serviceAt } from './config.ts';
import { createRevision, resumeCreate, validateChange } from './create.ts';
import { missing } from './failures.ts';
import { requireContainer } from './image.ts';
import { observeService } from './observe.ts';
import { planSettingChanges, planSteps } from './plan.ts';
import { resumeShift, shiftTraffic } from './shift.ts';
import { verifyLive } from './verify.ts';

/**
 * A service on Cloud Run, by the Admin API v2. Its env, its account and who may call it are what Cloud Run has: only one
 * container's image and the traffic are changed. Everything here was tried against a fake that was made from the API's
 * published description; no real Google endpoint has been called.
 */
export const cloudRunTarget: Target<CloudRunConfig> = {
  kind: 'cloud-run',
  summary:
    'A service on Google Cloud Run: a revision by digest at 0 %, smoke test, canary, then all traffic.',
  config: cloudRunConfigSchema,
  needsImage: 'registry',
  compares: 'digest',
  repository: (config) => config.repository,
  // What Cloud Run's own container contract asks for.
  platform: async () => 'linux/amd64',
  describe: ({ project, region, service }) => ({
    label: `cloud-run ${service}`,
    detail: `the service ${service} in ${region} of project ${project}`,
  }),
  check: checkService,
  observe: (config, _place, io) => observeService(config, io),
  plan: planSteps,
  settingChanges: planSettingChanges,
  apply,
  resume,
};

async function checkService(
  config: CloudRunConfig,
  _place: TargetPlace,
  io: Io,
): Promise<readonly ErrorDetail[]> {
  try {
    const service = await createCloudRun(serviceAt(config), io, io.signal).findService();
    if (service === undefined) throw missing(config);
    requireContainer(service, config.container);
    return [];
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return [toErrorDetail(error)];
  }
}

function apply(step: PlannedStep, io: Io): AsyncIterable<StepOutput> {
  const action = cloudRunActionSchema.parse(step.action);
  switch (action.kind) {
    case 'validate':
      return validateChange(action, io);
    case 'create':
      return createRevision(action, io);
    case 'smoke':
      return smokeTest(action, io);
    case 'shift':
      return shiftTraffic(action, io);
    case 'verify':
      return verifyLive(action, io);
    default:
      return assertNever(action);
  }
}

function resume(begun: BegunStep, io: Io): AsyncIterable<StepOutput> {
  const action = cloudRunActionSchema.parse(begun.step.action);
  switch (action.kind) {
    case 'create':
      return resumeCreate(action, begun, io);
    case 'shift':
      return resumeShift(action, begun, io);
    // They only ask.
    case 'validate':
    case 'smoke':
    case 'verify':
      return apply(begun.step, io);
    default:
      return assertNever(action);
  }
}
