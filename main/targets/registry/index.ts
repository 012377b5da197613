import * as z from 'zod';
import type { Io, StepOutput, Target, TargetPlace, Wish } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';

const registryTargetSchema = z.strictObject({
  kind: z.literal('registry'),
  repository: z
    .string()
    .min(1)
    .describe('Where the tag is, such as ghcr.io/acme/shop. The release’s image is put there first.'),
  tag: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'an image tag')
    .optional()
    .describe('The tag that is this environment. Default: the environment’s name.'),
  platform: z.string().min(1).optional().describe('What pulls it can run, such as linux/amd64.'),
});
type RegistryConfig = z.output<typeof registryTargetSchema>;

const moveSchema = z.object({
  kind: z.literal('move'),
  /** `repository:tag` that is the environment. */
  ref: z.string(),
  repository: z.string(),
  /** The release's own name there; its digest is what moves. */
  from: z.string(),
  /** As it was planned; absent before the release's first push. */
  digest: z.string().optional(),
  /** What the tag was when it was planned; null for nothing. */
  was: z.string().nullable(),
});
type Move = z.output<typeof moveSchema>;

const stepTimeoutMs = 5 * 60_000;

/** An environment that is a tag: what a cluster, a GitOps tool or a host that pulls looks at. */
export const registryTarget: Target<RegistryConfig> = {
  kind: 'registry',
  summary: 'A tag in a registry that others watch and pull: moved by digest, with the way back recorded.',
  get config() {
    return registryTargetSchema;
  },
  needsImage: 'registry',
  compares: 'digest',
  repository: (config) => config.repository,
  ownTag: refOf,
  platform: async (config) => config.platform,
  describe(config, place) {
    const ref = refOf(config, place);
    return { label: `registry ${ref}`, detail: `the tag ${ref}` };
  },
  check: async () => [],
  observe: observeTag,
  plan: planMove,
  settingChanges(wish, seen, config) {
    if (seen.kind === 'unreachable') return [];
    const ref = refOf(config, wish);
    const before = liveDigest(seen);
    const after = wish.release.remote?.digest ?? `${wish.release.id} (digest known after its push)`;
    if (before === after) return [];
    return [{ path: ref, ...(before === undefined ? {} : { before }), after }];
  },
  apply: (step, io) => moveTag(moveSchema.parse(step.action), io),
};

function refOf(config: RegistryConfig, place: Pick<TargetPlace, 'environment'>): string {
  return `${config.repository}:${config.tag ?? place.environment}`;
}

function liveDigest(seen: Observed): string | undefined {
  return seen.kind === 'running' ? seen.services[0]?.imageId : undefined;
}

async function observeTag(config: RegistryConfig, place: TargetPlace, io: Io): Promise<Observed> {
  const ref = refOf(config, place);
  const at = io.clock.now();
  try {
    const found = await io.registry.resolve(ref, callOf(io));
    return found === undefined ? { kind: 'empty', at } : running(ref, found.digest, at);
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return { kind: 'unreachable', at, why: error.message };
  }
}

/** A tag is as healthy as it can be when it is there. */
function running(ref: string, digest: string, at: number): Observed {
  const service = {
    name: 'tag',
    imageId: digest,
    imageRef: ref,
    health: 'healthy',
    state: 'named',
    ports: [],
  } as const;
  return { kind: 'running', at, services: [{ ...service, ports: [] }], settings: {} };
}

function planMove(wish: Wish, seen: Observed, config: RegistryConfig): readonly PlannedStep[] {
  const ref = refOf(config, wish);
  const { remote, id } = wish.release;
  const action = {
    kind: 'move',
    ref,
    repository: config.repository,
    from: remote?.ref ?? `${config.repository}:${id}`,
    ...(remote?.digest === undefined ? {} : { digest: remote.digest }),
    was: liveDigest(seen) ?? null,
  };
  return [
    {
      id: 'move',
      title: 'Move tag',
      detail: `${ref} to ${remote?.digest ?? `the digest of ${id}`}`,
      action,
      repeatable: true,
      changes: true,
      timeoutMs: stepTimeoutMs,
    },
  ];
}

async function* moveTag(action: Move, io: Io): AsyncGenerator<StepOutput> {
  const { ref, repository, from } = action;
  const digest = action.digest ?? (await io.registry.resolve(from, callOf(io)))?.digest;
  if (digest === undefined) return yield failed(`${from} is gone.`);
  // Reads back what the tag then is, and leaves alone a tag that is right already.
  const moved = await io.registry.promote(`${repository}@${digest}`, ref, {
    ...callOf(io),
    destinationWas: action.was,
  });
  if (moved.digest !== digest)
    return yield failed(`${ref} is ${moved.digest} after it was moved, not ${digest}.`);
  yield { kind: 'observed', observed: running(ref, digest, io.clock.now()) };
  yield { kind: 'end', outcome: 'succeeded', detail: `${ref} is ${digest}` };
}

function failed(message: string): StepOutput {
  const hint = 'Something else changed it at the same time: plan again.';
  return {
    kind: 'end',
    outcome: 'failed',
    detail: message,
    error: { code: 'target-refused', message, hint },
  };
}

function callOf({ signal, insecureRegistries }: Io) {
  return { signal, insecure: insecureRegistries };
}
