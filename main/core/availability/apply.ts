import { shortDigest } from '#shared/domain/availability-words.ts';
import { assertNever, type ErrorDetail } from '#shared/domain/errors.ts';
import type { Availability } from '#shared/domain/plan.ts';
import type { Ports } from '../context.ts';
import { createLineQueue } from '../line-queue.ts';
import type { StepOutput, TransferProgress } from '../ports.ts';
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
): AsyncGenerator<Output> {
  switch (action.core) {
    case 'available':
      return makeAvailable(ports, step, action, { insecure, signal });
    case 'tags':
      return nameInRegistry(ports, step, action, { insecure, signal });
    default:
      return assertNever(action);
  }
}

type Call = { readonly insecure: readonly string[]; readonly signal: AbortSignal };

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
  if (carried.digest !== undefined) yield placed(step, action, item.ref, carried.digest);
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
      const image = await registry.pull(item.from, call);
      if (image.identity.imageId !== item.imageId) {
        return wrongDigest(item.from, image.identity.imageId, item.imageId);
      }
      await engine.tag(item.imageId, item.ref, call.signal);
      return { kind: 'done', detail: `${item.ref} is on the engine again` };
    }
    default:
      return assertNever(item);
  }
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

function placed(step: string, { release, cell }: ImageAction, ref: string, digest: string): Output {
  const where = splitTag(ref);
  return {
    kind: 'event',
    event: { kind: 'image-placed', step, release, ...(cell === undefined ? {} : { cell }), ...where, digest },
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
