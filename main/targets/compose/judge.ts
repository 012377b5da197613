import type { Container } from '#main/core/ports/engine.ts';
import { isDone, isOneShot, releaseOf, serviceOf } from './observe.ts';

/** What a look at the containers says about whether a deploy has come up. */
export type Judgement =
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly text: string }
  | { readonly kind: 'failed'; readonly why: string; readonly culprits: readonly Container[] };

export type JudgeInput = {
  readonly containers: readonly Container[];
  readonly release: string;
  /** How often each container had been restarted when it was first seen. */
  readonly restartsBefore: ReadonlyMap<string, number>;
  /** Containers without a health check of their own that have not run long enough yet to be believed. */
  readonly isSettling: (container: Container) => boolean;
};

/** Docker restarts after 100, 200, 400 ms: three in one wait is no accident. */
const maxRestarts = 3;

export function judge(input: JudgeInput): Judgement {
  const { containers, release } = input;
  const found = containers.map((container) => ({ container, verdict: judgeOne(container, input) }));
  const culprits = found.filter(({ verdict }) => verdict.kind === 'failed');
  if (culprits.length > 0) {
    return {
      kind: 'failed',
      why: culprits.map(({ verdict }) => verdict.text).join('; '),
      culprits: culprits.map(({ container }) => container),
    };
  }
  const waiting = found.filter(({ verdict }) => verdict.kind === 'waiting');
  if (waiting.length > 0)
    return { kind: 'waiting', text: waiting.map(({ verdict }) => verdict.text).join(', ') };
  const ofRelease = containers.filter((container) => releaseOf(container) === release);
  if (ofRelease.some((container) => container.running || isDone(container))) return { kind: 'ready' };
  return {
    kind: 'failed',
    why:
      ofRelease.length === 0
        ? 'nothing runs the release'
        : `${ofRelease.map((container) => `${serviceOf(container)} ended by itself (exit code 0)`).join('; ')}`,
    culprits: ofRelease,
  };
}

type Verdict = { readonly kind: 'ready' | 'waiting' | 'failed'; readonly text: string };

function judgeOne(container: Container, { restartsBefore, isSettling }: JudgeInput): Verdict {
  const service = serviceOf(container);
  const restarts = container.restartCount - (restartsBefore.get(container.id) ?? 0);
  if (restarts >= maxRestarts) {
    return { kind: 'failed', text: `${service} keeps restarting (exit code ${container.exitCode})` };
  }
  if (!container.running) {
    if (/^(created|restarting)/i.test(container.state))
      return { kind: 'waiting', text: `${service} ${word(container)}` };
    if (container.exitCode !== 0)
      return { kind: 'failed', text: `${service} exited with code ${container.exitCode}` };
    // One that did its work, such as a migration.
    return { kind: 'ready', text: service };
  }
  if (/^(restarting|paused)/i.test(container.state))
    return { kind: 'waiting', text: `${service} ${word(container)}` };
  if (isOneShot(container)) return { kind: 'waiting', text: `${service} at work` };
  switch (container.health) {
    case 'unhealthy':
      return { kind: 'failed', text: `${service} is unhealthy` };
    case 'starting':
      return { kind: 'waiting', text: `${service} starting` };
    default:
      return isSettling(container)
        ? { kind: 'waiting', text: `${service} started` }
        : { kind: 'ready', text: service };
  }
}

function word(container: Container): string {
  return container.state.toLowerCase();
}
