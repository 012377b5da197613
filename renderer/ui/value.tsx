import type { MouseEvent, ReactNode } from 'react';
import { cx } from './cx.ts';

/** An underlined value: a click opens the difference it counts, or does the small thing it names. */
export function Value(props: {
  readonly children: ReactNode;
  readonly onClick: (event: MouseEvent<HTMLButtonElement>) => void;
  readonly muted?: boolean | undefined;
  readonly className?: string | undefined;
  /** The whole, where what stands here may be cut. */
  readonly title?: string | undefined;
  readonly 'aria-label'?: string | undefined;
  readonly 'data-start'?: 'blocker' | 'confirm' | undefined;
}) {
  return (
    <button
      type="button"
      onClick={props.onClick}
      title={props.title}
      aria-label={props['aria-label']}
      data-start={props['data-start']}
      className={cx(
        'underlined rounded-tag font-medium whitespace-nowrap',
        props.muted && 'text-ink-2',
        props.className,
      )}
    >
      {props.children}
    </button>
  );
}

/** The same look for a place one can go to. */
export function TextLink(props: {
  readonly children: ReactNode;
  readonly href: string;
  readonly onClick?: ((event: MouseEvent<HTMLAnchorElement>) => void) | undefined;
  readonly muted?: boolean | undefined;
  readonly className?: string | undefined;
}) {
  return (
    <a
      href={props.href}
      onClick={props.onClick}
      className={cx(
        'underlined rounded-tag font-medium whitespace-nowrap',
        props.muted && 'text-ink-2',
        props.className,
      )}
    >
      {props.children}
    </a>
  );
}
