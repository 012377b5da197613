import type { EnvKeyChange } from '#shared/domain/env-diff.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { Observed, ObservedService } from '#shared/domain/observed.ts';
import type { CommitDiff, PlanRequest, ReleaseSummary, Warning } from '#shared/domain/plan.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import { foreignText } from './foreign.ts';
import { type Identity, servicesOfReleases } from './identity.ts';

export type WarningFacts = {
  readonly kind: PlanRequest['kind'];
  readonly environment: Environment;
  readonly release: ReleaseSummary;
  readonly previous?: ReleaseSummary;
  /** How the previous release would show there. */
  readonly previousIdentity?: Identity;
  /** What runs there although no run left anything there yet. */
  readonly foreign: readonly ObservedService[];
  readonly seen: Observed;
  /** A run that has the environment now. */
  readonly busyWith?: RunId;
  /** What the target says of the workspace's files. */
  readonly cautions: readonly string[];
  readonly commits: CommitDiff;
  /** Keys now and after. */
  readonly env: readonly EnvKeyChange[];
  /** Keys of the environment before and of this one; empty unless a promotion. */
  readonly envFrom: readonly EnvKeyChange[];
  readonly fromName?: string;
};

export function findWarnings(facts: WarningFacts): Warning[] {
  return [
    ...missingKeys(facts),
    ...drift(facts),
    ...foreign(facts),
    ...notes(facts),
    ...direction(facts),
    ...uncommitted(facts),
    ...unchanged(facts),
  ];
}

function missingKeys({ kind, environment, env, envFrom, fromName }: WarningFacts): Warning[] {
  const level = kind === 'rollback' ? 'note' : 'block';
  const inFrom = new Set(envFrom.filter((change) => change.kind === 'missing').map((change) => change.key));
  const required = env.filter((change) => change.kind === 'missing').map((change) => change.key);
  const file = environment.envFile;
  return [...new Set([...required, ...inFrom])].sort().map((key) => ({
    level,
    about: 'env',
    what: `${key} is missing in ${environment.name}`,
    detail: inFrom.has(key)
      ? `${fromName ?? 'The environment before'} has it. Add it to ${file}, or list it under env.optional in gantry.yml.`
      : `gantry.yml requires it. Add it to ${file}.`,
  }));
}

function drift({ seen, previous, previousIdentity, environment, busyWith }: WarningFacts): Warning[] {
  if (busyWith !== undefined) {
    return [
      {
        level: 'note',
        about: 'target',
        what: `Run ${busyWith} is at work in ${environment.name}`,
        detail: 'What it leaves there is not known yet: plan again when it has ended.',
      },
    ];
  }
  if (seen.kind === 'empty' && previous !== undefined) {
    return [
      {
        level: 'note',
        about: 'target',
        what: `Nothing runs in ${environment.name} now`,
        detail: `The last run left ${previous.id} there.`,
      },
    ];
  }
  if (seen.kind !== 'running' || previous === undefined || previousIdentity === undefined) return [];
  const strangers = servicesOfReleases(seen, previousIdentity).filter(
    (service) => !previousIdentity.ids.has(service.imageId),
  );
  return strangers.map((service) => ({
    level: 'note',
    about: 'target',
    what: `Drift in ${environment.name} is overwritten`,
    detail: `${service.name} runs ${service.imageId.slice(0, 19)}, not ${previous.id}.`,
  }));
}

function foreign({ foreign: services, environment }: WarningFacts): Warning[] {
  if (services.length === 0) return [];
  return [
    {
      level: 'note',
      about: 'target',
      what: `${environment.name} is not empty: ${foreignText(services)}`,
      detail: 'No run of this workspace put it there. It is replaced, and Gantry knows no way back to it.',
    },
  ];
}

/** What the place has to say of itself. */
function notes({ seen, cautions, environment }: WarningFacts): Warning[] {
  const known = seen.kind === 'running' ? (seen.notes ?? []) : [];
  return [...known, ...cautions].map((detail) => ({
    level: 'note',
    about: 'target',
    what: `Known of ${environment.name}`,
    detail,
  }));
}

function direction({ kind, commits, previous, release }: WarningFacts): Warning[] {
  if (kind === 'rollback' || previous === undefined || commits.kind !== 'known') return [];
  if (commits.direction === 'backward') {
    return [
      {
        level: 'note',
        about: 'commits',
        what: `${release.id} is older than what runs`,
        detail: `${commits.commits.length} commits of ${previous.id} go away.`,
      },
    ];
  }
  if (commits.direction === 'diverged') {
    return [
      {
        level: 'note',
        about: 'commits',
        what: `${release.id} and ${previous.id} come from different branches`,
        detail: 'Commits that run now are not in this release.',
      },
    ];
  }
  return [];
}

function uncommitted({ release, environment }: WarningFacts): Warning[] {
  if (release.uncommittedFiles === 0) return [];
  const files =
    release.uncommittedFiles === 1 ? '1 uncommitted file' : `${release.uncommittedFiles} uncommitted files`;
  return [
    {
      level: 'note',
      about: 'release',
      what: `${release.id} was built with ${files}`,
      detail: `No commit describes what would run in ${environment.name}.`,
    },
  ];
}

function unchanged({ release, previous, env }: WarningFacts): Warning[] {
  if (release.id !== previous?.id || env.some((change) => change.kind !== 'same')) return [];
  return [
    {
      level: 'note',
      about: 'release',
      what: 'Nothing would change',
      detail: `${release.id} runs here already with these env keys.`,
    },
  ];
}
