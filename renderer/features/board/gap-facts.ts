import type { Board, BoardEnvironment, Gap } from '#shared/domain/board.ts';
import { type RunSummary, stepPlace } from '#shared/domain/run.ts';
import { leasedTo } from '../../stores/lease-holder.ts';
import type { Circumstances } from '../../stores/refusals.ts';
import { refusePromotion } from '../../stores/refusals.ts';
import { count, signedBytes } from '../../ui/format.ts';
import type { RailState } from '../../ui/rail.tsx';

/** One row of a gap: what differs, in words. `quiet`: nothing does, so there is nothing to open. */
export type GapFact = {
  readonly text: string;
  /** The same, where the gap is 96 wide. */
  readonly narrow?: string;
  readonly more?: string;
  readonly tone: 'quiet' | 'plain' | 'bad';
};

const quiet = (text: string): GapFact => ({ text, tone: 'quiet' });

/** The two environments and what the core says lies between them. */
export type Between = {
  readonly left: BoardEnvironment;
  readonly right: BoardEnvironment;
  readonly gap: Gap;
};

export function releaseFact({ gap, right }: Between): GapFact | undefined {
  const { relation, releasesAhead = 0 } = gap;
  switch (relation) {
    case 'nothing':
      return undefined;
    case 'in-sync':
      return quiet('same release');
    case 'ahead':
    case 'behind': {
      if (right.release === undefined) return { text: 'first release', tone: 'plain' };
      const text = releasesAhead === 0 ? 'another release' : count(releasesAhead, 'release');
      return { text, more: relation, tone: 'plain' };
    }
  }
}

export function commitFact({ gap, left, right }: Between): GapFact | undefined {
  const { commits } = gap;
  if (left.release === undefined || right.release === undefined) return undefined;
  if (commits.kind === 'unknown') return quiet('not known');
  if (commits.direction === 'same') return quiet('same commit');
  const authors = new Set(commits.commits.map((commit) => commit.author)).size;
  const more = commits.direction === 'diverged' ? 'diverged' : count(authors, 'author');
  return { text: count(commits.commits.length, 'commit'), more, tone: 'plain' };
}

/** What the left's image has more than the right's: what a promotion would bring. */
export function imageFact({ gap, left, right }: Between): GapFact | undefined {
  if (left.release === undefined || right.release === undefined) return undefined;
  if (left.release.imageId === right.release.imageId || gap.image?.same) return quiet('same image');
  return { text: signedBytes(left.release.size - right.release.size), tone: 'plain' };
}

/** The key that blocks first; then what one side has and the other has not; values that differ are the usual case. */
export function envFact({ gap, left, right }: Between): GapFact {
  if (left.envKeyCount === undefined || right.envKeyCount === undefined) return quiet('not known');
  const of = (kind: Gap['env'][number]['kind']) => gap.env.filter((change) => change.kind === kind).length;
  const missing = of('missing');
  if (missing > 0) {
    return { text: `${count(missing, 'key')} missing`, narrow: `${missing} missing`, tone: 'bad' };
  }
  const fewer = of('removed');
  const extra = of('added');
  if (fewer > 0 && extra > 0) {
    return { text: `${fewer} fewer, ${extra} extra`, narrow: `\u2212${fewer}, +${extra}`, tone: 'plain' };
  }
  if (fewer > 0) return { text: `${count(fewer, 'key')} fewer`, narrow: `${fewer} fewer`, tone: 'plain' };
  if (extra > 0) return { text: `${count(extra, 'key')} extra`, narrow: `${extra} extra`, tone: 'plain' };
  const changed = of('changed');
  if (changed === 0) return quiet('no change');
  const differ = changed === 1 ? 'differs' : 'differ';
  return { text: `${count(changed, 'value')} ${differ}`, narrow: `${changed} ${differ}`, tone: 'plain' };
}

/** Settings are compared as the targets run them: where one runs nothing or does not answer there is no difference to count. */
export function targetFact({ gap, left, right }: Between): GapFact | undefined {
  if (left.observed.kind === 'empty' || right.observed.kind === 'empty') return undefined;
  if (left.observed.kind !== 'running' || right.observed.kind !== 'running') return quiet('not known');
  if (gap.target.length === 0) return quiet('no change');
  return { text: count(gap.target.length, 'setting'), tone: 'plain' };
}

/** The promotion that travels through this gap. */
export function flightThrough(gap: Gap, runs: Iterable<RunSummary>): RunSummary | undefined {
  for (const run of runs) {
    if (
      run.state === 'running' &&
      run.kind === 'promote' &&
      run.environment === gap.right &&
      run.from === gap.left
    ) {
      return run;
    }
  }
  return undefined;
}

export function railOf(gap: Gap, flight: RunSummary | undefined): RailState | undefined {
  if (flight !== undefined) {
    const { at, total } = stepPlace(flight);
    return {
      kind: 'in-flight',
      at: Math.min(1, (flight.stepsDone + 0.5) / total),
      label: `Promotion in flight, step ${at} of ${total}`,
    };
  }
  if (gap.relation === 'nothing') return undefined;
  if (gap.relation === 'ahead' && gap.blocked.length > 0) return { kind: 'blocked' };
  return { kind: gap.relation };
}

/**
 * Where the one solid button of the board stands: the promotion furthest forward that nothing blocks, else the
 * furthest that a person could unblock; else the first environment, while the newest release is not there. What would
 * have to wait for a run is never the one.
 */
export type Primary =
  | { readonly kind: 'promote'; readonly gap: number }
  | { readonly kind: 'deploy' | 'build-and-deploy' }
  | { readonly kind: 'none' };

export function primaryOf(board: Board, around: Circumstances): Primary {
  const [first] = board.environments;
  if (board.newestRelease === undefined) return { kind: 'build-and-deploy' };
  const possible = board.gaps.flatMap((gap, index) => {
    const right = board.environments[index + 1];
    const isOpen =
      gap.relation === 'ahead' &&
      right !== undefined &&
      leasedTo(right) === undefined &&
      refusePromotion(gap, right, around) === undefined;
    return isOpen ? [{ index, blocked: gap.blocked.length > 0 }] : [];
  });
  const best = possible.findLast((each) => !each.blocked) ?? possible.at(-1);
  if (best !== undefined) return { kind: 'promote', gap: best.index };
  const isBusy = first !== undefined && leasedTo(first) !== undefined;
  return isBusy || first?.state?.release === board.newestRelease.id ? { kind: 'none' } : { kind: 'deploy' };
}
