import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { type ErrorDetail, GantryError } from '#shared/domain/errors.ts';
import type { ApiAction, ImageAction } from './actions.ts';
import { openApi } from './api.ts';
import type { RenderConfig } from './config.ts';
import { callOf, digestOf, shortOf } from './image.ts';
import { observeLive, unfitFor } from './observe.ts';
import { patienceToFollow, patienceToLook } from './retry.ts';

/** What a plan can already be refused for. A hook says nothing before it fires. */
export async function checkConfig(config: RenderConfig, io: Io): Promise<readonly ErrorDetail[]> {
  const { service, baseUrl, apiKey } = config;
  if (apiKey === undefined) return [];
  const api = await openApi({ service, baseUrl, apiKey }, io, patienceToLook);
  const found = unfitFor(await api.service(), config);
  return found === undefined ? [] : [found];
}

/** Before the step that cannot be repeated. */
export async function* checkService(action: ApiAction, io: Io): AsyncGenerator<StepOutput> {
  const api = await openApi(action, io, patienceToFollow(action.pollMs));
  const service = await api.service();
  const unfit = unfitFor(service, action);
  if (unfit !== undefined) throw new GantryError(unfit.code, unfit.message, unfit.hint);
  if (service.suspended === 'suspended') {
    throw new GantryError(
      'target-refused',
      `${service.name} (${action.service}) is suspended on Render.`,
      'Resume it there, and plan again.',
    );
  }
  const digest = await presentDigest(action, io);
  const detail = `${service.name} takes ${action.repository}; ${shortOf(digest)} is there`;
  yield { kind: 'end', outcome: 'succeeded', detail };
}

export async function* findImage(action: ImageAction, io: Io): AsyncGenerator<StepOutput> {
  io.signal.throwIfAborted();
  const digest = await presentDigest(action, io);
  yield { kind: 'end', outcome: 'succeeded', detail: `${action.repository}@${shortOf(digest)} is there` };
}

export async function* verifyLive(action: ApiAction, io: Io): AsyncGenerator<StepOutput> {
  const api = await openApi(action, io, patienceToFollow(action.pollMs));
  const digest = await digestOf(action, io);
  const observed = await observeLive(api, io);
  yield { kind: 'observed', observed };
  const live = observed.kind === 'running' ? observed.services[0]?.imageId : undefined;
  if (live === digest)
    return yield { kind: 'end', outcome: 'succeeded', detail: `${shortOf(digest)} is live` };
  const message = `${action.service} runs ${live ?? 'nothing'}, not ${digest}.`;
  const hint = 'Something else was deployed at the same time: look at the service’s events on Render.';
  const error = { code: 'target-refused', message, hint } as const;
  yield { kind: 'end', outcome: 'failed', detail: message.slice(0, -1), error };
}

async function presentDigest(action: ImageAction, io: Io): Promise<string> {
  const digest = await digestOf(action, io);
  const ref = `${action.repository}@${digest}`;
  if ((await io.registry.resolve(ref, callOf(io))) !== undefined) return digest;
  throw new GantryError('image-gone', `${ref} is gone.`, 'Push the release again with `gantry push`.');
}
