import { assertNever } from './errors.ts';
import type { RunOutcome } from './outcome.ts';
import type { RunSummary } from './run.ts';

/** What is said to someone who is not looking at Gantry when a run ends. */
export type RunNotice = {
  readonly title: string;
  readonly body: string;
  /** Nothing more happens by itself: a person has to look. */
  readonly needsSomeone: boolean;
};

/** Undefined where there is nothing to say: the run goes on, or a person ended it and knows. */
export function runNotice(run: RunSummary, workspaceName: string): RunNotice | undefined {
  if (run.state === 'running' || run.state === 'cancelled') return undefined;
  return {
    title: `${capital(subject(run))} ${ending(run.state)}`,
    body: `${workspaceName}: ${run.summary}`,
    needsSomeone: run.state !== 'succeeded',
  };
}

/** `promotion of r-8f21c0 to prod` */
export function subject(run: Pick<RunSummary, 'kind' | 'release' | 'environment'>): string {
  const what = run.release === undefined ? '' : ` of ${run.release}`;
  switch (run.kind) {
    case 'build':
      return `build${what}`;
    case 'adopt':
      return `adoption${what}`;
    case 'push':
      return `push${what}`;
    case 'tag':
      return `naming${what}`;
    case 'prune':
      return 'removal of old images';
    case 'deploy':
      return `deploy${what} to ${run.environment}`;
    case 'promote':
      return `promotion${what} to ${run.environment}`;
    case 'rollback':
      return `rollback of ${run.environment}${run.release === undefined ? '' : ` to ${run.release}`}`;
    default:
      return assertNever(run.kind);
  }
}

function ending(outcome: Exclude<RunOutcome, 'cancelled'>): string {
  switch (outcome) {
    case 'succeeded':
      return 'succeeded';
    case 'failed':
      return 'failed';
    case 'errored':
      return 'ended without an answer';
    case 'rolled-back':
      return 'failed and was rolled back';
    case 'unverified':
      return 'was triggered, but cannot be observed';
    case 'interrupted':
      return 'was interrupted';
    default:
      return assertNever(outcome);
  }
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
