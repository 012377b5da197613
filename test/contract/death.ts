import type { Engine, Io, Target } from '#main/core/ports.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';

/**
 * Where a process dies, counted from the first of a deploy: behind an output, or at something that it asks of the world,
 * which is never carried out, or is and nobody hears the answer.
 */
export type Death = { readonly at: 'output' | 'unasked' | 'unheard'; readonly count: number };

/** What a process that is no more had come to. */
export type Dead = {
  readonly step: PlannedStep;
  readonly rest: readonly PlannedStep[];
  readonly handle: string | undefined;
  /** How often the world had been asked to act before this step. */
  readonly askedBefore: number;
};

/** Goes as far as that and no step further, not even into a `finally`; `undefined` where it does not come so far. */
export async function dieAt(
  target: Target,
  steps: readonly PlannedStep[],
  { io: whole, asked }: { readonly io: Io; readonly asked: () => number },
  death: Death,
): Promise<Dead | undefined> {
  let passed = 0;
  const { promise: died, resolve: die } = Promise.withResolvers<'died'>();
  const comesBy = (at: Death['at']) => at === death.at && ++passed === death.count;
  const io = mortal(whole, async (at) => {
    if (!comesBy(at)) return;
    die('died');
    await new Promise(() => undefined);
  });
  for (const [index, step] of steps.entries()) {
    const askedBefore = asked();
    let handle: string | undefined;
    const dead = () => ({ step, rest: steps.slice(index + 1), handle, askedBefore });
    const outputs = target.apply(step, io)[Symbol.asyncIterator]();
    for (;;) {
      const next = await Promise.race([outputs.next(), died]);
      if (next === 'died') return dead();
      if (next.done === true) break;
      if (next.value.kind === 'handle') handle = next.value.handle;
      if (comesBy('output')) return dead();
    }
  }
  return undefined;
}

type Watch = (at: 'unasked' | 'unheard') => Promise<void>;

/** The same, with every question to the world watched, before and behind. */
function mortal(io: Io, watch: Watch): Io {
  const engine: Engine = watched(io.engine, watch);
  return {
    ...io,
    engine,
    registry: watched(io.registry, watch),
    commands: watched(io.commands, watch),
    http: watched(io.http, watch),
  };
}

/** Members that answer at once ask nobody. */
const askNobody: readonly PropertyKey[] = ['cliEnvironment'];

function watched<Port extends object>(port: Port, watch: Watch): Port {
  return new Proxy(port, {
    get(target, name, receiver): unknown {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function' || askNobody.includes(name)) return member;
      return async (...args: unknown[]) => {
        // Only hands out what is then asked.
        if (name === 'swarm') return watched(await member(...args), watch);
        await watch('unasked');
        const answer: unknown = await member(...args);
        await watch('unheard');
        return answer;
      };
    },
  });
}
