import { diffEnvKeys, type EnvKeyView } from '#shared/domain/env-diff.ts';
import type { EnvironmentState } from '#shared/domain/environment-state.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { diffImages } from '#shared/domain/image-diff.ts';
import { asWhole, blindPlaces, type Observed } from '#shared/domain/observed.ts';
import type { CommitDiff, Plan, PlanEnv, PlannedStep, PlanRequest } from '#shared/domain/plan.ts';
import { imageOf, type Release } from '#shared/domain/release.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import { readAvailability } from './availability/facts.ts';
import { type AvailabilityPlan, planAvailability } from './availability/plan.ts';
import { type Chosen, choose, fromEnvironment } from './choose-release.ts';
import type { Ports } from './context.ts';
import {
  type EnvContent,
  learnPrivateValues,
  loadEnvSnapshot,
  readEnv,
  readEnvFile,
  viewEnv,
} from './env-snapshot.ts';
import { foreignServices, foreignText } from './foreign.ts';
import { checkGates } from './gates.ts';
import { canonicalJson, sha256 } from './hash.ts';
import { planHealthCheck, planWatch } from './health/plan.ts';
import { identityOf, imageRulesOf } from './identity.ts';
import { environmentOf, loadWorkspace, type OpenWorkspace } from './open-workspace.ts';
import type { Target, Wish } from './ports.ts';
import { requireImageOf, summarise } from './releases.ts';
import { createIo, placeOf } from './target-io.ts';
import { findWarnings } from './warnings.ts';

/** A plan and what is needed to carry it out; the env content never leaves the core. */
export type PreparedPlan = {
  readonly plan: Plan;
  readonly workspace: OpenWorkspace;
  readonly environment: Environment;
  readonly content: EnvContent;
  readonly state?: EnvironmentState;
  readonly release: Release;
  /** The newest event before anything was looked at. */
  readonly seenAt: number;
};

/** Observes and compares; changes nothing anywhere. */
export async function preparePlan(
  ports: Ports,
  asked: PlanRequest,
  signal: AbortSignal,
): Promise<PreparedPlan> {
  const seenAt = ports.ledger.events.lastSeq();
  const workspace = await loadWorkspace(ports, asked.workspaceId);
  const environment = environmentOf(workspace, asked.to);
  const before = fromEnvironment(workspace, asked, environment);
  const chosen = choose(ports, workspace, environment, before, asked);
  const state = ports.ledger.environments.state(workspace.id, environment.name);
  const snapshot = chosen.env.kind === 'snapshot' ? chosen.env.id : undefined;
  const reading = readEnv(ports, workspace.folder, environment.envFile, snapshot);
  const [content, { seen, cautions }, availability] = await Promise.all([
    reading,
    observeOrRefuse(ports, workspace, environment, reading, signal),
    availabilityOf(ports, workspace, environment, chosen.release, signal),
  ]);
  const wish = wishFor(workspace, environment, chosen.release, content, availability);

  const facts = {
    ports,
    workspace,
    environment,
    before,
    asked,
    chosen,
    state,
    content,
    availability,
    wish,
    seen,
    cautions,
  };
  return {
    plan: await assemble(facts),
    workspace,
    environment,
    content,
    ...(state === undefined ? {} : { state }),
    release: chosen.release,
    seenAt,
  };
}

type PlanFacts = {
  readonly ports: Ports;
  readonly workspace: OpenWorkspace;
  readonly environment: Environment;
  readonly before: Environment | undefined;
  readonly asked: PlanRequest;
  readonly chosen: Chosen;
  readonly state: EnvironmentState | undefined;
  readonly content: EnvContent;
  readonly availability: AvailabilityPlan;
  readonly wish: Wish;
  readonly seen: Observed;
  readonly cautions: readonly string[];
};

async function assemble(facts: PlanFacts): Promise<Plan> {
  const { ports, workspace, environment, asked, chosen, state, content, availability, wish, seen } = facts;
  const target = ports.targets.get(environment.target.kind);
  const { config } = environment.target;
  const release = summarise(chosen.release, environment.cell);
  const runs = state === undefined ? undefined : ports.ledger.releases.get(workspace.id, state.release);
  const previous = runs === undefined ? undefined : summarise(runs, environment.cell);
  const env = envChanges(facts);
  const envFrom = await envAgainstBefore(facts);
  const lease = ports.ledger.leases.get(workspace.id, environment.name);
  const foreign = foreignServices(ports, workspace.id, environment, seen);
  const why = foreign.length === 0 ? 'nothing ran here before' : 'no run of this workspace put it here';
  const commits: CommitDiff =
    previous === undefined
      ? { kind: 'unknown', why }
      : await ports.git.compare(workspace.folder, previous.commit?.sha, release.commit?.sha);
  const hold = ports.ledger.environments.hold(workspace.id, environment.name);
  const decided = {
    request: { ...asked, ...frozen(chosen, facts.before, asked) },
    environment: environment.name,
    release,
    ...(previous === undefined ? {} : { previous }),
    ...(foreign.length === 0 ? {} : { foreign: foreignText(foreign) }),
    env: planEnv(chosen, environment, content),
    diff: {
      commits,
      env,
      ...(envFrom === undefined ? {} : { envFrom }),
      image: diffImages(
        runs && (imageOf(runs, environment.cell) ?? runs.images[0]).image,
        requireImageOf(chosen.release, environment).image,
      ),
      target: [...target.settingChanges(wish, seen, config)],
    },
    ...(availability.availability.length === 0 ? {} : { availability: [...availability.availability] }),
    ...(availability.tags.length === 0 ? {} : { tags: [...availability.tags] }),
    warnings: [
      ...availability.warnings,
      ...findWarnings({
        kind: asked.kind,
        environment,
        release,
        ...(previous === undefined ? {} : { previous }),
        ...(runs === undefined
          ? {}
          : { previousIdentity: identityOf(ports, runs, environment.cell, imageRulesOf(target, config)) }),
        foreign,
        ...(lease === undefined ? {} : { busyWith: lease.runId }),
        seen,
        cautions: facts.cautions,
        commits,
        env,
        envFrom: envFrom ?? [],
        ...(facts.before === undefined ? {} : { fromName: facts.before.name }),
      }),
    ],
    gates: checkGates({
      kind: asked.kind,
      environment,
      ...(facts.before === undefined ? {} : { before: facts.before }),
      ranBefore:
        facts.before && ports.ledger.environments.wasLeft(workspace.id, facts.before.name, chosen.release.id),
      release: chosen.release,
      tests: workspace.config.tests,
      ...(hold === undefined ? {} : { hold }),
    }),
    steps: [
      ...stepsFor(target, config, wish, seen, availability),
      ...planWatch(environment.health, target, asked.kind, seen, target.parts?.(config)),
    ],
    // What another workspace deployed is not replaced by a click.
    confirm: foreign.some(({ releaseLabel }) => releaseLabel !== undefined) ? 'typed' : environment.confirm,
    // The first deploy has nothing to go back to.
    onFailure: state === undefined ? 'stay' : environment.onFailure,
    target: { kind: target.kind, label: target.describe(config, placeOf(workspace, environment)).label },
  };
  const lastDurationMs = ports.ledger.runs.lastDuration(workspace.id, asked.kind, environment.name);
  return {
    ...decided,
    hash: sha256(canonicalJson({ ...decided, seen: withoutClock(seen) })),
    createdAt: ports.clock.now(),
    ...(lastDurationMs === undefined ? {} : { lastDurationMs }),
  };
}

/** Those that bring a release there, in their order. Names move when it is healthy. */
export function stepsFor(
  target: Target,
  config: unknown,
  wish: Wish,
  seen: Observed,
  { before, after }: AvailabilityPlan,
  parts = target.parts?.(config),
): readonly PlannedStep[] {
  const health = planHealthCheck(wish.health, target, parts);
  return [...before, ...target.plan(wish, seen, config), ...health, ...after];
}

/** What a plan's request says once the plan was made: the same request makes the same plan, whatever moves on meanwhile. */
function frozen(chosen: Chosen, before: Environment | undefined, asked: PlanRequest): Partial<PlanRequest> {
  return {
    release: chosen.release.id,
    ...(asked.kind === 'promote' && before !== undefined ? { from: before.name } : {}),
    ...(chosen.env.kind === 'snapshot' ? { envSnapshot: chosen.env.id } : {}),
  };
}

export function wishFor(
  workspace: OpenWorkspace,
  environment: Environment,
  release: Release,
  content: EnvContent,
  { remote, imageId: there }: Pick<AvailabilityPlan, 'remote' | 'imageId'>,
): Wish {
  requireImageOf(release, environment);
  const { id, version, imageId: built, ref } = summarise(release, environment.cell);
  const imageId = there ?? built;
  return {
    workspace: workspace.config.name,
    environment: environment.name,
    release: {
      id,
      version,
      ...(release.source.commit === undefined ? {} : { commit: release.source.commit.sha }),
      imageId,
      ref,
      image: workspace.config.image,
      ...(remote === undefined ? {} : { remote }),
    },
    envKeys: content.entries.map(([key]) => key),
    envFingerprint: content.id,
    envFiles: workspace.config.environments.map((one) => one.envFile),
    health: environment.health,
  };
}

async function observeOrRefuse(
  ports: Ports,
  workspace: OpenWorkspace,
  environment: Environment,
  content: Promise<EnvContent>,
  signal: AbortSignal,
): Promise<Pick<PlanFacts, 'seen' | 'cautions'>> {
  const target = ports.targets.get(environment.target.kind);
  const place = placeOf(workspace, environment);
  const io = createIo(ports, workspace, environment, signal);
  const seen = await target.observe(environment.target.config, place, io);
  // Where one of several places cannot be asked, bringing a release to the others would leave them apart.
  const whole = asWhole(seen);
  if (whole.kind === 'unreachable') {
    const blind = blindPlaces(seen).filter((one) => one.kind === 'unreachable');
    const what =
      blind.length === 0
        ? environment.name
        : `${blind.map(({ name }) => name).join(' and ')} in ${environment.name}`;
    throw new GantryError(
      'target-unreachable',
      `${what} cannot be observed: ${whole.why}`,
      'Nothing was started. `gantry doctor` tells what is wrong.',
    );
  }
  const [found] = await target.check(environment.target.config, place, io);
  if (found !== undefined) {
    // What a tool says of a file may quote it.
    const redactor = ports.secrets.redactor();
    learnPrivateValues(redactor, await content, workspace.config.env);
    const problem = redactor.redactDeep(found);
    throw new GantryError(problem.code, problem.message, problem.hint, { problems: problem.problems ?? [] });
  }
  const cautions = (await target.cautions?.(environment.target.config, place, io)) ?? [];
  return { seen, cautions };
}

/** Where the image is and what brings it to where the target looks. Throws `image-gone` where it is nowhere. */
export async function availabilityOf(
  ports: Ports,
  workspace: OpenWorkspace,
  environment: Environment,
  release: Release,
  signal: AbortSignal,
): Promise<AvailabilityPlan> {
  const target = ports.targets.get(environment.target.kind);
  const io = createIo(ports, workspace, environment, signal);
  const platform = await target.platform?.(environment.target.config, io);
  return planAvailability(await readAvailability(ports, workspace, environment, release, platform, signal));
}

function planEnv(chosen: Chosen, environment: Environment, content: EnvContent): PlanEnv {
  return chosen.env.kind === 'snapshot'
    ? chosen.env
    : { kind: 'file', file: environment.envFile, fingerprint: content.id };
}

function envChanges({ ports, workspace, state, content }: PlanFacts) {
  const { env } = workspace.config;
  const after = viewEnv(ports, content, env);
  const now =
    state?.envSnapshot === undefined ? [] : viewEnv(ports, loadEnvSnapshot(ports, state.envSnapshot), env);
  return diffEnvKeys(now, after, new Set(env.required));
}

async function envAgainstBefore({ ports, workspace, before, asked, content }: PlanFacts) {
  if (asked.kind !== 'promote' || before === undefined) return undefined;
  const { env } = workspace.config;
  const left = viewEnv(ports, await readEnvFile(ports, workspace.folder, before.envFile), env);
  return diffEnvKeys(left, viewEnv(ports, content, env), neededKeys(left, env));
}

/** Every key the environment before has is needed, unless gantry.yml says that it may be missing. */
export function neededKeys(
  left: readonly EnvKeyView[],
  env: { readonly required: readonly string[]; readonly optional: readonly string[] },
): Set<string> {
  const optional = new Set(env.optional);
  return new Set([...env.required, ...left.map((view) => view.key).filter((key) => !optional.has(key))]);
}

/** Of an observation, what a plan depends on: times and health move by themselves. */
function withoutClock(seen: Observed): unknown {
  if (seen.kind !== 'running') return { kind: seen.kind };
  return {
    kind: seen.kind,
    settings: seen.settings,
    services: seen.services.map(({ name, imageId, imageRef, ports }) => ({ name, imageId, imageRef, ports })),
  };
}
