import { cx } from './cx.ts';

export type TrackStep = 'done' | 'now' | 'todo' | 'failed' | 'errored' | 'skipped';

const fills: Record<TrackStep, string> = {
  done: 'bg-accent',
  now: 'bg-edge before:absolute before:inset-y-0 before:left-0 before:w-[34%] before:rounded-[2px] before:bg-accent',
  todo: 'bg-edge',
  failed: 'bg-bad',
  errored: 'bg-warn',
  skipped: 'bg-edge',
};

/** One segment per step, 4 px high. The text beside it must say the same: "Step 3 of 5". */
export function StepTrack(props: {
  readonly steps: readonly TrackStep[];
  /** Said aloud instead of "Step 3 of 5". */
  readonly label?: string | undefined;
  readonly className?: string | undefined;
}) {
  const { steps } = props;
  const passed = steps.filter((step) => step === 'done' || step === 'skipped').length;
  const at = Math.min(steps.length, passed + 1);
  return (
    <div
      role="progressbar"
      aria-label="Steps"
      aria-valuemin={0}
      aria-valuemax={steps.length}
      aria-valuenow={passed}
      aria-valuetext={props.label ?? `Step ${at} of ${steps.length}`}
      className={cx('my-1 flex h-1 gap-[3px]', props.className)}
    >
      {steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
        <i key={index} className={cx('relative flex-1 overflow-hidden rounded-[2px]', fills[step])} />
      ))}
    </div>
  );
}

/** The track of a run at step `at` (from 1) of `total`. */
export function trackAt(at: number, total: number): readonly TrackStep[] {
  return Array.from({ length: total }, (_, index) =>
    index < at - 1 ? 'done' : index === at - 1 ? 'now' : 'todo',
  );
}
