import { shortDigest } from '#shared/domain/availability-words.ts';
import { assertNever, type ErrorDetail, GantryError } from '#shared/domain/errors.ts';
import type { Availability } from '#shared/domain/plan.ts';
import type { Ports } from '../context.ts';
import { createLineQueue } from '../line-queue.ts';
import type { RemoteEngine, StepOutput, TransferProgress } from '../ports.ts';
import type { BuildStepOutput, StepContext } from '../run-step.ts';
import type { ImageAction } from './action.ts';

type Needs = Pick<Ports, 'engine' | 'registry'>;
type Output = StepOutput | BuildStepOutput;

/** Carries out a step that brings an image to its place or names it there. Safe to repeat. */
export function applyImageStep(
  ports: Needs,
  step: string,
  action: ImageAction,
  insecure: readonly string[],
  { signal }: StepContext,
  remote?: RemoteEngine,
): AsyncGenerator<Output> {
  const call = { insecure, signal, remote };
  switch (action.core) {
    case 'available':
      return makeAvailable(ports, step, action, call);
    case 'tags':
      return nameInRegistry(ports, step, action, call);
    default:
      return assertNever(action);
  }
}

type Call = {
  readonly insecure: readonly string[];
  readonly signal: AbortSignal;
  /** The environment's own engine, where it has one. */
  readonly remote: RemoteEngine | undefined;
};

async function* makeAvailable(
  ports: Needs,
  step: string,
  action: Extract<ImageAction, { core: 'available' }>,
  call: Call,
): AsyncGenerator<Output> {
  const { item } = action;
  const queue = createLineQueue<Output>();
  const onProgress = (progress: TransferProgress) =>
    queue.push({ kind: 'progress', text: progressText(progress) });
  const work = carry(ports, item, { ...call, onProgress });
  yield* queue.until(work);
  const carried = await work;
  if (carried.kind === 'failed') {
    return yield { kind: 'end', outcome: 'failed', detail: carried.error.message, error: carried.error };
  }
  if (carried.digest !== undefined) yield placed(step, action, carried.digest);
  yield { kind: 'end', outcome: 'succeeded', detail: carried.detail };
}

type Carried =
  | { readonly kind: 'done'; readonly detail: string; readonly digest?: string }
  | { readonly kind: 'failed'; readonly error: ErrorDetail };

async function carry(
  { registry, engine }: Needs,
  item: Availability,
  call: Call & { readonly onProgress: (progress: TransferProgress) => void },
): Promise<Carried> {
  switch (item.kind) {
    case 'there': {
      const now = await registry.resolve(item.ref, call);
      if (now?.digest !== item.digest) return wrongDigest(item.ref, now?.digest, item.digest);
      return { kind: 'done', digest: now.digest, detail: `${item.ref} is ${shortDigest(now.digest)}` };
    }
    case 'promote': {
      const done = await registry.promote(item.from, item.ref, call);
      if (done.digest !== item.digest) return wrongDigest(item.ref, done.digest, item.digest);
      const travelled = done.copied === 0 ? 'no layer travelled' : `${done.copied} layers copied`;
      return {
        kind: 'done',
        digest: done.digest,
        detail: `${shortDigest(done.digest)} confirmed, ${travelled}`,
      };
    }
    case 'push': {
      const { digest } = await registry.push(item.imageId, item.ref, call);
      return { kind: 'done', digest, detail: `${item.ref} confirmed as ${shortDigest(digest)}` };
    }
    case 'pull': {
      if (item.engine !== undefined) return fetchThere({ registry }, item, call);
      const image = await registry.pull(await byDigest(registry, item.from, call), call);
      if (image.identity.imageId !== item.imageId) {
        return wrongDigest(item.from, image.identity.imageId, item.imageId);
      }
      await engine.tag(item.imageId, item.ref, call.signal);
      return { kind: 'done', detail: `${item.ref} is on the engine again` };
    }
    case 'load': {
      const loaded = await requireRemote(call.remote).load(item.imageId, item.ref, call);
      return {
        kind: 'done',
        digest: loaded.imageId,
        detail: `${item.engine} has it as ${shortDigest(loaded.imageId)}, ${megabytes(loaded.bytesSent)} sent`,
      };
    }
    default:
      return assertNever(item);
  }
}

/** By its digest the bytes are the same; what the engine calls it then depends on its store. */
async function fetchThere(
  { registry }: Pick<Needs, 'registry'>,
  item: Extract<Availability, { kind: 'pull' }>,
  call: Call & { readonly onProgress: (progress: TransferProgress) => void },
): Promise<Carried> {
  const remote = requireRemote(call.remote);
  const from = await byDigest(registry, item.from, call);
  const { imageId } = (await remote.registry.pull(from, call)).identity;
  await remote.engine.tag(imageId, item.ref, call.signal);
  return { kind: 'done', digest: imageId, detail: `${item.engine} has it as ${shortDigest(imageId)}` };
}

/** A push earlier in the same plan has put it there under this name, whose digest the registry tells. */
async function byDigest(registry: Needs['registry'], from: string, call: Call): Promise<string> {
  if (from.includes('@')) return from;
  const now = await registry.resolve(from, call);
  if (now !== undefined) return `${splitTag(from).repository}@${now.digest}`;
  throw new GantryError('image-gone', `${from} is gone from the registry.`, 'Deploy again.');
}

function requireRemote(remote: RemoteEngine | undefined): RemoteEngine {
  if (remote !== undefined) return remote;
  throw new Error('the step is for an engine that the environment does not have');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

async function* nameInRegistry(
  { registry }: Needs,
  step: string,
  action: Extract<ImageAction, { core: 'tags' }>,
  call: Call,
): AsyncGenerator<Output> {
  const own = await registry.resolve(action.ref, call);
  if (own === undefined) {
    const error = {
      code: 'image-gone',
      message: `${action.ref} is gone from the registry.`,
      hint: 'Deploy again.',
    } as const;
    return yield { kind: 'end', outcome: 'failed', detail: error.message, error };
  }
  const { repository } = splitTag(action.ref);
  const moved: string[] = [];
  for (const { ref, before, isMoving } of action.tags) {
    const now = (await registry.resolve(ref, call))?.digest;
    if (now === own.digest) continue;
    if (now !== undefined && !isMoving) {
      const message = `${ref} names ${shortDigest(now)} meanwhile and must not move.`;
      const error = { code: 'plan-stale', message, hint: 'Plan again and look at what changed.' } as const;
      return yield { kind: 'end', outcome: 'failed', detail: message, error };
    }
    await registry.promote(`${repository}@${own.digest}`, ref, { ...call, destinationWas: before ?? null });
    const was = now === undefined ? {} : { before: now };
    yield { kind: 'event', event: { kind: 'tag-moved', step, ref, ...was, after: own.digest } };
    moved.push(splitTag(ref).tag);
  }
  const detail =
    moved.length === 0
      ? 'Every name was right already'
      : `${moved.join(', ')} now ${shortDigest(own.digest)}`;
  yield { kind: 'end', outcome: 'succeeded', detail };
}

function placed(
  step: string,
  { release, cell, item }: Extract<ImageAction, { core: 'available' }>,
  digest: string,
): Output {
  const engine = item.kind === 'load' || item.kind === 'pull' ? item.engine : undefined;
  return {
    kind: 'event',
    event: {
      kind: 'image-placed',
      step,
      release,
      ...(cell === undefined ? {} : { cell }),
      ...(engine === undefined ? {} : { engine }),
      ...splitTag(item.ref),
      digest,
    },
  };
}

/** `host:5000/name:tag`; the refs here always have a tag. */
function splitTag(ref: string): { readonly repository: string; readonly tag: string } {
  const colon = ref.lastIndexOf(':');
  return { repository: ref.slice(0, colon), tag: ref.slice(colon + 1) };
}

function wrongDigest(what: string, found: string | undefined, wished: string): Carried {
  const now = found === undefined ? 'nothing' : found;
  return {
    kind: 'failed',
    error: {
      code: 'target-refused',
      message: `${what} is ${now}, not ${wished}.`,
      hint: 'Something else changed it at the same time: plan again.',
    },
  };
}

function progressText({ layersDone, layersTotal, bytesDone, bytesTotal }: TransferProgress): string {
  const percent = bytesTotal === 0 ? '' : `, ${Math.floor((bytesDone / bytesTotal) * 100)} %`;
  return `${layersDone} of ${layersTotal} layers${percent}`;
}
