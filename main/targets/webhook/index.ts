import * as z from 'zod';
import type { BegunStep, Io, StepOutput, Target, Wish } from '#main/core/ports/target.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { wishedOf, wishedSchema } from '../wished/fields.ts';
import { observeLive, untilLive } from '../wished/live.ts';
import { cannotBeVerified, imageChanges, rulesFor } from '../wished/plan.ts';
import { referencePattern } from '../wished/references.ts';
import { askOf, askSchema, type WebhookConfig, webhookConfigSchema } from './config.ts';
import { askLive } from './observe.ts';
import { resumeCall, type SendAction, sendCall, sendSchema } from './send.ts';

const verifySchema = z.object({ kind: z.literal('verify'), wished: wishedSchema, observe: askSchema });
const actionSchema = z.discriminatedUnion('kind', [sendSchema, verifySchema]);
type Step = Omit<PlannedStep, 'action'> & { readonly action: z.infer<typeof actionSchema> };

/** For asking the registry, and for one answer more than the deadline. */
const slackMs = 60_000;

/** Whatever deploys when an address is called. */
export const webhookTarget: Target<WebhookConfig> = {
  kind: 'webhook',
  summary: 'Anything that an HTTP call deploys; followed where another address tells what is live.',
  get config() {
    return webhookConfigSchema;
  },
  ...rulesFor('a registry'),
  imageRules: ({ repository }) => rulesFor(repository),
  repository: ({ repository }) => repository,
  describe({ url, method }) {
    const where = placeIn(url);
    return { label: `webhook ${where}`, detail: `${method} ${where}` };
  },
  check: async () => [],
  async observe({ observe, repository }, place, io) {
    if (observe === undefined) {
      return { kind: 'unobservable', at: io.clock.now(), why: 'its target has no observe to ask' };
    }
    return observeLive((one) => askLive(askOf(observe), place, one), repository, io);
  },
  plan: (wish, _seen, config) => planSteps(wish, config),
  settingChanges: (wish, seen, { repository }) => imageChanges(wish, seen, repository),
  apply,
  resume,
};

/** Paths and queries of hooks are often as good as a password. */
function placeIn(url: string): string {
  if (referencePattern.test(url)) return url;
  const { host = url } = URL.parse(url) ?? {};
  return host;
}

function planSteps(wish: Wish, config: WebhookConfig): readonly Step[] {
  const { url, method, headers, body, expect, timeout, idempotent, repository } = config;
  const wished = wishedOf(wish, repository);
  const observe = config.observe === undefined ? undefined : askOf(config.observe);
  const action: SendAction = {
    kind: 'send',
    wished,
    method,
    url,
    headers,
    ...(body === undefined ? {} : { body }),
    expect: {
      ...(expect.status === undefined ? {} : { status: expect.status }),
      ...(expect.match === undefined ? {} : { match: expect.match }),
    },
    timeoutMs: timeout,
    ...(observe === undefined ? {} : { observe }),
  };
  const call = `${method} ${placeIn(url)} for ${wish.release.id}`;
  const send: Step = {
    id: 'send',
    title: 'Call webhook',
    detail: observe === undefined ? `${call}; ${cannotBeVerified}` : call,
    action,
    repeatable: idempotent,
    changes: true,
    timeoutMs: timeout + slackMs,
  };
  if (observe === undefined) return [send];
  const verify: Step = {
    id: 'verify',
    title: 'Verify what is live',
    detail: `${placeIn(observe.url)} says that ${wish.release.id} is live`,
    action: { kind: 'verify', wished, observe },
    repeatable: true,
    changes: false,
    timeoutMs: observe.deadlineMs + slackMs,
  };
  return [send, verify];
}

function apply(step: PlannedStep, io: Io): AsyncIterable<StepOutput> {
  const action = actionSchema.parse(step.action);
  if (action.kind === 'send') return sendCall(action, io);
  const { wished, observe } = action;
  return untilLive(wished, (one) => askLive(observe, wished, one), observe, io);
}

function resume(begun: BegunStep, io: Io): AsyncIterable<StepOutput> {
  const action = actionSchema.parse(begun.step.action);
  return action.kind === 'send' ? resumeCall(action, begun, io) : apply(begun.step, io);
}
