import type { BegunStep, Io, Settled, StepOutput } from '#main/core/ports/target.ts';
import { assertNever, type ErrorDetail, GantryError, toErrorDetail } from '#shared/domain/errors.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { cloudRunActionSchema } from './actions.ts';
import { createCloudRun } from './api.ts';
import { smokeTest } from './canary.ts';
import { type CloudRunConfig, serviceAt } from './config.ts';
import { createRevision, resumeCreate, validateChange } from './create.ts';
import { missing } from './failures.ts';
import { requireContainer } from './image.ts';
import { resumeShift, settleShift, shiftTraffic } from './shift.ts';
import { signInTo } from './sign-in.ts';
import { verifyLive } from './verify.ts';

export { observeService } from './observe.ts';
export { signInAt } from './sign-in.ts';

export async function checkService(config: CloudRunConfig, io: Io): Promise<readonly ErrorDetail[]> {
  try {
    const service = await createCloudRun(serviceAt(config), io, io.signal).findService();
    if (service === undefined) throw missing(config);
    requireContainer(service, config.container);
    await signInTo(serviceAt(config), service, io);
    return [];
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return [toErrorDetail(error)];
  }
}

export function apply(step: PlannedStep, io: Io): AsyncIterable<StepOutput> {
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

export function resume(begun: BegunStep, io: Io): AsyncIterable<StepOutput> {
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

/** Only where traffic is shared out two revisions are side by side. */
export async function* settle(step: PlannedStep, io: Io): AsyncGenerator<StepOutput, Settled> {
  const action = cloudRunActionSchema.parse(step.action);
  return action.kind === 'shift' ? yield* settleShift(action, io) : { kind: 'nothing' };
}
