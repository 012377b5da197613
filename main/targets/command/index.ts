import * as z from 'zod';
import type { BegunStep, Io, StepOutput, Target, Wish } from '#main/core/ports/target.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { wishedOf, wishedSchema } from '../wished/fields.ts';
import { observeLive, untilLive } from '../wished/live.ts';
import { cannotBeVerified, imageChanges, rulesFor } from '../wished/plan.ts';
import { askOf, askSchema, type CommandConfig, commandConfigSchema } from './config.ts';
import { askLive } from './observe.ts';
import { type RunAction, resumeProgram, runProgram, runSchema } from './run.ts';

const verifySchema = z.object({ kind: z.literal('verify'), wished: wishedSchema, observe: askSchema });
const actionSchema = z.discriminatedUnion('kind', [runSchema, verifySchema]);
type Step = Omit<PlannedStep, 'action'> & { readonly action: z.infer<typeof actionSchema> };

/** For one answer more than the deadline. */
const slackMs = 60_000;

/** Whatever a program on this machine deploys. */
export const commandTarget: Target<CommandConfig> = {
  kind: 'command',
  summary: 'Anything that a program on this machine deploys; followed where another one tells what is live.',
  get config() {
    return commandConfigSchema;
  },
  ...rulesFor('a registry'),
  imageRules: ({ repository }) => rulesFor(repository),
  repository: ({ repository }) => repository,
  describe: ({ run }) => ({ label: `command ${run[0]}`, detail: run.join(' ') }),
  check: async () => [],
  async observe({ observe, repository, folder }, place, io) {
    if (observe === undefined) {
      return { kind: 'unobservable', at: io.clock.now(), why: 'its target has no observe to ask' };
    }
    return observeLive((one) => askLive(askOf(observe, folder), place, one), repository, io);
  },
  plan: (wish, _seen, config) => planSteps(wish, config),
  settingChanges: (wish, seen, { repository }) => imageChanges(wish, seen, repository),
  apply,
  resume,
};

function planSteps(wish: Wish, config: CommandConfig): readonly Step[] {
  const { run, env, folder, exitCodes, timeout, idempotent, repository } = config;
  const wished = wishedOf(wish, repository);
  const observe = config.observe === undefined ? undefined : askOf(config.observe, folder);
  const asking = observe === undefined ? {} : { observe };
  const action: RunAction = { kind: 'run', wished, run, env, folder, exitCodes, ...asking };
  const what = `${run.join(' ')} for ${wish.release.id}`;
  const program: Step = {
    id: 'run',
    title: 'Run command',
    detail: observe === undefined ? `${what}; ${cannotBeVerified}` : what,
    action,
    repeatable: idempotent,
    changes: true,
    timeoutMs: timeout,
  };
  if (observe === undefined) return [program];
  const verify: Step = {
    id: 'verify',
    title: 'Verify what is live',
    detail: `${observe.run.join(' ')} says that ${wish.release.id} is live`,
    action: { kind: 'verify', wished, observe },
    repeatable: true,
    changes: false,
    timeoutMs: observe.deadlineMs + slackMs,
  };
  return [program, verify];
}

function apply(step: PlannedStep, io: Io): AsyncIterable<StepOutput> {
  const action = actionSchema.parse(step.action);
  if (action.kind === 'run') return runProgram(action, io);
  const { wished, observe } = action;
  return untilLive(wished, (one) => askLive(observe, wished, one), observe, io);
}

function resume(begun: BegunStep, io: Io): AsyncIterable<StepOutput> {
  const action = actionSchema.parse(begun.step.action);
  return action.kind === 'run' ? resumeProgram(action, begun, io) : apply(begun.step, io);
}
