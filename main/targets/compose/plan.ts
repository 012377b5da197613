import type { Wish } from '#main/core/ports/target.ts';
import { spanText } from '#shared/domain/duration.ts';
import { enginePlaceName } from '#shared/domain/engine-place.ts';
import { checksOf, rulesOf, wishOf } from '#shared/domain/health.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { PlannedStep, SettingChange } from '#shared/domain/plan.ts';
import type { ComposeAction, ComposeUp } from './actions.ts';
import { type ComposeConfig, filesOf, projectOf } from './config.ts';

/** The engine answers such questions within milliseconds; this is for a machine in trouble. */
const questionTimeoutMs = 30_000;

/** Proxies ask names and look at what is behind them a few times a second. */
const usualOverlapMs = 1_000;

type Step = Omit<PlannedStep, 'action'> & { readonly action: ComposeAction };

/**
 * The same steps whatever runs there now: Compose itself leaves alone what would not change, and a deploy that is
 * repeated on purpose is checked like the first.
 */
export function planSteps(wish: Wish, _seen: Observed, config: ComposeConfig): readonly PlannedStep[] {
  const { release, health } = wish;
  const project = projectOf(config, wish);
  const isRolling = config.strategy === 'rolling';
  const up: ComposeUp = {
    project,
    workspace: wish.workspace,
    environment: wish.environment,
    files: [...filesOf(config)],
    ...(config.services === undefined ? {} : { services: config.services }),
    image: release.image,
    imageId: release.imageId,
    ref: release.ref,
    release: release.id,
    envFingerprint: wish.envFingerprint,
    envFiles: [...wish.envFiles],
    ...(config.profiles === undefined ? {} : { profiles: config.profiles }),
    ...(config.oneShots === undefined ? {} : { oneShots: config.oneShots }),
    ...(isRolling ? { isRolling } : {}),
  };
  const wait = {
    project,
    release: release.id,
    checks: [...checksOf(health)],
    rules: rulesOf(health),
  };
  const checks = checksOf(health);
  const steps: Step[] = [
    {
      id: 'find-image',
      title: 'Find image',
      detail: `${release.ref} is on ${whereAs(wish, config)}, and the compose file can be used${isRolling ? ', with new containers beside the old ones' : ''}`,
      action: { kind: 'find-image', ...up },
      repeatable: true,
      changes: false,
      timeoutMs: questionTimeoutMs,
    },
    {
      id: 'start',
      title: isRolling ? 'Start beside' : 'Start services',
      detail: isRolling
        ? `new containers in project ${project}, pinned to ${release.ref}; the old ones serve on`
        : `docker compose up in project ${project}, pinned to ${release.ref}`,
      action: { kind: isRolling ? 'start-beside' : 'start', ...up },
      repeatable: true,
      changes: true,
      timeoutMs: config.timeout,
    },
    {
      id: 'wait',
      title: 'Wait until healthy',
      detail: [`every ${isRolling ? 'new ' : ''}container is healthy`, ...checks.map(wishOf)].join(' and '),
      action: isRolling ? { kind: 'wait-beside', ...wait, up } : { kind: 'wait', ...wait },
      repeatable: true,
      changes: false,
      // The step ends itself at the deadline, with the containers' last words.
      timeoutMs: health.deadline + questionTimeoutMs,
    },
    ...(isRolling ? [handOver(up, config)] : []),
    {
      id: 'verify',
      title: 'Verify image',
      detail: `what runs is ${config.engine === undefined ? shortId(release.imageId) : `the image of ${release.id}`}`,
      action: { kind: 'verify', project, release: release.id, imageId: release.imageId },
      repeatable: true,
      changes: false,
      timeoutMs: questionTimeoutMs,
    },
  ];
  return steps;
}

function handOver(up: ComposeUp, { drain, timeout, overlap = usualOverlapMs }: ComposeConfig): Step {
  const said = [
    ...(drain?.command === undefined ? [] : [`run ${drain.command.join(' ')}`]),
    ...(drain === undefined || drain.wait === 0 ? [] : [`go on for ${spanText(drain.wait)}`]),
    'get their stop signal',
  ];
  return {
    id: 'hand-over',
    title: 'Hand over',
    detail: `old and new serve together for ${spanText(overlap)}; then the old ones ${said.join(', ')} and go`,
    action: {
      kind: 'hand-over',
      up,
      overlapMs: overlap,
      ...(drain === undefined
        ? {}
        : {
            drain: {
              ...(drain.command === undefined ? {} : { command: drain.command }),
              waitMs: drain.wait,
              timeoutMs: drain.timeout,
            },
          }),
    },
    repeatable: true,
    changes: true,
    timeoutMs: timeout + overlap + (drain === undefined ? 0 : drain.wait + drain.timeout),
  };
}

export function planSettingChanges(
  wish: Wish,
  seen: Observed,
  config: ComposeConfig,
): readonly SettingChange[] {
  const after = wish.release.ref;
  switch (seen.kind) {
    case 'unreachable':
    case 'unobservable':
      return [];
    case 'empty':
      return [
        { path: 'project', after: projectOf(config, wish) },
        { path: 'image', after },
      ];
    case 'running':
      return seen.services
        .filter(
          (service) => service.releaseLabel !== undefined || config.services?.includes(service.name) === true,
        )
        .filter((service) => service.imageRef !== after)
        .map((service) => ({ path: `${service.name}.image`, before: service.imageRef, after }));
  }
}

/** What another engine calls it may be known only once it is there. */
function whereAs({ release }: Wish, { engine }: ComposeConfig): string {
  return engine === undefined ? `the engine as ${shortId(release.imageId)}` : enginePlaceName(engine);
}

function shortId(imageId: string): string {
  return imageId.replace(/^sha256:/, '').slice(0, 12);
}
