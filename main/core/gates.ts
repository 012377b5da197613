import type { Hold } from '#shared/domain/environment-state.ts';
import type { Gate, PlanRequest } from '#shared/domain/plan.ts';
import type { Release } from '#shared/domain/release.ts';
import type { Environment, TestConfig } from '#shared/domain/workspace-config.ts';

export type GateFacts = {
  readonly kind: PlanRequest['kind'];
  readonly environment: Environment;
  /** Absent for the first environment. */
  readonly before?: Environment;
  /** Whether the release was left in the environment before this one, and seen there. */
  readonly ranBefore: 'seen' | 'unverified' | undefined;
  readonly release: Release;
  readonly tests: readonly TestConfig[];
  readonly hold?: Hold;
};

/** A rollback goes to what ran here already, so only a person's stop could concern it, and not even that: there is always a way back. */
export function checkGates(facts: GateFacts): Gate[] {
  if (facts.kind === 'rollback') return [];
  return [holdGate(facts), orderGate(facts), testsGate(facts)].filter((gate) => gate !== undefined);
}

function holdGate({ environment, hold }: GateFacts): Gate {
  if (hold === undefined) {
    return { id: 'hold', title: 'Hold', state: 'open', detail: `${environment.name} is not held` };
  }
  return { id: 'hold', title: 'Hold', state: 'closed', detail: `Held by ${hold.by}: ${hold.reason}` };
}

function orderGate({ environment, before, ranBefore, release }: GateFacts): Gate | undefined {
  if (before === undefined || !environment.gates.order) return undefined;
  const gate = { id: 'order', title: 'Order' } as const;
  switch (ranBefore) {
    case 'seen':
      return { ...gate, state: 'open', detail: `Ran in ${before.name} first` };
    case 'unverified':
      return {
        ...gate,
        state: 'closed',
        detail:
          `${release.id} was sent to ${before.name}, and nobody saw it run there; let ${before.name} be asked what ` +
          `it runs, or let ${environment.name} do without by gates.order: false`,
      };
    case undefined:
      return {
        ...gate,
        state: 'closed',
        detail: `${release.id} has not run in ${before.name} yet; promote it there first`,
      };
  }
}

function testsGate({ environment, release, tests }: GateFacts): Gate | undefined {
  if (tests.length === 0 || !environment.gates.tests) return undefined;
  const passed = new Set(release.tests.map((test) => test.name));
  const open = tests.filter((test) => !passed.has(test.name)).map((test) => test.name);
  if (open.length > 0 && release.adoptedFrom !== undefined) {
    return {
      id: 'tests',
      title: 'Tests',
      state: 'closed',
      detail:
        `${release.id} was adopted from ${release.adoptedFrom.ref}, and no test of gantry.yml has run on it; ` +
        `build it here, or let ${environment.name} do without by gates.tests: false`,
    };
  }
  return open.length === 0
    ? { id: 'tests', title: 'Tests', state: 'open', detail: `${tests.length} passed on this image` }
    : {
        id: 'tests',
        title: 'Tests',
        state: 'closed',
        detail: `${release.id} was built without: ${open.join(', ')}; build again`,
      };
}
