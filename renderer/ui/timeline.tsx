import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import { seconds } from './format.ts';
import type { TimelineStep } from './timeline-scale.ts';
import { foldCached, tickSeconds, ticks } from './timeline-scale.ts';

const grid =
  'grid grid-cols-[280px_minmax(0,1fr)_60px] items-center max-wide:grid-cols-[150px_minmax(0,1fr)_48px]';

/** The steps of a build as bars over one axis. Amounts, not states: only a failed step is red. */
export function Timeline(props: {
  readonly steps: readonly TimelineStep[];
  readonly totalMs: number;
  readonly onPick?: ((id: string) => void) | undefined;
}) {
  const total = Math.max(props.totalMs, 1);
  const lines = {
    backgroundImage: 'linear-gradient(90deg, var(--color-line) 1px, transparent 1px)',
    backgroundSize: `${((tickSeconds(total) * 1000) / total) * 100}% 100%`,
  };
  return (
    <div className="px-5 max-wide:px-4">
      <div aria-hidden="true" className={cx(grid, 'h-[18px] text-11 text-ink-3')}>
        <span />
        <div className="relative h-full overflow-hidden" style={lines}>
          {ticks(total).map((at, index, all) => (
            <i
              key={at}
              className="absolute pl-1 leading-4 whitespace-nowrap not-italic"
              style={{ left: `${((at * 1000) / total) * 100}%` }}
            >
              {at}
              {(index === 0 || index === all.length - 1) && ' s'}
            </i>
          ))}
        </div>
      </div>
      <ul className="text-12">
        {foldCached(props.steps).map((step) => (
          <li key={step.id} className={cx(grid, 'h-5')}>
            <Name step={step} onPick={props.onPick} />
            <div aria-hidden="true" className="relative h-full" style={lines}>
              <i
                className={cx('absolute top-[5px] h-2.5 rounded-[2px]', bars[step.kind])}
                style={place(step, total)}
              />
            </div>
            <Took step={step} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A failed bar is red, so the word stands beside it; its time is on hover. */
function Took({ step }: { readonly step: TimelineStep }) {
  const took = seconds(step.to - step.from);
  const look = 'text-right whitespace-nowrap';
  switch (step.kind) {
    case 'cached':
      return <span className={cx(look, 'text-ink-3')}>cached</span>;
    case 'failed':
      return (
        <span title={`after ${took}`} className={cx(look, 'font-medium text-bad')}>
          failed
        </span>
      );
    case 'running':
      return (
        <span className={cx(look, 'text-accent')}>
          {took}
          <span className="sr-only">, running</span>
        </span>
      );
    case 'critical':
      return (
        <span className={cx(look, 'text-ink-2')}>
          {took}
          <span className="sr-only">, critical path</span>
        </span>
      );
    case 'ran':
      return <span className={cx(look, 'text-ink-2')}>{took}</span>;
  }
}

const bars: Record<TimelineStep['kind'], string> = {
  critical: 'bg-bar-1',
  ran: 'bg-bar-2',
  running: 'bg-accent',
  failed: 'bg-bad',
  cached: 'inset-ring inset-ring-bar-2',
};

function place(step: TimelineStep, total: number): { readonly left: string; readonly width: string } {
  const share = (ms: number): number => (Math.min(Math.max(ms, 0), total) / total) * 100;
  const width = Math.max(0, share(step.to) - share(step.from));
  return { left: `${share(step.from)}%`, width: `max(3px, ${width}%)` };
}

function Name(props: { readonly step: TimelineStep; readonly onPick: ((id: string) => void) | undefined }) {
  const { step, onPick } = props;
  const inside: ReactNode = (
    <>
      <span className="inline-block w-16 text-ink-3 max-wide:mr-1.5 max-wide:w-auto">{step.group}</span>
      {step.name}
    </>
  );
  const look = cx(
    'truncate pr-2 text-left',
    step.kind === 'critical' && 'font-medium',
    step.kind === 'cached' ? 'text-ink-3' : 'text-ink',
  );
  if (!onPick) {
    return (
      <span title={step.name} className={look}>
        {inside}
      </span>
    );
  }
  return (
    <button
      type="button"
      title={step.name}
      onClick={() => onPick(step.id)}
      className={cx(look, 'focus-inset')}
    >
      {inside}
    </button>
  );
}

/** What the three kinds of bar mean; stands at the right of the timeline's PaneHead. */
export function TimelineLegend() {
  return (
    <span className="flex gap-4">
      {(
        [
          ['critical path', bars.critical],
          ['ran', bars.ran],
          ['cached', bars.cached],
        ] as const
      ).map(([word, bar]) => (
        <span key={word} className="inline-flex items-center gap-1.5">
          <i className={cx('h-2 w-3.5 rounded-[1px]', bar)} />
          {word}
        </span>
      ))}
    </span>
  );
}
