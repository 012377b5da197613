import { GantryError } from '#shared/domain/errors.ts';
import { baseImage } from './base-image.ts';
import { type Engine, type ProvisionedEngine, type ProvisionOptions, provisionEngine } from './engine.ts';
import { whyNotProvisionable } from './machine.ts';

/** The engine that every integration, fault and e2e test of a run shares. It is never stopped or pruned by a test. */
export type TestEngine = {
  readonly kind: Engine['kind'];
  readonly dockerHost: string;
  readonly dockerBin: string;
  readonly env: Readonly<Record<string, string>>;
  readonly baseImage: string;
};

/** Test processes are children of the one that started the engine: they inherit how to reach it. */
export const engineVariable = 'GANTRY_TEST_ENGINE';

export function describeEngine(engine: Engine): string {
  const { kind, dockerHost, dockerBin, env } = engine;
  return JSON.stringify({ kind, dockerHost, dockerBin, env, baseImage } satisfies TestEngine);
}

export function testEngine(): TestEngine {
  const described = process.env[engineVariable];
  if (described === undefined) {
    throw new GantryError(
      'engine-unreachable',
      'This test needs an engine, and its project starts none.',
      'Put the test under test/integration, test/fault or test/e2e.',
    );
  }
  // Written by describeEngine in a process of the same run.
  return JSON.parse(described) as TestEngine;
}

/** An engine of the test's own, to stop, restart or prune; where none can be had the test is skipped, saying so. */
export async function ownEngine(
  test: { skip(why: string): never },
  options: ProvisionOptions = {},
): Promise<ProvisionedEngine> {
  const obstacle = whyNotProvisionable();
  if (obstacle !== undefined)
    test.skip(`needs an engine of its own, and none can be provisioned: ${obstacle}`);
  return provisionEngine(options);
}
