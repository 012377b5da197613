import type { ReactNode } from 'react';

/** One of the parts of what is inside images. */
export function Section(props: {
  readonly title: string;
  readonly end?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section aria-label={props.title} className="mt-4">
      <h3 className="flex items-baseline gap-2 pb-1 font-semibold">
        {props.title}
        {props.end !== undefined && <span className="font-normal text-ink-3">{props.end}</span>}
      </h3>
      {props.children}
    </section>
  );
}
