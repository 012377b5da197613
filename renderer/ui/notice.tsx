import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import { StatusWord } from './status-word.tsx';
import type { Status } from './status-words.ts';

/** What happened, what follows from it, what to do; the code for a search or a report at the right. */
export function ErrorNotice(props: {
  readonly what: ReactNode;
  readonly consequence?: ReactNode;
  /** Buttons: the way on first. */
  readonly action?: ReactNode;
  readonly code?: string | undefined;
  readonly state?: Status | undefined;
  readonly className?: string | undefined;
}) {
  return (
    <div role="alert" className={cx('grid gap-1 px-4 py-3 text-12/4.5', props.className)}>
      <p className="flex items-baseline gap-4">
        <StatusWord state={props.state ?? 'closed'} className="whitespace-normal">
          {props.what}
        </StatusWord>
        {props.action === undefined && <Code code={props.code} />}
      </p>
      {props.consequence !== undefined && <p className="text-ink-2">{props.consequence}</p>}
      {props.action !== undefined && (
        <div className="mt-1 flex flex-wrap items-center gap-1.5">
          {props.action}
          <Code code={props.code} />
        </div>
      )}
    </div>
  );
}

/** For a search or a report. */
function Code({ code }: { readonly code: string | undefined }) {
  return code === undefined ? null : <code className="ml-auto text-ink-3 select-all">{code}</code>;
}

/** One sentence, one next step, in place. */
export function EmptyNotice(props: {
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  readonly className?: string | undefined;
}) {
  return (
    <div className={cx('grid gap-1 px-4 py-3 text-12/4.5', props.className)}>
      <p className="font-semibold">{props.title}</p>
      {props.children !== undefined && <p className="text-ink-2">{props.children}</p>}
      {props.action !== undefined && <div className="mt-1 flex items-center gap-1.5">{props.action}</div>}
    </div>
  );
}
