import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { spanText } from '#shared/domain/duration.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { Observed } from '#shared/domain/observed.ts';
import { digestOf, type Wished } from './fields.ts';

/** What the other side said of what it runs: an empty text for nothing. Throws a GantryError where it does not answer. */
export type AskLive = (io: Io) => Promise<string>;

const digestPattern = /sha256:[0-9a-f]{64}/;
const releasePattern = /\br-[0-9a-f]{6,}\b/;

/** Where the answer is looked up: the repository that the release's names stand in, if the place reads one. */
export async function observeLive(ask: AskLive, repository: string | undefined, io: Io): Promise<Observed> {
  const at = io.clock.now();
  try {
    const said = (await ask(io)).trim();
    if (said === '') return { kind: 'empty', at };
    const release = releasePattern.exec(said)?.[0];
    const imageId = digestPattern.exec(said)?.[0] ?? (release && (await imageOf(release, repository, io)));
    if (imageId === undefined && release === undefined) {
      const why = 'what it said of itself holds neither a digest nor a release: its observe must give one';
      return { kind: 'unreachable', at, why };
    }
    return running(imageId ?? 'unknown', release, { repository, at });
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return { kind: 'unreachable', at, why: error.message };
  }
}

async function imageOf(release: string, repository: string | undefined, io: Io): Promise<string | undefined> {
  if (repository === undefined) return [...io.imageIds(release)][0];
  const { signal, insecureRegistries: insecure } = io;
  return (await io.registry.resolve(`${repository}:${release}`, { signal, insecure }))?.digest;
}

/** Its health is not what was asked for: the environment's own checks tell that. */
function running(
  imageId: string,
  release: string | undefined,
  { repository, at }: { readonly repository: string | undefined; readonly at: number },
): Observed {
  const imageRef = repository === undefined ? (release ?? imageId) : `${repository}@${imageId}`;
  // Without a label the core takes what runs on an engine for somebody else's.
  const label = release ?? (repository === undefined ? imageId : undefined);
  const service = { name: 'live', imageId, imageRef, health: 'unknown', state: 'as it says itself' } as const;
  return {
    kind: 'running',
    at,
    services: [{ ...service, ...(label === undefined ? {} : { releaseLabel: label }), ports: [] }],
    settings: {},
  };
}

export type Patience = { readonly pollMs: number; readonly deadlineMs: number };

/** Asks until the wished release is what serves, or time is up. */
export async function* untilLive(
  wished: Wished,
  ask: AskLive,
  { pollMs, deadlineMs }: Patience,
  io: Io,
): AsyncGenerator<StepOutput> {
  io.signal.throwIfAborted();
  const digest = await digestOf(wished, io);
  const startedAt = io.clock.monotonic();
  let last: string | undefined;
  for (;;) {
    const observed = await observeLive(ask, wished.remote?.repository, io);
    io.signal.throwIfAborted();
    const said = wordsOf(observed);
    if (said !== last) yield { kind: 'line', source: 'observe', level: 'out', text: said };
    last = said;
    if (isLive(observed, wished, digest, io)) {
      yield { kind: 'observed', observed };
      return yield { kind: 'end', outcome: 'succeeded', detail: `${wished.release} is live` };
    }
    const passed = io.clock.monotonic() - startedAt;
    if (passed >= deadlineMs) {
      yield { kind: 'observed', observed };
      return yield notLive(wished, observed, deadlineMs);
    }
    yield { kind: 'progress', text: `${said}, ${spanText(passed)}` };
    await io.clock.sleep(pollMs, io.signal);
  }
}

function isLive(observed: Observed, { remote, release }: Wished, digest: string, io: Io): boolean {
  const live = observed.kind === 'running' ? observed.services[0]?.imageId : undefined;
  if (live === undefined) return false;
  return live === digest || (remote === undefined && io.imageIds(release).has(live));
}

function wordsOf(observed: Observed): string {
  switch (observed.kind) {
    case 'running': {
      const service = observed.services[0];
      return `${service?.releaseLabel ?? service?.imageId ?? 'something'} is live`;
    }
    case 'empty':
      return 'nothing is live';
    case 'unreachable':
    case 'unobservable':
      return observed.why;
  }
}

function notLive({ release }: Wished, observed: Observed, deadlineMs: number): StepOutput {
  const within = `${release} was not live within ${spanText(deadlineMs)}`;
  const hint = 'Look at what it does there, or give it longer with target.observe.deadline in gantry.yml.';
  if (observed.kind === 'unreachable') {
    throw new GantryError(
      'target-unreachable',
      `It is not known whether ${release} is live: ${observed.why}`,
      hint,
    );
  }
  const detail = `${within}: ${wordsOf(observed)}`;
  const error = { code: 'target-refused', message: `${detail}.`, hint } as const;
  return { kind: 'end', outcome: 'failed', detail, error };
}
