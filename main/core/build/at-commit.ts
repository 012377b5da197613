import { resolve } from 'node:path';
import * as z from 'zod';
import { GantryError } from '#shared/domain/errors.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import type { Commit } from '#shared/domain/release.ts';
import type { RecordedEvent } from '#shared/domain/run-events.ts';
import type { Ports } from '../context.ts';
import { sha256 } from '../hash.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { RunStep } from '../run-step.ts';
import { commandsOf, trustHash } from '../trusted-commands.ts';

/** A build of another commit than the one that is checked out, in a folder of its own. */
export type CommitBuild = {
  /** The workspace as that commit has it: built and tested as it says there, for the environments of today. */
  readonly workspace: OpenWorkspace;
  /** Before everything else. */
  readonly step: RunStep;
  cleanUp(): Promise<void>;
};

const configFile = 'gantry.yml';
const stepId = 'check-out';
const checkOutMs = 15 * 60_000;

/** Looks the commit up and reads its description; makes nothing yet. Throws `usage` for what is no commit here. */
export async function buildAtCommit(
  ports: Ports,
  workspace: OpenWorkspace,
  revision: string,
  requestId: string,
): Promise<CommitBuild> {
  const { git } = ports;
  const { folder } = workspace;
  const commit = await git.commit(folder, revision);
  if (commit === undefined) {
    throw new GantryError(
      'usage',
      `There is no commit ${revision} in this repository.`,
      'Take one that git log shows; one that only a remote has must be fetched first.',
    );
  }
  const name = `c-${sha256(requestId).slice(0, 16)}`;
  const place = resolve(await git.checkouts.place(folder, name));
  const config = await configAt(ports, workspace, commit);
  return {
    workspace: { ...workspace, folder: place, config },
    step: checkOut(ports, folder, commit, name),
    cleanUp: () => git.checkouts.remove(folder, name),
  };
}

/** What is built and which tests it has to pass goes with the commit; where it may run is a matter of today. */
async function configAt(
  { git, workspaces }: Ports,
  { folder, config }: OpenWorkspace,
  { sha }: Commit,
): Promise<OpenWorkspace['config']> {
  const text = await git.fileAt(folder, sha, configFile);
  // It was built without one then, or not at all: today's is the best there is.
  if (text === undefined) return config;
  const then = await workspaces.loadText(folder, text);
  if (then.config !== undefined && then.problems.length === 0) {
    return { ...config, build: then.config.build, tests: then.config.tests };
  }
  throw new GantryError(
    'config-invalid',
    `The ${configFile} of commit ${sha.slice(0, 7)} cannot be worked with.`,
    'Build a commit whose description this Gantry understands.',
    { problems: then.problems },
  );
}

function checkOut({ git }: Ports, folder: string, { sha, subject }: Commit, name: string): RunStep {
  const planned: PlannedStep = {
    id: stepId,
    title: 'Check out',
    detail: `${sha.slice(0, 7)} ${subject}`,
    // Kept with the run: whoever closes it after a crash removes what is left.
    action: { checkout: name },
    repeatable: true,
    changes: false,
    timeoutMs: checkOutMs,
  };
  return {
    planned,
    async *apply() {
      await git.checkouts.add(folder, sha, name);
      yield { kind: 'end', outcome: 'succeeded', detail: `${sha.slice(0, 7)}, beside the work tree` };
    },
  };
}

/** For a workspace that is trusted as it is today. Throws `workspace-untrusted`, saying what of the commit is not. */
export function requireTrustAt(
  { ledger, clock }: Pick<Ports, 'ledger' | 'clock'>,
  today: OpenWorkspace,
  { workspace: { id, config } }: CommitBuild,
  { commit: revision, trusts }: { readonly commit: string; readonly trusts: boolean },
): void {
  const hash = trustHash(config);
  const known = new Set(commandsOf(today.config));
  const unknown = commandsOf(config).filter((command) => !known.has(command));
  if (unknown.length === 0 || ledger.workspaces.isTrusted(id, hash)) return;
  if (trusts) {
    ledger.workspaces.trust(id, hash, clock.now());
    return;
  }
  throw new GantryError(
    'workspace-untrusted',
    `At commit ${revision} this workspace runs what is not trusted: ${unknown.join('; ')}.`,
    `Read it there (git show ${revision}:${configFile}), then trust it: gantry build --commit ${revision} --trust`,
  );
}

const actionSchema = z.object({ checkout: z.string() });

/** Of a run whose process died: the checkout that it may have left. */
export function rememberedCheckout([requested]: readonly RecordedEvent[]): string | undefined {
  if (requested?.event.kind !== 'run-requested') return undefined;
  const step = requested.event.steps.find(({ id }) => id === stepId);
  return actionSchema.safeParse(step?.action).data?.checkout;
}
