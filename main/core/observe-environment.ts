import type { Observed } from '#shared/domain/observed.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from './context.ts';
import type { OpenWorkspace } from './open-workspace.ts';
import { createIo, placeOf } from './target-io.ts';

/** An environment that does not answer in this time is unreachable; nobody waits longer. */
const observeWithinMs = 8_000;

/** Never rejects: what cannot be observed is a state. */
export async function observeEnvironment(
  ports: Ports,
  workspace: OpenWorkspace,
  environment: Environment,
): Promise<Observed> {
  const target = ports.targets.get(environment.target.kind);
  try {
    const io = createIo(ports, workspace, environment, AbortSignal.timeout(observeWithinMs));
    return await target.observe(environment.target.config, placeOf(workspace, environment), io);
  } catch (error) {
    const why = isTimeout(error)
      ? `it has not answered for ${observeWithinMs / 1_000} seconds`
      : error instanceof Error
        ? error.message
        : String(error);
    return { kind: 'unreachable', at: ports.clock.now(), why };
  }
}

/** Of an AbortSignal, whose words say nothing to a person. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
