import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { cx } from './cx.ts';

/** Bones show only when waiting is long enough to be noticed. */
const PATIENCE_MS = 400;

/** True once `waiting` has lasted longer than `ms`. */
export function useDelayed(waiting: boolean, ms = PATIENCE_MS): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!waiting) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [waiting, ms]);
  return waiting && late;
}

/** One bone with the geometry of what will stand there. `width` is any CSS width. */
export function Bone(props: {
  readonly width: string;
  readonly height?: number | undefined;
  readonly className?: string | undefined;
}) {
  return (
    <span
      className={cx('mt-[5px] mb-2 block animate-breathe rounded-tag bg-line', props.className)}
      style={{ width: props.width, height: props.height ?? 10 }}
    />
  );
}

/** Nothing for 400 ms, then the bones; the space is kept from the start. */
export function Bones(props: {
  readonly label: string;
  readonly lines?: readonly string[] | undefined;
  readonly children?: ReactNode;
  readonly className?: string | undefined;
}) {
  const late = useDelayed(true);
  return (
    <div role="status" aria-label={props.label} className={cx(!late && 'invisible', props.className)}>
      {props.children ??
        (props.lines ?? ['48%', '72%', '60%']).map((width) => <Bone key={width} width={width} />)}
    </div>
  );
}
