import type { Wish } from '#main/core/ports/target.ts';
import { spanText } from '#shared/domain/duration.ts';
import { checksOf, type HealthCheck, nameOf, rulesOf } from '#shared/domain/health.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { PlannedStep, SettingChange } from '#shared/domain/plan.ts';
import type { CanaryWatch } from './actions.ts';
import { type CloudRunConfig, serviceAt } from './config.ts';

/** In settings: no revision is pinned. */
export const allToLatest = '100 % to the latest revision';

const verifyWithinMs = 2 * 60_000;
const validateWithinMs = 60_000;
/** Of one watch of a canary: each answer is an event of the run. */
const mostProbes = 120;

type Way =
  /** All traffic goes there already. */
  | { readonly kind: 'settled' }
  /** A revision of this release is there from before, and ready. */
  | { readonly kind: 'back'; readonly revision: string }
  | { readonly kind: 'forward' };

function wayTo({ release }: Wish, seen: Observed): Way {
  const digest = release.remote?.digest;
  if (seen.kind !== 'running' || digest === undefined) return { kind: 'forward' };
  const { services, kept = [] } = seen;
  const [main] = services;
  const isWhole = services.length === 1 && main?.revision !== undefined;
  if (isWhole && main.imageId === digest && main.health === 'healthy') return { kind: 'settled' };
  const live = kept.findIndex(({ revision }) => revision === main?.revision);
  if (live < 0) return { kind: 'forward' };
  // One that is newer than what serves has never had all traffic: it goes the whole way, smoke test and canary.
  const found = kept.slice(live).find(({ imageId, isReady }) => isReady && imageId === digest);
  return found === undefined ? { kind: 'forward' } : { kind: 'back', revision: found.revision };
}

export function planSteps(wish: Wish, seen: Observed, config: CloudRunConfig): readonly PlannedStep[] {
  const way = wayTo(wish, seen);
  switch (way.kind) {
    case 'settled':
      return [verify(wish, config)];
    case 'back':
      return [shift(wish, seen, config, 100, way.revision), verify(wish, config)];
    case 'forward':
      return [
        validate(wish, config),
        create(wish, seen, config),
        ...smoke(wish, config),
        ...canaryOf(seen, config).map((percent) => shift(wish, seen, config, percent)),
        shift(wish, seen, config, 100),
        verify(wish, config),
      ];
  }
}

/** Where nothing serves there is nobody to share with. */
function canaryOf(seen: Observed, { canary }: CloudRunConfig): readonly number[] {
  return seen.kind === 'running' && servingIn(seen).length === 0 ? [] : canary;
}

export function planSettingChanges(
  wish: Wish,
  seen: Observed,
  config: CloudRunConfig,
): readonly SettingChange[] {
  if (seen.kind === 'unreachable') return [];
  const way = wayTo(wish, seen);
  if (way.kind === 'settled') return [];
  const { remote, id } = wish.release;
  const settings = seen.kind === 'running' ? seen.settings : {};
  const next = remote?.digest ?? `${id} (digest known after its push)`;
  // A long repository that stays would push what differs out of sight.
  const own = `${config.repository}@`;
  const isOwn = settings.image?.startsWith(own) === true;
  const before = isOwn ? settings.image?.slice(own.length) : settings.image;
  const after = isOwn ? next : `${config.repository}${remote?.digest === undefined ? ', ' : '@'}${next}`;
  const traffic = way.kind === 'back' ? `${way.revision} 100 %` : allToLatest;
  const changes = [
    { path: 'image', before, after },
    { path: 'traffic', before: settings.traffic, after: traffic },
  ];
  return changes
    .filter(({ before, after }) => before !== after)
    .map(({ path, before, after }) => ({ path, ...(before === undefined ? {} : { before }), after }));
}

function about({ release }: Wish, config: CloudRunConfig) {
  const { repository, container } = config;
  const { remote, id } = release;
  return {
    at: serviceAt(config),
    image: {
      repository,
      from: remote?.ref ?? `${repository}:${id}`,
      ...(remote?.digest === undefined ? {} : { digest: remote.digest }),
    },
    ...(container === undefined ? {} : { container }),
  };
}

function servingIn(seen: Observed): string[] {
  return seen.kind === 'running' ? seen.services.flatMap(({ revision }) => revision ?? []) : [];
}

function nameOfImage({ release }: Wish): string {
  return release.remote?.digest ?? `the digest of ${release.id}`;
}

function validate(wish: Wish, config: CloudRunConfig): PlannedStep {
  return {
    id: 'validate',
    title: 'Ask Cloud Run',
    detail: `whether ${config.service} in ${config.region} may be given this image`,
    action: { kind: 'validate', ...about(wish, config) },
    repeatable: true,
    changes: false,
    timeoutMs: validateWithinMs,
  };
}

function create(wish: Wish, seen: Observed, config: CloudRunConfig): PlannedStep {
  const { service, tag, timeout } = config;
  const newest = seen.kind === 'running' ? (seen.kept?.[0]?.revision ?? null) : null;
  return {
    id: 'create-revision',
    title: 'Make revision',
    detail: `of ${service} with ${nameOfImage(wish)}, at 0 % of traffic, tag ${tag}${envNote(wish, config)}`,
    action: { kind: 'create', ...about(wish, config), tag, newest, serving: servingIn(seen) },
    // It looks first whether the revision is there from a try before.
    repeatable: true,
    changes: true,
    timeoutMs: timeout,
  };
}

function envNote({ envKeys: { length } }: Wish, { service }: CloudRunConfig): string {
  if (length === 0) return '';
  return `; ${length} env ${length === 1 ? 'key is' : 'keys are'} not sent: ${service} keeps its env in Cloud Run`;
}

function smoke(wish: Wish, config: CloudRunConfig): readonly PlannedStep[] {
  const check = smokeCheck(wish, config);
  if (check === undefined) return [];
  const rules = rulesOf(wish.health);
  return [
    {
      id: 'smoke',
      title: 'Smoke test',
      detail: `${nameOf(check)} of the new revision, before it gets traffic`,
      action: { kind: 'smoke', ...about(wish, config), tag: config.tag, check, rules },
      repeatable: true,
      changes: false,
      timeoutMs: rules.deadlineMs + validateWithinMs,
    },
  ];
}

function smokeCheck({ health }: Wish, { smoke: path }: CloudRunConfig): HealthCheck | undefined {
  if (path === undefined) return undefined;
  const [check] = checksOf({
    http: path,
    interval: health.interval,
    deadline: health.deadline,
    ...(health.timeout === undefined ? {} : { timeout: health.timeout }),
  });
  return check;
}

function shift(
  wish: Wish,
  seen: Observed,
  config: CloudRunConfig,
  percent: number,
  revision?: string,
): PlannedStep {
  const { canaryPause, tag, timeout } = config;
  const to = revision === undefined ? 'the new revision' : `${revision}, which ran this release before`;
  const watch = percent < 100 ? watchOf(wish, config) : undefined;
  const watched = watch === undefined ? '' : `, watched for ${spanText(canaryPause)}`;
  return {
    id: `traffic-${percent}`,
    title: `Traffic ${percent} %`,
    detail: `to ${to}${watched}`,
    action: {
      kind: 'shift',
      ...about(wish, config),
      tag,
      percent,
      ...(revision === undefined ? {} : { revision }),
      serving: servingIn(seen),
      ...(watch === undefined ? {} : { watch }),
    },
    repeatable: true,
    changes: true,
    timeoutMs: timeout + (watch?.forMs ?? 0),
  };
}

/** What can be asked of one revision by its own address; the rest is asked when it has all traffic. */
function watchOf(wish: Wish, config: CloudRunConfig): CanaryWatch {
  const { health } = wish;
  const own = checksOf(health).filter(
    (check) => check.kind === 'http' && check.port === undefined && check.url.startsWith('/'),
  );
  const smokeOne = smokeCheck(wish, config);
  const { intervalMs, failures } = rulesOf(health);
  return {
    checks: own.length > 0 || smokeOne === undefined ? own : [smokeOne],
    forMs: config.canaryPause,
    intervalMs: Math.max(intervalMs, Math.ceil(config.canaryPause / mostProbes)),
    failures,
  };
}

function verify(wish: Wish, config: CloudRunConfig): PlannedStep {
  return {
    id: 'verify',
    title: 'Verify',
    detail: `all traffic of ${config.service} goes to ${nameOfImage(wish)}`,
    action: { kind: 'verify', ...about(wish, config), tag: config.tag },
    repeatable: true,
    changes: false,
    timeoutMs: verifyWithinMs,
  };
}
