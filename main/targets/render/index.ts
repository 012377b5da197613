import type { BegunStep, Io, StepOutput, Target } from '#main/core/ports/target.ts';
import { assertNever } from '#shared/domain/errors.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { renderActionSchema } from './actions.ts';
import { checkConfig, checkService, findImage, verifyLive } from './check.ts';
import { type RenderConfig, renderConfigSchema } from './config.ts';
import { deployImage, resumeDeploy } from './deploy.ts';
import { resumeTrigger, triggerHook } from './hook.ts';
import { observeService } from './observe.ts';
import { planSettingChanges, planSteps } from './plan.ts';

/** A service on Render that runs an image out of a registry. Its env is what Render has: none is sent. */
export const renderTarget: Target<RenderConfig> = {
  kind: 'render',
  summary:
    'A service on Render: deployed by digest and followed until it is live, or triggered by its deploy hook.',
  get config() {
    return renderConfigSchema;
  },
  needsImage: 'registry',
  compares: 'digest',
  repository: (config) => config.repository,
  platform: async (config) => config.platform,
  describe(config) {
    const how = config.apiKey === undefined ? 'its deploy hook' : 'the API';
    return {
      label: `render ${config.service}`,
      detail: `${config.service} on Render, from ${config.repository} by ${how}`,
    };
  },
  check: (config, _place, io) => checkConfig(config, io),
  observe: (config, _place, io) => observeService(config, io),
  plan: planSteps,
  settingChanges: planSettingChanges,
  apply,
  resume,
};

function apply(step: PlannedStep, io: Io): AsyncIterable<StepOutput> {
  const action = renderActionSchema.parse(step.action);
  switch (action.kind) {
    case 'check-service':
      return checkService(action, io);
    case 'deploy':
      return deployImage(action, io);
    case 'verify':
      return verifyLive(action, io);
    case 'find-image':
      return findImage(action, io);
    case 'trigger':
      return triggerHook(action, io);
    default:
      return assertNever(action);
  }
}

function resume(begun: BegunStep, io: Io): AsyncIterable<StepOutput> {
  const action = renderActionSchema.parse(begun.step.action);
  switch (action.kind) {
    case 'deploy':
      return resumeDeploy(action, begun, io);
    case 'trigger':
      return resumeTrigger(action, begun.handle);
    // They only ask.
    case 'check-service':
    case 'verify':
    case 'find-image':
      return apply(begun.step, io);
    default:
      return assertNever(action);
  }
}
