import type { Wish } from '#main/core/ports/target.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { PlannedStep, SettingChange } from '#shared/domain/plan.ts';
import type { ApiAction, ImageAction, RenderAction } from './actions.ts';
import type { RenderConfig } from './config.ts';

/** Every question may have to wait out a 429. */
const questionTimeoutMs = 2 * 60_000;

type Step = Omit<PlannedStep, 'action'> & { readonly action: RenderAction };

/** The same steps whatever runs there now: Render deploys the same image again when it is asked to. */
export function planSteps(wish: Wish, _seen: Observed, config: RenderConfig): readonly PlannedStep[] {
  const steps = config.apiKey === undefined ? hookSteps(wish, config) : apiSteps(wish, config, config.apiKey);
  return steps;
}

function apiSteps(wish: Wish, config: RenderConfig, apiKey: string): readonly Step[] {
  const { service, baseUrl, poll } = config;
  const api: ApiAction = { ...imageOf(wish, config), service, baseUrl, apiKey, pollMs: poll };
  const digest = digestText(wish);
  return [
    {
      id: 'check-service',
      title: 'Check service',
      detail: `${service} runs ${config.repository}, and ${digest} is there`,
      action: { kind: 'check-service', ...api },
      repeatable: true,
      changes: false,
      timeoutMs: questionTimeoutMs,
    },
    {
      id: 'deploy',
      title: 'Deploy on Render',
      detail: `${service} to ${config.repository} at ${digest}, until it is live${envNote(wish)}`,
      action: { kind: 'deploy', ...api },
      // Each request is a deploy of its own.
      repeatable: false,
      changes: true,
      timeoutMs: config.timeout,
    },
    {
      id: 'verify',
      title: 'Verify image',
      detail: `what is live is ${digest}`,
      action: { kind: 'verify', ...api },
      repeatable: true,
      changes: false,
      timeoutMs: questionTimeoutMs,
    },
  ];
}

function hookSteps(wish: Wish, config: RenderConfig): readonly Step[] {
  const { service, hookBase, deployHook } = config;
  // The settings' schema refuses neither key nor hook.
  if (deployHook === undefined) return [];
  const image = imageOf(wish, config);
  const digest = digestText(wish);
  return [
    {
      id: 'find-image',
      title: 'Find image',
      detail: `${digest} is in ${config.repository}`,
      action: { kind: 'find-image', ...image },
      repeatable: true,
      changes: false,
      timeoutMs: questionTimeoutMs,
    },
    {
      id: 'trigger',
      title: 'Trigger deploy hook',
      detail: `of ${service} with ${config.repository} at ${digest}; without an API key it cannot be verified${envNote(wish)}`,
      action: { kind: 'trigger', ...image, service, hookBase, deployHook },
      repeatable: false,
      changes: true,
      timeoutMs: questionTimeoutMs,
    },
  ];
}

function imageOf({ release: { remote, id } }: Wish, { repository }: RenderConfig): ImageAction {
  return {
    repository,
    from: remote?.ref ?? `${repository}:${id}`,
    ...(remote?.digest === undefined ? {} : { digest: remote.digest }),
  };
}

function digestText({ release: { remote, id } }: Wish): string {
  return remote?.digest ?? `the digest of ${id}`;
}

/** Render's bulk call replaces the whole list, and what it keeps beside ours is nobody's to guess: none is written. */
function envNote({ envKeys: { length } }: Wish): string {
  if (length === 0) return '';
  return `; env ${length === 1 ? 'key is' : 'keys are'} not sent: Render keeps what its service has`;
}

export function planSettingChanges(wish: Wish, seen: Observed): readonly SettingChange[] {
  if (seen.kind === 'unreachable') return [];
  const service = seen.kind === 'running' ? seen.services[0] : undefined;
  const digest = wish.release.remote?.digest;
  const after = digest ?? `${wish.release.id} (digest known after its push)`;
  if (service?.imageId === after) return [];
  return [{ path: 'image', ...(service === undefined ? {} : { before: service.imageId }), after }];
}
