import type { ReactNode } from 'react';
import { createContext, use, useSyncExternalStore } from 'react';
import type { Clock } from './clock.ts';
import { createClock } from './clock.ts';
import type { Instant } from './format.ts';
import { elapsed, exact, relative, span, toMillis } from './format.ts';

const ClockContext = createContext<Clock>(createClock(Date.now));

export function ClockProvider({ clock, children }: { readonly clock: Clock; readonly children: ReactNode }) {
  return <ClockContext value={clock}>{children}</ClockContext>;
}

/** What `read` makes of the present; renders again only when that changes, not at every tick. */
export function useClock<T extends string | number | boolean>(read: (now: number) => T): T {
  const clock = use(ClockContext);
  return useSyncExternalStore(clock.subscribe, () => read(clock.now()));
}

/** "4 min ago"; exact on hover. `as="span"` leaves out the direction: "4 min". */
export function RelativeTime(props: {
  readonly at: Instant;
  readonly as?: 'ago' | 'span' | undefined;
  readonly className?: string | undefined;
}) {
  const { at, as = 'ago' } = props;
  const text = useClock((now) => (as === 'ago' ? relative(at, now) : span(now - toMillis(at))));
  const millis = toMillis(at);
  return (
    <time
      dateTime={Number.isNaN(millis) ? undefined : new Date(millis).toISOString()}
      title={exact(at)}
      className={props.className}
    >
      {text}
    </time>
  );
}

/** Running time: 0:41. With `to` it stands still. */
export function Elapsed(props: {
  readonly from: Instant;
  readonly to?: Instant | undefined;
  readonly className?: string | undefined;
}) {
  const { from, to } = props;
  const text = useClock((now) => elapsed((to === undefined ? now : toMillis(to)) - toMillis(from)));
  return <span className={`font-mono whitespace-nowrap ${props.className ?? ''}`}>{text}</span>;
}

/** Time left until a deadline: 1:19, and 0:00 once it has passed. */
export function Remaining({
  until,
  className,
}: {
  readonly until: Instant;
  readonly className?: string | undefined;
}) {
  const text = useClock((now) => elapsed(toMillis(until) - now));
  return <span className={`font-mono whitespace-nowrap ${className ?? ''}`}>{text}</span>;
}
