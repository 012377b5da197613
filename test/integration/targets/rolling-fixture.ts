import type { StepOutput } from '#main/core/ports.ts';
import {
  type ComposeFixture,
  createComposeFixture,
  type Deployed,
  type DeployOptions,
  type Release,
} from './compose-fixture.ts';

const healthcheck =
  'healthcheck: { test: ["CMD", "wget", "-q", "-O-", "http://127.0.0.1:8080/healthz"], interval: 200ms, retries: 1, start_period: 500ms, start_interval: 50ms }';

/** A service of a compose file that tells by itself whether it is well; with more lines of its own. */
export const service = (name: string, ...more: string[]) =>
  [`  ${name}:`, 'build: .', 'init: true', 'stop_grace_period: 1s', healthcheck, ...more].join('\n    ');

export const compose = (...services: string[]) => ({
  'compose.yml': `services:\n${services.join('\n')}\n`,
});

export type RollingFixture = {
  readonly at: ComposeFixture;
  readonly first: Release;
  readonly second: Release;
  /** Never well. */
  readonly broken: Release;
  deploy(release: Release, more?: DeployOptions): Promise<Deployed>;
  /** In a memory of its own, as in another process. */
  steps(release: Release, config?: object): ReturnType<ComposeFixture['steps']>;
  /** `web-1 one running` for each container of the project. */
  containers(): Promise<readonly string[]>;
};

export async function createRollingFixture(): Promise<RollingFixture> {
  const at = createComposeFixture();
  // As gantry.yml has it: the fixture parses it.
  const rolling = { strategy: 'rolling', overlap: '20ms' } as never;
  const health = { interval: 50, deadline: 6_000 };
  return {
    at,
    first: await at.release('one'),
    second: await at.release('two'),
    broken: await at.release('bad', 'exec sleep 1000'),
    deploy: (release, more = {}) =>
      at.deploy(release, { health, ...more, config: { ...(rolling as object), ...more.config } }),
    steps: (release, config) =>
      at.steps(release, { health, config: { ...(rolling as object), ...config } as never }),
    async containers() {
      const seen = await at.engine.containers({ 'com.docker.compose.project': `${at.name}-dev` });
      return seen.map(
        ({ name, imageRef, state }) => `${name.slice(at.name.length + 5)} ${imageRef.split(':')[1]} ${state}`,
      );
    },
  };
}

export const collected = async (outputs: AsyncIterable<StepOutput>): Promise<readonly StepOutput[]> => {
  const all: StepOutput[] = [];
  for await (const output of outputs) all.push(output);
  return all;
};
