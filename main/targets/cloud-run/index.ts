import type { StepOutput, Target } from '#main/core/ports/target.ts';
import { type CloudRunConfig, cloudRunConfigSchema, serviceAt } from './config.ts';
import { planSettingChanges, planSteps } from './plan.ts';

/**
 * A service on Cloud Run, by the Admin API v2. Its env, its account and who may call it are what Cloud Run has: only one
 * container's image and the traffic are changed. Everything here was tried against a fake that was made from the API's
 * published description; no real Google endpoint has been called.
 */
export const cloudRunTarget: Target<CloudRunConfig> = {
  kind: 'cloud-run',
  summary:
    'A service on Google Cloud Run: a revision by digest at 0 %, smoke test, canary, then all traffic.',
  get config() {
    return cloudRunConfigSchema;
  },
  needsImage: 'registry',
  compares: 'digest',
  repository: (config) => config.repository,
  // What Cloud Run's own container contract asks for.
  platform: async () => 'linux/amd64',
  describe: ({ project, region, service }) => ({
    label: `cloud-run ${service}`,
    detail: `the service ${service} in ${region} of project ${project}`,
  }),
  check: async (config, _place, io) => (await work()).checkService(config, io),
  observe: async (config, _place, io) => (await work()).observeService(config, io),
  plan: planSteps,
  settingChanges: planSettingChanges,
  signIn: async (config, address, io) => (await work()).signInAt(serviceAt(config), address, io),
  apply: (step, io) => later(async () => (await work()).apply(step, io)),
  resume: (begun, io) => later(async () => (await work()).resume(begun, io)),
  async *settle(step, io) {
    return yield* (await work()).settle(step, io);
  },
};

/** Nothing of it is needed by those who have no environment there. */
function work() {
  return import('./work.ts');
}

async function* later(outputs: () => Promise<AsyncIterable<StepOutput>>): AsyncGenerator<StepOutput> {
  yield* await outputs();
}
