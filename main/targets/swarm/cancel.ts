import type { Swarm, SwarmService } from '#main/core/ports/swarm.ts';
import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { SwarmAction } from './actions.ts';
import { isWhole } from './judge.ts';
import { gantryLabels, isOf } from './labels.ts';
import { onItsVersion } from './versions.ts';

type End = Extract<StepOutput, { kind: 'end' }>;

/** Less than what a step is given to stop. */
const undoWithinMs = 8_000;
const lookEveryMs = 200;

/**
 * An update that nobody waits for goes on by itself, so whoever cancels means the swarm too: it goes back to what it was,
 * and what had not been there is removed. Where a step's time is over the update is left as it is.
 */
export async function undoneOnCancel<T>(
  action: SwarmAction,
  io: Io,
  work: () => Promise<T>,
): Promise<{ readonly kind: 'done'; readonly value: T } | { readonly kind: 'cancelled'; readonly end: End }> {
  try {
    return { kind: 'done', value: await work() };
  } catch (error) {
    if (!io.signal.aborted || isTimeout(io.signal.reason)) throw error;
    return { kind: 'cancelled', end: await undo(action, io) };
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}

/** What the swarm then says; where it does not confirm it, nobody knows what becomes of it. */
async function undo(action: SwarmAction, io: Io): Promise<End> {
  const signal = AbortSignal.timeout(undoWithinMs);
  const swarm = await io.engine.swarm();
  try {
    const service = await swarm.service(action.service, signal);
    if (service === undefined) return cancelled(`there is no ${action.service}`);
    if (!isOf(service.taskLabels, action)) return cancelled(saysWhatRuns(service));
    if (action.was === 'new') {
      await swarm.remove(service.id, signal);
      return cancelled(`${action.service}, which had not been there before, is removed`);
    }
    const isOver =
      service.updateState === 'completed' || service.updateState?.startsWith('rollback') === true;
    if (isOver) return cancelled(saysWhatRuns(service));
    if (service.version === action.was || !service.hasPrevious) {
      return cancelled(`${action.service} goes on to ${action.release}, as it was asked to before`);
    }
    await onItsVersion(swarm, service, signal, (at) => swarm.rollBack(at, signal));
    return await untilBack(swarm, action, io, signal);
  } catch (error) {
    if (!(error instanceof GantryError) && !signal.aborted) throw error;
    const why = signal.aborted ? 'it took too long' : error instanceof Error ? error.message : '';
    return unconfirmed(`${action.service} may go on to ${action.release}: ${why}`, action);
  }
}

async function untilBack(swarm: Swarm, action: SwarmAction, io: Io, signal: AbortSignal): Promise<End> {
  for (;;) {
    const service = await swarm.service(action.service, signal);
    const isDone = service?.updateState === 'rollback_completed';
    if (isDone && isWhole(service, await swarm.tasks(service.id, signal)))
      return cancelled(`${saysWhatRuns(service)} again`);
    if (service === undefined || service.updateState === 'rollback_paused') {
      return unconfirmed(`${action.service} could not go back by itself`, action);
    }
    try {
      await io.clock.sleep(lookEveryMs, signal);
    } catch {
      return cancelled(`the swarm goes back: ${saysWhatRuns(service)} soon`);
    }
  }
}

function cancelled(what: string): End {
  return { kind: 'end', outcome: 'cancelled', detail: `Cancelled; ${what}` };
}

function unconfirmed(why: string, { service }: SwarmAction): End {
  const detail = `Cancelled, but ${why}`;
  const hint = `Look at \`docker service ps ${service}\`, and roll back or deploy again.`;
  const error = { code: 'target-unreachable', message: detail, hint } as const;
  return { kind: 'end', outcome: 'errored', detail, error };
}

function saysWhatRuns({ name, taskLabels, image }: SwarmService): string {
  return `${name} runs ${taskLabels[gantryLabels.release] ?? image}`;
}
