import * as z from 'zod';
import type { Io, StepOutput, Target, TargetPlace, Wish } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { EnvironmentName } from '#shared/domain/ids.ts';
import { type Observed, partOf } from '#shared/domain/observed.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { type MemberConfig, rulesOf, type SeveralConfig, severalConfigSchema } from './config.ts';
import { together } from './seen.ts';

/** What a member planned, with which of them it is. */
const actionSchema = z.object({ several: z.string(), kind: z.string(), action: z.json() });

type Member = { readonly name: string; readonly target: Target; readonly config: MemberConfig };

/**
 * One release to several places of one environment, one after the other. Where one fails, the rest is not begun, and
 * those that had begun go back.
 */
export function createSeveralTarget(kinds: readonly Target[]): Target<SeveralConfig> {
  const ofKind = (kind: string): Target => {
    const found = kinds.find((target) => target.kind === kind);
    if (found === undefined) throw new Error(`there is no target ${kind}`);
    return found;
  };
  const membersOf = ({ targets }: SeveralConfig): readonly [Member, ...Member[]] => {
    const [first, ...others] = Object.entries(targets).map(([name, config]) => ({
      name,
      config,
      target: ofKind(config.kind),
    }));
    if (first === undefined) throw new Error('the settings refuse an empty list');
    return [first, ...others];
  };
  const firstOf = (config: SeveralConfig) => membersOf(config)[0];
  const inner = (step: PlannedStep) => {
    const { several: name, kind, action } = actionSchema.parse(step.action);
    return { name, target: ofKind(kind), step: { ...step, action } };
  };

  return {
    kind: 'several',
    summary:
      'Several targets that one environment is, such as a service in two regions: one after the other.',
    get config() {
      return severalConfigSchema(kinds);
    },
    needsImage: 'registry',
    compares: 'digest',
    imageRules(config) {
      const first = firstOf(config);
      return rulesOf(first.target, first.config);
    },
    repository(config) {
      const first = firstOf(config);
      return first.target.repository?.(first.config);
    },
    engine(config) {
      const first = firstOf(config);
      return first.target.engine?.(first.config);
    },
    parts: ({ targets }) => Object.keys(targets),
    async platform(config, io) {
      const platforms = membersOf(config).map((member) => member.target.platform?.(member.config, io));
      const [one, ...others] = new Set(await Promise.all(platforms));
      return others.length === 0 ? one : undefined;
    },
    describe(config, place) {
      const said = membersOf(config).map((member) => ({
        name: member.name,
        ...member.target.describe(member.config, placeOf(place, member)),
      }));
      return {
        label: said.map(({ name, label }) => `${name}: ${label}`).join(', '),
        detail: said.map(({ name, detail }) => `${name}: ${detail}`).join('; '),
      };
    },
    async check(config, place, io) {
      const found = membersOf(config).map((member) =>
        member.target.check(member.config, placeOf(place, member), io),
      );
      return (await Promise.all(found)).flat();
    },
    async cautions(config, place, io) {
      const said = membersOf(config).map(async ({ name, target, config: own }) =>
        ((await target.cautions?.(own, placeOf(place, { name }), io)) ?? []).map(
          (text) => `${name}: ${text}`,
        ),
      );
      return (await Promise.all(said)).flat();
    },
    async observe(config, place, io) {
      const seen = membersOf(config).map(
        async (member) =>
          [
            member.name,
            await seenOrWhy(member.target.observe(member.config, placeOf(place, member), io), io),
          ] as const,
      );
      return together(await Promise.all(seen));
    },
    plan: (wish, seen, config) =>
      membersOf(config).flatMap((member) =>
        member.target.plan(wishOf(wish, member), partOf(seen, member.name), member.config).map((step) => ({
          ...step,
          id: `${member.name}-${step.id}`,
          title: `${member.name}: ${step.title}`,
          action: { several: member.name, kind: member.config.kind, action: step.action },
          part: member.name,
        })),
      ),
    settingChanges: (wish, seen, config) =>
      membersOf(config).flatMap((member) =>
        member.target
          .settingChanges(wishOf(wish, member), partOf(seen, member.name), member.config)
          .map((change) => ({ ...change, path: `${member.name}/${change.path}` })),
      ),
    async signIn(config, address, io) {
      const headers = membersOf(config).map((member) => member.target.signIn?.(member.config, address, io));
      return Object.assign({}, ...(await Promise.all(headers)));
    },
    apply(planned, io) {
      const { target, step } = inner(planned);
      return target.apply(step, io);
    },
    resume(begun, io) {
      const { target, step } = inner(begun.step);
      return target.resume?.({ ...begun, step }, io) ?? unknownEnd();
    },
    async *settle(planned, io) {
      const { target, step, name } = inner(planned);
      if (target.settle === undefined) return { kind: 'nothing' };
      const settled = yield* target.settle(step, io);
      if (settled.kind === 'left') {
        const { error } = settled;
        return { ...settled, error: { ...error, message: `${name}: ${error.message}` } };
      }
      const did = settled.kind === 'nothing' ? undefined : settled.did;
      return did === undefined ? settled : { ...settled, did: `${name}: ${did}` };
    },
    async *lastWords(config, place, io) {
      for (const member of membersOf(config)) yield* lastWordsOf(member, place, io);
    },
  };
}

/** A member that cannot be asked, or does not answer while there is time, must not keep what the others run from being seen. */
async function seenOrWhy(seen: Promise<Observed>, { clock, signal }: Io): Promise<Observed> {
  const over = Promise.withResolvers<never>();
  const onAbort = () => over.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([seen, over.promise]);
  } catch (error) {
    const isLate = signal.aborted && signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
    if (!isLate && (signal.aborted || !(error instanceof GantryError))) throw error;
    const why = error instanceof GantryError ? error.message : 'it has not answered in time';
    return { kind: 'unreachable', at: clock.now(), why };
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Looking at what runs tells all there is to know of such a step. */
async function* unknownEnd(): AsyncGenerator<StepOutput> {
  yield { kind: 'end', outcome: 'errored', detail: 'Gantry stopped while this ran' };
}

async function* lastWordsOf(
  { name, target, config }: Member,
  place: TargetPlace,
  io: Io,
): AsyncGenerator<StepOutput> {
  const words = target.lastWords?.(config, placeOf(place, { name }), io);
  if (words === undefined) return;
  for await (const output of words) {
    yield output.kind === 'line' ? { ...output, source: `${name}/${output.source}` } : output;
  }
}

/** Names that are made of the environment's, such as a compose project's, are of one member only; it is no name that a person writes. */
function placeOf(place: TargetPlace, { name }: Pick<Member, 'name'>): TargetPlace {
  return { ...place, environment: `${place.environment}-${name}` as EnvironmentName };
}

function wishOf(wish: Wish, { name }: Pick<Member, 'name'>): Wish {
  return { ...wish, environment: `${wish.environment}-${name}` as EnvironmentName };
}
