import type { ReactNode } from 'react';

/** One of the parts of a run's preview. */
export function PreviewSection(props: {
  readonly title: string;
  readonly count?: number | string | undefined;
  readonly end?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section aria-label={props.title} className="border-b border-line px-5 pb-3 last:border-b-0">
      <div className="flex items-center gap-2 pt-3 pb-1">
        <h3 className="text-12 font-semibold">
          {props.title}
          {props.count !== undefined && <span className="ml-2 font-normal text-ink-3">{props.count}</span>}
        </h3>
        {props.end}
      </div>
      {props.children}
    </section>
  );
}
