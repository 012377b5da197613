import { clock, seconds } from './format.ts';

/** An answer, or several that follow each other. */
export type StripSample = {
  readonly at: number;
  readonly ok: boolean;
  readonly ms: number;
  readonly text: string;
  readonly count: number;
};

const wide = 1000;
const high = 28;
/** A failed answer stands as high as the strip, a good one never does: they differ without their colour. */
const highestGood = 20;
const leastBar = 3;
const widestBar = 8;

export type ProbeStripProps = {
  readonly label: string;
  readonly samples: readonly StripSample[];
  /** The time that the strip stands for; what is still to come is left empty. */
  readonly from: number;
  readonly to: number;
  /** The time that is drawn highest. */
  readonly slowestMs: number;
};

/** Answers over time as bars: their height is how long they took, a failed one is full and red. */
export function ProbeStrip({ label, samples, from, to, slowestMs }: ProbeStripProps) {
  const span = Math.max(1, to - from);
  const room = wide / Math.max(1, samples.length, typicalCount(samples, span));
  const width = Math.min(widestBar, Math.max(1.2, room * 0.7));
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${wide} ${high}`}
      preserveAspectRatio="none"
      className="block h-7 w-full"
    >
      <rect x={0} y={high - 1} width={wide} height={1} className="fill-line" />
      {samples.map((sample, index) => {
        const height = sample.ok ? barHeight(sample.ms, slowestMs) : high;
        const share = Math.min(1, Math.max(0, (sample.at - from) / span));
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: answers are only ever added, and thinned in place
            key={index}
            x={share * (wide - width)}
            y={high - height}
            width={width}
            height={height}
            className={sample.ok ? 'fill-bar-2' : 'fill-bad'}
          >
            <title>{sampleWords(sample)}</title>
          </rect>
        );
      })}
    </svg>
  );
}

/** How many there will be when the time is over, so that bars do not change their width while it runs. */
function typicalCount(samples: readonly StripSample[], span: number): number {
  const [first, second] = samples;
  return first === undefined || second === undefined ? 1 : span / Math.max(1, second.at - first.at);
}

/** By the root: one slow answer must not flatten the others. */
function barHeight(ms: number, slowestMs: number): number {
  return Math.max(leastBar, Math.sqrt(ms / Math.max(1, slowestMs)) * highestGood);
}

export function sampleWords({ at, ok, ms, text, count }: StripSample): string {
  const many = count === 1 ? '' : `${count} answers from `;
  return `${many}${clock(at)}: ${ok ? '' : 'failed, '}${text}, ${seconds(ms)}`;
}
