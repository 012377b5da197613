import type { Container } from '#main/core/ports/engine.ts';
import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { spanText } from '#shared/domain/duration.ts';
import { commandLines } from '../command-lines.ts';
import { failed, succeeded } from '../step-end.ts';
import type { HandOverAction } from './actions.ts';
import type { DeployMemory } from './deploy-memory.ts';
import { serviceOf } from './observe.ts';
import { prepared } from './prepare.ts';
import { markDrained, namesOf, removeStarted, type Sorted, sortOut, stopOld } from './sort-out.ts';

const sayEveryMs = 1_000;

type Drain = NonNullable<HandOverAction['drain']>;

/** The old containers are drained and stopped, as soon as there are new ones in their place. */
export async function* handOver(
  action: HandOverAction,
  io: Io,
  memory: DeployMemory,
): AsyncGenerator<StepOutput> {
  let isTold = false;
  try {
    yield* takeOver(action, io, memory, () => {
      isTold = true;
    });
  } catch (error) {
    // As long as nothing was said to the old ones they serve as before.
    if (isTold || !io.signal.aborted) throw error;
    const did = yield* removeStarted(action.up, io, memory);
    if (did === undefined) throw error;
    yield { kind: 'end', outcome: 'cancelled', detail: did };
  }
}

/** @param onTell called before the old ones notice anything */
async function* takeOver(
  { up, overlapMs, drain }: HandOverAction,
  io: Io,
  memory: DeployMemory,
  onTell: () => void,
): AsyncGenerator<StepOutput> {
  const found = await prepared(up, io, memory);
  if (found.kind === 'refused') return yield failed(found.error);
  const sorted = await sortOut(up, found.rolling, io);
  const short = shortOf(sorted);
  if (short !== undefined) return yield short;
  const old = sorted.flatMap((one) => one.old);
  if (old.length > 0) {
    // New ones may die at any time of the waiting.
    const shortNow = async () => shortOf(await sortOut(up, found.rolling, io));
    yield* waiting(overlapMs, 'until the old ones go', io);
    const overlapped = await shortNow();
    if (overlapped !== undefined) return yield overlapped;
    if (drain !== undefined) {
      if (drain.command !== undefined) onTell();
      yield* drained(old, drain, io);
      const outlived = await shortNow();
      if (outlived !== undefined) return yield outlived;
    }
    io.signal.throwIfAborted();
    onTell();
  }
  yield* stopOld(sorted, io);
  yield succeeded(
    old.length === 0 ? 'nothing ran beside' : `${namesOf(old)} ${drain ? 'drained and ' : ''}stopped`,
  );
}

/** Why the old ones stay, where they must. */
function shortOf(sorted: readonly Sorted[]): StepOutput | undefined {
  const short = sorted.find(({ service, fresh }) => fresh.length < service.replicas);
  if (short === undefined) return undefined;
  const { service, fresh } = short;
  return failed({
    code: 'target-refused',
    message: `Of ${service.name} ${fresh.length} of ${service.replicas} new containers run, so the old ones stay.`,
    hint: 'Something stopped them, or the compose file changed meanwhile; deploy again.',
  });
}

async function* drained(old: readonly Container[], drain: Drain, io: Io): AsyncGenerator<StepOutput> {
  if (drain.command !== undefined) {
    yield { kind: 'progress', text: `draining ${namesOf(old)}` };
    for (const outputs of await Promise.all(old.map((container) => drainOne(container, drain, io)))) {
      yield* outputs;
    }
  }
  yield* waiting(drain.waitMs, `for ${namesOf(old)} to finish`, io);
}

async function* waiting(ms: number, what: string, io: Io): AsyncGenerator<StepOutput> {
  const until = io.clock.monotonic() + ms;
  for (let rest = ms; rest > 0; rest = until - io.clock.monotonic()) {
    yield { kind: 'progress', text: `${spanText(rest)} ${what}` };
    await io.clock.sleep(Math.min(rest, sayEveryMs), io.signal);
  }
}

/** One that cannot be drained is stopped all the same: the new ones serve, and its stop signal is still to come. */
async function drainOne(container: Container, drain: Drain, io: Io): Promise<readonly StepOutput[]> {
  await markDrained(container, io);
  const outputs: StepOutput[] = [];
  const say = (level: 'out' | 'err', text: string) =>
    outputs.push({ kind: 'line', source: serviceOf(container), level, text });
  const late = AbortSignal.timeout(drain.timeoutMs);
  const lines = commandLines(io.commands, {
    argv: ['docker', 'exec', container.id, ...(drain.command ?? [])],
    cwd: io.folder,
    env: io.engine.cliEnvironment(),
    signal: AbortSignal.any([io.signal, late]),
  });
  try {
    for (;;) {
      const next = await lines.next();
      if (next.done === true) {
        const { exitCode } = next.value;
        if (exitCode !== 0)
          say('err', `${container.name}: the drain command ended with ${exitCode ?? 'a signal'}`);
        return outputs;
      }
      say('out', next.value.text);
    }
  } catch (error) {
    if (!late.aborted || io.signal.aborted) throw error;
    say('err', `${container.name}: the drain command did not end within ${spanText(drain.timeoutMs)}`);
    return outputs;
  }
}
