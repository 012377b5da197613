import type { Io, StepOutput, Target, Wish } from '#main/core/ports.ts';
import { createClock } from '#main/host/clock.ts';
import { createHttp } from '#main/host/http.ts';
import { environmentNameSchema, releaseIdSchema } from '#shared/domain/ids.ts';
import { only } from '#test/fakes/only.ts';
import { registry, releases } from './wished-world.ts';

export const place = { workspace: 'shop', environment: environmentNameSchema.parse('prod'), image: 'shop' };
export const secrets: Readonly<Record<string, string>> = {
  'secret://env/TOKEN': 's3cret/"token"',
  'secret://env/HOOK': '',
};

/** Gantry's own HTTP and clock; what else a test gives. */
export function ioWith(more: Partial<Io> = {}): Io {
  return only<Io>({
    http: createHttp(),
    clock: createClock(),
    signal: new AbortController().signal,
    insecureRegistries: [],
    registry,
    hostVariables: () => ({}),
    env: async () => new Map([['GREETING', 'from the env file']]),
    imageIds: (id) => new Set(id === 'r-1a2b3c' ? [`sha256:${'1'.repeat(64)}`] : []),
    secret: async (reference) => secrets[reference] ?? '',
    ...more,
  });
}

export function wishFor(index = 0): Wish {
  const release = releases[index];
  if (release === undefined) throw new Error(`there is no release ${index}`);
  return {
    ...place,
    release: {
      id: releaseIdSchema.parse(release.ref.slice('shop:'.length)),
      version: '1.4.0 "quoted"',
      commit: 'c0ffee',
      image: 'shop',
      ...release,
    },
    envKeys: ['GREETING'],
    envFingerprint: 'e1',
    envFiles: ['.env.prod'],
    health: { interval: 500, deadline: 60_000 },
  };
}

/** Every output of a deploy, until a step does not end well. */
export async function deploy<Config>(
  target: Target<Config>,
  written: unknown,
  io: Io,
  wish = wishFor(),
): Promise<readonly StepOutput[]> {
  const outputs: StepOutput[] = [];
  for (const step of target.plan(wish, { kind: 'empty', at: 1 }, target.config.parse(written))) {
    for await (const output of target.apply(step, io)) outputs.push(output);
    const end = outputs.at(-1);
    if (end?.kind !== 'end' || end.outcome !== 'succeeded') break;
  }
  return outputs;
}

export async function resume<Config>(
  target: Target<Config>,
  written: unknown,
  io: Io,
  handle?: string,
): Promise<StepOutput | undefined> {
  const [step] = target.plan(wishFor(), { kind: 'empty', at: 1 }, target.config.parse(written));
  if (step === undefined || target.resume === undefined) throw new Error('nothing to resume');
  const begun = { step, startedAt: 0, ...(handle === undefined ? {} : { handle }) };
  let last: StepOutput | undefined;
  for await (const output of target.resume(begun, io)) last = output;
  return last;
}
