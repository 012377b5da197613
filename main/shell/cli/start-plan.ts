import { GantryError } from '#shared/domain/errors.ts';
import { type Plan, type PlanVerdict, verdictOf } from '#shared/domain/plan.ts';
import type { WorkspaceView } from '#shared/domain/workspace.ts';
import { toGantryError } from '../client-error.ts';
import type { GantryClient } from '../gantry-client.ts';
import type { CommandContext } from './command-context.ts';
import { type ConfirmOptions, confirmPlan } from './confirm.ts';
import { type ExitCode, exitCodes, refusalOf } from './exit-codes.ts';
import { resolveRelease } from './release-argument.ts';
import { planText } from './text/plan-text.ts';
import { trustedWorkspace } from './trust.ts';
import { untilFree } from './until-free.ts';
import { watchRun } from './watch-run.ts';

export type RequestOptions = { readonly from?: string; readonly release?: string };
export type StartOptions = RequestOptions &
  ConfirmOptions & {
    readonly note?: string;
    readonly plan?: string;
    readonly follow?: boolean;
    readonly wait?: boolean;
  };
export type PlanKind = Plan['request']['kind'];

/** Shows the plan, asks, starts it and follows the run: deploy, promote and rollback alike. */
export async function startPlan(
  context: CommandContext,
  kind: PlanKind,
  to: string,
  options: StartOptions,
): Promise<ExitCode> {
  requireHash(options.plan, `gantry plan ${kind} ${to}`);
  const client = await context.session.client();
  const workspace = await trustedWorkspace(context);
  const request = await planRequest(client, workspace, kind, to, options);
  const chosen = { options, request, workspaceId: workspace.id };
  if (options.wait !== true) return planAndStart(context, client, chosen);
  for (;;) {
    // Before planning: what is waited for changes what there is to plan.
    await untilFree(context, client, workspace.id, to);
    try {
      return await planAndStart(context, client, chosen);
    } catch (error) {
      // Another that waited was quicker.
      if (toGantryError(error).code !== 'environment-busy') throw error;
    }
  }
}

function requireHash(given: string | undefined, command: string): void {
  if (given === undefined || /^[0-9a-f]{64}$/.test(given)) return;
  throw new GantryError(
    'usage',
    `${given} is no plan’s hash: that has 64 digits from 0 to f.`,
    `${command} prints the plan with its hash; copy all of it.`,
  );
}

async function planAndStart(
  context: CommandContext,
  client: GantryClient,
  {
    options,
    request,
    workspaceId,
  }: {
    readonly options: StartOptions;
    readonly request: Agreement['request'];
    readonly workspaceId: string;
  },
): Promise<ExitCode> {
  const known = knownAgreement(context, request, options);
  const agreed = known ?? (await agree(context, await client.plan(request), options));
  if (agreed === undefined) {
    context.terminal.err('Nothing was changed.\n');
    return exitCodes.cancelled;
  }
  const requestId = context.world.randomId();
  return watchRun(
    context,
    client,
    {
      workspaceId,
      start: () =>
        client.runs.start({
          request: agreed.request,
          planHash: agreed.hash,
          requestId,
          ...(agreed.text === undefined ? {} : { confirmation: agreed.text }),
          ...(options.note === undefined ? {} : { note: options.note }),
        }),
    },
    { follow: options.follow === true },
  );
}

type Agreement = {
  /** `null` where no plan was looked at. */
  readonly hash: string | null;
  readonly request: Parameters<GantryClient['plan']>[0];
  readonly text?: string;
};

/** To a plan that was read before, or to whatever it is: asked for as JSON, none is shown. */
function knownAgreement(
  { json }: CommandContext,
  request: Agreement['request'],
  { plan, confirm, yes }: StartOptions,
): Agreement | undefined {
  const isUnseen = json && (yes === true || confirm !== undefined);
  if (plan === undefined && !isUnseen) return undefined;
  return { hash: plan ?? null, request, ...(confirm === undefined ? {} : { text: confirm }) };
}

async function agree(
  context: CommandContext,
  plan: Plan,
  options: ConfirmOptions,
): Promise<Agreement | undefined> {
  if (!context.json) context.terminal.out(planText(plan, context.terminal.style));
  refuseUnready(plan);
  const confirmation = await confirmPlan(context, plan, options);
  if (confirmation.kind === 'declined') return undefined;
  const { text } = confirmation;
  // The plan's own request names its release, so that a release made meanwhile changes nothing.
  return { hash: plan.hash, request: plan.request, ...(text === undefined ? {} : { text }) };
}

export type PlanSubject = {
  readonly kind: PlanKind;
  readonly environment: string;
  readonly release?: string;
};

const kinds: Readonly<Record<string, PlanKind>> = {
  deploy: 'deploy',
  promote: 'promote',
  rollback: 'rollback',
};

/**
 * `rollback prod`, or `prod` alone: releases are deployed to the first environment and promoted to the others. A release
 * may follow either.
 */
export function planSubject(
  [first, second, third]: readonly [string, string | undefined, string | undefined],
  environments: readonly string[],
): PlanSubject {
  const kind = second === undefined ? undefined : kinds[first];
  if (second !== undefined && kind !== undefined) return subject(kind, second, third);
  if (second === undefined || (third === undefined && environments.includes(first))) {
    return subject(first === environments[0] ? 'deploy' : 'promote', first, second);
  }
  throw new GantryError(
    'usage',
    `There is no plan of the kind ${first}.`,
    `Plan one of ${Object.keys(kinds).join(', ')}, such as: gantry plan rollback ${second}`,
  );
}

function subject(kind: PlanKind, environment: string, release: string | undefined): PlanSubject {
  return { kind, environment, ...(release === undefined ? {} : { release }) };
}

export async function planRequest(
  client: GantryClient,
  workspace: WorkspaceView,
  kind: PlanKind,
  to: string,
  { from, release }: RequestOptions,
): Promise<Agreement['request']> {
  const resolved = release === undefined ? undefined : await resolveRelease(client, workspace, release);
  return {
    workspaceId: workspace.id,
    kind,
    to,
    ...(from === undefined ? {} : { from }),
    ...(resolved === undefined ? {} : { release: resolved }),
  };
}

function refuseUnready(plan: Plan): void {
  const verdict = verdictOf(plan);
  const code = refusalOf(verdict);
  if (code === undefined) return;
  const hint =
    code === 'environment-held'
      ? `Look at what happened; to let releases in again: gantry lift ${plan.environment}`
      : refusalHints[verdict.kind];
  throw new GantryError(code, reasons(verdict).join('; '), hint);
}

function reasons(verdict: PlanVerdict): string[] {
  if (verdict.kind === 'ready') return [];
  return verdict.kind === 'blocked'
    ? verdict.warnings.map(({ what, detail }) => [what, detail].filter((part) => part !== '').join(': '))
    : verdict.gates.map(({ title, detail }) => `${title}: ${detail}`);
}

const refusalHints: Readonly<Record<PlanVerdict['kind'], string>> = {
  ready: '',
  blocked: 'Mend what is marked ✗ in the plan and plan again.',
  gated: 'Open the gate that is marked in the plan, or wait for it, and plan again.',
};
