import type { Wish } from '#main/core/ports/target.ts';
import { shortDigest } from '#shared/domain/availability-words.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { PlannedStep, SettingChange } from '#shared/domain/plan.ts';
import type { SwarmAction } from './actions.ts';
import { type SwarmConfig, serviceOf, settingsOf } from './config.ts';
import { flatSettings } from './settings.ts';

/** The engine answers such questions within milliseconds; this is for a machine in trouble, or far away. */
const questionTimeoutMs = 30_000;

type Step = Omit<PlannedStep, 'action'> & { readonly action: SwarmAction };

/** The same steps whatever runs there now: a service that is as it should be is left alone, and looked at all the same. */
export function planSteps(wish: Wish, seen: Observed, config: SwarmConfig): readonly PlannedStep[] {
  const { release, health } = wish;
  const service = serviceOf(config, wish);
  const settings = settingsOf(config);
  const remote = config.repository === undefined ? undefined : release.remote;
  const action = {
    service,
    workspace: wish.workspace,
    environment: wish.environment,
    release: release.id,
    envFingerprint: wish.envFingerprint,
    imageId: release.imageId,
    ref: release.ref,
    ...(remote === undefined ? {} : { remote }),
    settings,
    was: versionSeen(seen),
    deadlineMs: config.timeout,
    intervalMs: health.interval,
  };
  const image = imageText(release.imageId, remote);
  const steps: Step[] = [
    {
      id: 'find-image',
      title: 'Find image',
      detail: `${remote?.ref ?? release.ref} is ${remote === undefined ? 'on the engine' : 'in the registry'} as ${image}, and the swarm can run it`,
      action: { kind: 'find-image', ...action },
      repeatable: true,
      changes: false,
      timeoutMs: questionTimeoutMs,
    },
    {
      id: 'update',
      title: action.was === 'new' ? 'Create service' : 'Update service',
      detail: updateText(action, image),
      action: { kind: 'update', ...action },
      repeatable: true,
      changes: true,
      // The step ends itself at the deadline, with the last lines of what did not come up.
      timeoutMs: config.timeout + questionTimeoutMs,
    },
    {
      id: 'verify',
      title: 'Verify image',
      detail: `what runs is ${image}`,
      action: { kind: 'verify', ...action },
      repeatable: true,
      changes: false,
      timeoutMs: questionTimeoutMs,
    },
  ];
  return steps;
}

function updateText({ service, settings, was }: Omit<SwarmAction, 'kind'>, image: string): string {
  if (was === 'new') return `${service} with the image ${image}, until every task runs`;
  const { order, parallelism, failureAction } = settings.update;
  const many = parallelism === 1 ? 'one task' : parallelism === 0 ? 'all tasks' : `${parallelism} tasks`;
  const onFailure = failureAction === 'rollback' ? 'goes back by itself' : 'stops there';
  return `${service} to the image ${image}, ${many} at a time, ${order}; where one fails the swarm ${onFailure}`;
}

function versionSeen(seen: Observed): SwarmAction['was'] {
  switch (seen.kind) {
    case 'empty':
      return 'new';
    case 'running': {
      const version = Number(seen.services[0]?.revision);
      return Number.isInteger(version) ? version : 'unknown';
    }
    case 'unreachable':
    case 'unobservable':
      return 'unknown';
  }
}

export function planSettingChanges(
  wish: Wish,
  seen: Observed,
  config: SwarmConfig,
): readonly SettingChange[] {
  if (seen.kind === 'unreachable' || seen.kind === 'unobservable') return [];
  const image = (config.repository === undefined ? undefined : wish.release.remote?.ref) ?? wish.release.ref;
  const after = { image, ...flatSettings(settingsOf(config)) };
  if (seen.kind === 'empty') {
    return Object.entries({ service: serviceOf(config, wish), ...after }).map(([path, text]) => ({
      path,
      after: text,
    }));
  }
  return Object.entries(after).flatMap(([path, text]) => {
    const before = seen.settings[path];
    if (before === text) return [];
    return [{ path, ...(before === undefined ? {} : { before }), after: text }];
  });
}

function imageText(imageId: string, remote: Wish['release']['remote']): string {
  if (remote === undefined) return imageId.replace(/^sha256:/, '').slice(0, 12);
  return remote.digest === undefined ? `the digest of ${remote.ref}` : shortDigest(remote.digest);
}
