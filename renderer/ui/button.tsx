import type { MouseEvent, ReactNode, Ref } from 'react';
import { useId } from 'react';
import { cx } from './cx.ts';
import { Hint } from './hint.tsx';
import type { Icon } from './icons.tsx';
import { Kbd } from './kbd.tsx';

export type ButtonTone = 'solid' | 'plain' | 'quiet';

const base =
  'inline-flex flex-none items-center justify-center gap-1.5 h-7 rounded-control border text-12 font-medium whitespace-nowrap select-none transition-colors';

const tones: Record<ButtonTone, string> = {
  solid:
    'px-2.5 border-[var(--color-solid)] bg-solid text-on-solid hover:bg-[color-mix(in_srgb,var(--color-solid)_86%,var(--color-sheet))] [&_svg]:text-current',
  plain:
    'px-2.5 border-edge bg-sheet text-ink hover:bg-hover active:border-field [&_svg]:text-ink-2 aria-pressed:bg-hover aria-pressed:border-field',
  quiet:
    'px-2 border-transparent bg-transparent text-ink-2 hover:bg-hover [&_svg]:text-ink-2 aria-pressed:bg-hover aria-pressed:border-field aria-pressed:text-ink',
};

const refusedLook = 'px-2.5 cursor-not-allowed border-line bg-hover text-ink-3 [&_svg]:text-current';

/** The classes of a button, for the rare element that must look like one and is none (an anchor, a trigger). */
export function buttonClass(tone: ButtonTone, options: { refused?: boolean; square?: boolean } = {}): string {
  const look = options.refused ? refusedLook : tones[tone];
  return cx(base, options.square ? look.replace(/px-[\d.]+ /, 'w-7 ') : look);
}

export type ButtonProps = {
  readonly children: ReactNode;
  readonly tone?: ButtonTone | undefined;
  readonly icon?: Icon | undefined;
  /** Why it cannot be used now. Shown beside the button; the button stays focusable and does nothing. */
  readonly reason?: string | undefined;
  /** The reason is already visible elsewhere (its element's id), so it is not repeated beside the button. */
  readonly reasonId?: string | undefined;
  /** Refused without a sentence of its own: only while something obvious is under way. */
  readonly refused?: boolean | undefined;
  readonly pressed?: boolean | undefined;
  readonly kbd?: string | undefined;
  readonly type?: 'button' | 'submit' | undefined;
  readonly onClick?: ((event: MouseEvent<HTMLButtonElement>) => void) | undefined;
  readonly ref?: Ref<HTMLButtonElement> | undefined;
  readonly className?: string | undefined;
  readonly 'aria-label'?: string | undefined;
  readonly 'aria-haspopup'?: 'menu' | 'dialog' | 'listbox' | undefined;
  readonly 'data-start'?: 'blocker' | 'confirm' | undefined;
};

export function Button(props: ButtonProps) {
  const {
    children,
    tone = 'plain',
    icon: IconPart,
    reason,
    reasonId,
    pressed,
    kbd,
    onClick,
    className,
  } = props;
  const ownReasonId = useId();
  const refused = props.refused === true || reason !== undefined || reasonId !== undefined;
  const describedBy = reasonId ?? (reason === undefined ? undefined : ownReasonId);
  const button = (
    <button
      ref={props.ref}
      // A refused submit button must not submit its form either.
      type={refused ? 'button' : (props.type ?? 'button')}
      aria-disabled={refused || undefined}
      aria-describedby={describedBy}
      aria-pressed={pressed}
      aria-label={props['aria-label']}
      aria-haspopup={props['aria-haspopup']}
      data-start={props['data-start']}
      onClick={refused ? (event) => event.preventDefault() : onClick}
      className={cx(buttonClass(tone, { refused }), className)}
    >
      {IconPart && <IconPart size={14} aria-hidden="true" className="flex-none" />}
      {children}
      {kbd !== undefined && <Kbd onSolid={tone === 'solid' && !refused}>{kbd}</Kbd>}
    </button>
  );
  if (reason === undefined || reasonId !== undefined) return button;
  return (
    <span className="inline-flex min-w-0 items-center gap-2">
      {button}
      <span id={ownReasonId} className="min-w-0 text-11 text-ink-3">
        {reason}
      </span>
    </span>
  );
}

export type IconButtonProps = {
  /** Said to a screen reader and shown as a hint on hover and focus. */
  readonly label: string;
  readonly icon: Icon;
  readonly tone?: 'plain' | 'quiet' | undefined;
  readonly size?: 'control' | 'small' | undefined;
  readonly refused?: boolean | undefined;
  readonly onClick?: ((event: MouseEvent<HTMLButtonElement>) => void) | undefined;
  readonly ref?: Ref<HTMLButtonElement> | undefined;
  readonly className?: string | undefined;
};

export function IconButton(props: IconButtonProps) {
  const { label, icon: IconPart, tone = 'quiet', size = 'control', refused = false, className } = props;
  return (
    <Hint text={label}>
      <button
        ref={props.ref}
        type="button"
        aria-label={label}
        aria-disabled={refused || undefined}
        onClick={refused ? (event) => event.preventDefault() : props.onClick}
        className={cx(
          size === 'small'
            ? 'grid size-[18px] flex-none place-items-center rounded text-ink-2 hover:bg-hover aria-disabled:text-ink-3'
            : buttonClass(tone, { refused, square: true }),
          className,
        )}
      >
        <IconPart size={14} aria-hidden="true" />
      </button>
    </Hint>
  );
}

/** A navigation that looks like a button: an anchor, so that it can be opened and copied like one. */
export function ButtonLink(props: {
  readonly href: string;
  readonly children: ReactNode;
  readonly tone?: ButtonTone | undefined;
  readonly icon?: Icon | undefined;
  readonly onClick?: ((event: MouseEvent<HTMLAnchorElement>) => void) | undefined;
  readonly className?: string | undefined;
}) {
  const { href, children, tone = 'plain', icon: IconPart, onClick, className } = props;
  return (
    <a href={href} onClick={onClick} className={cx(buttonClass(tone), className)}>
      {IconPart && <IconPart size={14} aria-hidden="true" />}
      {children}
    </a>
  );
}

/** A main action with its lesser variants behind a caret: [Build][v]. The second child is a Menu with tone "caret". */
export function SplitButton({ children, label }: { readonly children: ReactNode; readonly label: string }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a form's meaning to two buttons
    <div
      role="group"
      aria-label={label}
      className="inline-flex [&>*:first-child]:rounded-r-none [&>*:last-child]:-ml-px [&>*:last-child]:rounded-l-none"
    >
      {children}
    </div>
  );
}
