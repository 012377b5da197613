import type { ErrorCode } from '#shared/domain/errors.ts';
import type { RunOutcome } from '#shared/domain/outcome.ts';
import type { PlanVerdict } from '#shared/domain/plan.ts';

/** What scripts may rely on. A new meaning gets a new number; none is ever reused. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  gateClosed: 3,
  busy: 4,
  unreachable: 5,
  stale: 6,
  untrusted: 7,
  unverified: 8,
  /** As a shell reports a program that SIGINT ended. */
  cancelled: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const ofError: Readonly<Record<ErrorCode, ExitCode>> = {
  usage: exitCodes.usage,
  'config-invalid': exitCodes.usage,
  'workspace-missing': exitCodes.usage,
  'workspace-untrusted': exitCodes.untrusted,
  'environment-unknown': exitCodes.usage,
  'release-unknown': exitCodes.usage,
  'run-unknown': exitCodes.usage,
  'env-file-invalid': exitCodes.usage,
  'env-file-missing': exitCodes.usage,
  'secret-unresolved': exitCodes.usage,
  'confirmation-required': exitCodes.usage,
  'nothing-to-roll-back-to': exitCodes.usage,
  'image-gone': exitCodes.usage,
  'image-unfit': exitCodes.usage,
  'plan-stale': exitCodes.stale,
  // What blocks is a file that a person mends, such as a missing env key; a gate opens by itself or by someone else.
  'plan-blocked': exitCodes.usage,
  'gate-closed': exitCodes.gateClosed,
  'environment-held': exitCodes.gateClosed,
  'environment-busy': exitCodes.busy,
  'engine-unreachable': exitCodes.unreachable,
  'engine-refused': exitCodes.failed,
  'registry-unreachable': exitCodes.unreachable,
  'registry-refused': exitCodes.failed,
  'compose-missing': exitCodes.unreachable,
  'compose-invalid': exitCodes.usage,
  'target-unreachable': exitCodes.unreachable,
  'target-refused': exitCodes.failed,
  'git-failed': exitCodes.failed,
  'ledger-from-the-future': exitCodes.usage,
  'ledger-corrupt': exitCodes.failed,
  'ledger-read-only': exitCodes.usage,
  'ledger-busy': exitCodes.busy,
  internal: exitCodes.failed,
};

const ofOutcome: Readonly<Record<RunOutcome, ExitCode>> = {
  succeeded: exitCodes.done,
  failed: exitCodes.failed,
  errored: exitCodes.failed,
  cancelled: exitCodes.cancelled,
  'rolled-back': exitCodes.failed,
  unverified: exitCodes.unverified,
  interrupted: exitCodes.failed,
};

/** For what was refused, or went wrong outside a run. */
export function exitCodeOfError(code: ErrorCode): ExitCode {
  return ofError[code];
}

/** For a run that was started and has ended. */
export function exitCodeOfOutcome(outcome: RunOutcome): ExitCode {
  return ofOutcome[outcome];
}

/** Why a plan that is not ready would be refused; `undefined` for one that is. */
export function refusalOf(verdict: PlanVerdict): ErrorCode | undefined {
  switch (verdict.kind) {
    case 'ready':
      return undefined;
    case 'blocked':
      return 'plan-blocked';
    case 'gated':
      return verdict.gates.some((gate) => gate.id === 'hold') ? 'environment-held' : 'gate-closed';
  }
}
