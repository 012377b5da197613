import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { laterThan } from '../later.ts';
import type { TriggerAction } from './actions.ts';
import { cleaned, refusal, unreachable, unsure } from './failures.ts';
import { digestOf } from './image.ts';
import { obeying429, patienceToFollow, wasNeverSent } from './retry.ts';
import { hookAnswerSchema } from './shapes.ts';

const answerWithinMs = 30_000;
const sendingEndsMs = 5_000;
const pauseMs = 2_000;

/** Where a hook that was taken gives no deploy's id. */
const taken = 'taken';

/** Fires once. Nobody can say what comes of it, and so the run does not either. */
export async function* triggerHook(action: TriggerAction, io: Io): AsyncGenerator<StepOutput> {
  io.signal.throwIfAborted();
  const digest = await digestOf(action, io);
  const url = hookFor(action, await io.secret(action.deployHook), `${action.repository}@${digest}`);
  const id = await fire(url, action, io);
  yield { kind: 'handle', handle: id ?? taken };
  yield endOf(id ?? taken, digest);
}

/** Nothing can be asked: all that is known is what was written down before the process died. */
export async function* resumeTrigger(
  { service, digest, from }: TriggerAction,
  handle: string | undefined,
): AsyncGenerator<StepOutput> {
  if (handle === undefined) throw unsure('Gantry stopped while it asked', service);
  yield endOf(handle, digest ?? from);
}

function endOf(handle: string, what: string): StepOutput {
  const named = handle === taken ? '' : ` as ${handle}`;
  const detail = `triggered ${what}${named}; it cannot be verified without an API key`;
  return { kind: 'end', outcome: 'succeeded', detail, isUnverified: true };
}

/** The whole address is a secret: no error quotes it. */
export function hookFor(
  { service, hookBase, deployHook }: Pick<TriggerAction, 'service' | 'hookBase' | 'deployHook'>,
  secret: string,
  image: string,
): string {
  const url = URL.parse(secret.trim());
  const base = new URL(`${hookBase}/`);
  const leadsThere = url?.origin === base.origin && url.username === '' && url.password === '';
  if (
    url === null ||
    !leadsThere ||
    url.pathname !== `${base.pathname}${service}` ||
    !url.searchParams.get('key')
  ) {
    throw new GantryError(
      'secret-unresolved',
      `${deployHook} holds no deploy hook of ${service}.`,
      `Copy the whole hook from the service’s settings on Render: it begins with ${hookBase}/${service}?key=.`,
    );
  }
  url.hash = '';
  if (url.searchParams.has('imgURL')) url.searchParams.delete('imgURL');
  // Render's own sample escapes wrongly; these are the escapes of `:` and `@` and `/`.
  return `${url.href}&imgURL=${encodeURIComponent(image)}`;
}

async function fire(url: string, action: TriggerAction, io: Io): Promise<string | undefined> {
  const signal = laterThan(io.signal, sendingEndsMs, io.clock);
  const send = () => io.http.send({ method: 'POST', url, signal, timeoutMs: answerWithinMs });
  const asking = { io, patience: patienceToFollow(pauseMs) };
  const answer = await obeying429(send, asking).catch((error: unknown) => {
    // Stopped while it waited to be sent again.
    if (error instanceof GantryError || (io.signal.aborted && error === io.signal.reason)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw wasNeverSent(error) ? unreachable(why) : unsure(why, action.service);
  });
  if (answer.status >= 500) throw unsure(`Render says ${answer.status}`, action.service);
  if (answer.status < 200 || answer.status > 299) {
    const { href, searchParams } = new URL(url);
    const said = cleaned(answer.body, [url, href, searchParams.get('key') ?? '']);
    throw refusal(answer.status, said === '' ? undefined : said, {
      service: action.service,
      reference: action.deployHook,
    });
  }
  return deployIn(answer.body);
}

/** Render documents no body: none, or one that says nothing, is as good. */
function deployIn(body: string): string | undefined {
  try {
    return hookAnswerSchema.safeParse(JSON.parse(body)).data?.deploy.id;
  } catch {
    return undefined;
  }
}
