import type { BegunStep, Io, StepOutput } from '#main/core/ports/target.ts';
import { spanText } from '#shared/domain/duration.ts';
import { GantryError, isAborted } from '#shared/domain/errors.ts';
import { laterThan } from '../later.ts';
import type { ApiAction } from './actions.ts';
import { createApi, type RenderApi, readKey } from './api.ts';
import { unsure } from './failures.ts';
import { findOurs } from './find-ours.ts';
import { deployedDigest, digestOf, shortOf } from './image.ts';
import { patienceToFollow } from './retry.ts';
import type { RenderDeploy } from './shapes.ts';
import { standingOf } from './status.ts';

/** The run engine waits 10 s for a step that was told to stop. */
const sendingEndsMs = 3_000;
const stopWithinMs = 9_000;

type Following = {
  readonly action: ApiAction;
  readonly digest: string;
  readonly io: Io;
  readonly api: (signal: AbortSignal) => RenderApi;
};

/**
 * Asks for a deploy of the digest and follows it. Going back is the same with the older digest: Render's own rollback
 * takes a deploy that it still has, pulls the same image, and would be a second way to one end.
 */
export async function* deployImage(action: ApiAction, io: Io): AsyncGenerator<StepOutput> {
  io.signal.throwIfAborted();
  const following = await prepare(action, io);
  const { digest, api } = following;
  const askedAt = io.clock.monotonic();
  const asked = await api(io.signal).create(
    `${action.repository}@${digest}`,
    laterThan(io.signal, sendingEndsMs, io.clock),
  );
  if (asked.kind === 'made') return yield* follow(asked.deploy.id, following);
  yield { kind: 'line', source: 'render', level: 'note', text: `${asked.why}; looking for it in the list` };
  yield* find(following, () => io.clock.monotonic() - askedAt, asked.why);
}

/** The process that asked is gone. What it was given the name of is followed; what it was not is looked for. */
export async function* resumeDeploy(
  action: ApiAction,
  { handle, startedAt }: BegunStep,
  io: Io,
): AsyncGenerator<StepOutput> {
  const following = await prepare(action, io);
  if (handle !== undefined) return yield* follow(handle, following);
  yield* find(
    following,
    () => io.clock.now() - startedAt,
    'Gantry stopped while it asked, and no deploy of this image has come since',
  );
}

async function prepare(action: ApiAction, io: Io): Promise<Following> {
  const digest = await digestOf(action, io);
  const key = await readKey(action, io);
  const patience = patienceToFollow(action.pollMs);
  return { action, digest, io, api: (signal) => createApi(action, key, { ...io, signal }, patience) };
}

/** @param sinceMs how long ago it was asked for */
async function* find(following: Following, sinceMs: () => number, why: string): AsyncGenerator<StepOutput> {
  const { action, digest, io, api } = following;
  // Also where it was told to stop: only what has a name can be canceled.
  const signal = io.signal.aborted ? AbortSignal.timeout(stopWithinMs) : io.signal;
  const sought = { digest, sinceMs, pollMs: action.pollMs };
  const found = await findOurs(api(signal), sought, { ...io, signal }).catch((error: unknown) => {
    if (!isAborted(error)) throw error;
    return undefined;
  });
  if (found === undefined) throw unsure(why, action.service);
  yield { kind: 'line', source: 'render', level: 'note', text: `Render has it as ${found.id}` };
  yield* follow(found.id, following);
}

async function* follow(id: string, following: Following): AsyncGenerator<StepOutput> {
  yield { kind: 'handle', handle: id };
  const { io, api } = following;
  try {
    yield* untilOver(id, following, io, api(io.signal));
  } catch (error) {
    if (!io.signal.aborted) throw lost(error, id);
    yield* stop(id, following);
  }
}

async function* untilOver(
  id: string,
  following: Following,
  io: Io,
  api: RenderApi,
): AsyncGenerator<StepOutput> {
  const startedAt = io.clock.monotonic();
  let last: string | undefined;
  for (;;) {
    const deploy = await api.deploy(id);
    const status = deploy.status ?? 'unknown';
    if (status !== last) yield { kind: 'line', source: 'render', level: 'out', text: `${id} ${status}` };
    last = status;
    const end = await endOf(deploy, following, io, api);
    if (end !== undefined) return yield end;
    yield { kind: 'progress', text: `${status}, ${spanText(io.clock.monotonic() - startedAt)}` };
    await io.clock.sleep(following.action.pollMs, io.signal);
  }
}

async function endOf(
  deploy: RenderDeploy,
  { action: { service }, digest }: Following,
  io: Io,
  api: RenderApi,
): Promise<StepOutput | undefined> {
  const { id } = deploy;
  const standing = standingOf(deploy.status);
  const events = `Look at the events and the log of ${service} on Render.`;
  switch (standing.kind) {
    case 'going':
      return undefined;
    case 'live': {
      const runs = await deployedDigest(deploy, io);
      if (runs === digest)
        return { kind: 'end', outcome: 'succeeded', detail: `${id} is live with ${shortOf(digest)}` };
      return failed(`${id} is live with ${runs ?? 'an unknown image'}, not with ${digest}`, events);
    }
    case 'replaced': {
      const now = (await api.deploys({ limit: 1, status: 'live' })).deploys[0];
      if (now !== undefined && (await deployedDigest(now, io)) === digest) {
        return { kind: 'end', outcome: 'succeeded', detail: `${shortOf(digest)} is live, as ${now.id}` };
      }
      const by =
        now === undefined ? 'nothing is live now' : `${now.id} (${now.trigger ?? 'unknown'}) replaced it`;
      return failed(`${id} was live, but ${by}`, `Somebody else deploys ${service} too. ${events}`);
    }
    case 'canceled':
      return failed(`${id} was canceled on Render`, `Somebody, or a newer deploy, stopped it. ${events}`);
    case 'failed':
      return failed(`${id}: ${standing.why}`, events);
  }
}

/** Render is told, and asked until it says so: a deploy that goes on would arrive later, under whatever comes next. */
async function* stop(id: string, following: Following): AsyncGenerator<StepOutput> {
  const { action, io } = following;
  const signal = AbortSignal.timeout(stopWithinMs);
  const api = following.api(signal);
  const graced = { ...io, signal };
  try {
    // Refused where it is over already: then it says how it ended.
    const told = await api
      .cancel(id)
      .catch((error: unknown) => (isAborted(error) ? Promise.reject(error) : undefined));
    let deploy = told ?? (await api.deploy(id));
    while (standingOf(deploy.status).kind === 'going') {
      await io.clock.sleep(action.pollMs, signal);
      deploy = await api.deploy(id);
    }
    if (standingOf(deploy.status).kind !== 'canceled') {
      const end = await endOf(deploy, following, graced, api);
      if (end !== undefined) return yield end;
    }
    yield { kind: 'line', source: 'render', level: 'note', text: `Render says that ${id} is canceled` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `${id} was to be canceled, but Render did not confirm it: ${why}`;
    const hint = `It may still become live: look at the events of ${action.service} on Render.`;
    return yield {
      kind: 'end',
      outcome: 'errored',
      detail: message,
      error: { code: 'target-unreachable', message, hint },
    };
  }
  // A deadline is no wish of a person: the run engine says that time was up.
  if (isTimeout(io.signal.reason)) throw io.signal.reason;
  yield { kind: 'end', outcome: 'cancelled', detail: `Cancelled; Render says that ${id} is canceled` };
}

function lost(error: unknown, id: string): unknown {
  if (!(error instanceof GantryError) || error.code !== 'target-unreachable') return error;
  return new GantryError(error.code, `${error.message} ${id} goes on without being watched.`, error.hint);
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}

function failed(detail: string, hint: string): StepOutput {
  const message = `${detail}.`;
  return { kind: 'end', outcome: 'failed', detail, error: { code: 'target-refused', message, hint } };
}
