import type { ComponentProps, MouseEvent, ReactNode } from 'react';
import { useId } from 'react';
import { cx } from './cx.ts';
import { Hint } from './hint.tsx';
import type { Icon } from './icons.tsx';
import { Kbd } from './kbd.tsx';

export type ButtonTone = 'solid' | 'plain' | 'quiet';

const base =
  'inline-flex flex-none items-center justify-center gap-1.5 h-7 rounded-control border text-12 font-medium whitespace-nowrap select-none transition-ground';

const tones: Record<ButtonTone, string> = {
  solid:
    'border-[var(--color-solid)] bg-solid text-on-solid hover:bg-[color-mix(in_srgb,var(--color-solid)_86%,var(--color-sheet))] [&_svg]:text-current',
  plain:
    'border-edge bg-sheet text-ink hover:bg-hover active:border-field [&_svg]:text-ink-2 aria-pressed:bg-hover aria-pressed:border-field',
  quiet:
    'border-transparent bg-transparent text-ink-2 hover:bg-hover [&_svg]:text-ink-2 aria-pressed:bg-hover aria-pressed:border-field aria-pressed:text-ink',
};

const refusedLook = 'cursor-not-allowed border-line bg-hover text-ink-3 [&_svg]:text-current';

type Shape = 'text' | 'square' | 'caret';

const widths: Record<Shape, string> = { text: '', square: 'w-7', caret: 'w-6' };

/** The classes of a button, for the rare element that must look like one and is none (an anchor, a trigger). */
export function buttonClass(
  tone: ButtonTone,
  options: { readonly refused?: boolean; readonly shape?: Shape } = {},
): string {
  const { refused = false, shape = 'text' } = options;
  const padding = tone === 'quiet' && !refused ? 'px-2' : 'px-2.5';
  return cx(base, shape === 'text' ? padding : widths[shape], refused ? refusedLook : tones[tone]);
}

type OwnProps = {
  readonly children: ReactNode;
  readonly tone?: ButtonTone | undefined;
  readonly icon?: Icon | undefined;
  /** The icon goes in a narrow window. */
  readonly iconWide?: boolean | undefined;
  /** Why it cannot be used now. Shown beside the button; the button stays focusable and does nothing. */
  readonly reason?: string | undefined;
  /** The reason is already visible elsewhere (its element's id), so it is not repeated beside the button. */
  readonly reasonId?: string | undefined;
  /** Refused without a sentence of its own: only while something obvious is under way. */
  readonly refused?: boolean | undefined;
  readonly pressed?: boolean | undefined;
  readonly kbd?: string | undefined;
  readonly 'data-start'?: 'blocker' | 'confirm' | undefined;
};

/** `disabled` is left out: a refused button keeps its place in the tab order. */
export type ButtonProps = OwnProps & Omit<ComponentProps<'button'>, keyof OwnProps | 'disabled'>;

/** What a refused button gets instead of its handlers: nothing opens, nothing is submitted. */
const inert = {
  onClick: (event: MouseEvent) => event.preventDefault(),
  onPointerDown: undefined,
  onKeyDown: undefined,
  type: 'button',
} as const;

export function Button(props: ButtonProps) {
  const { children, tone = 'plain', icon: IconPart, iconWide, reason, reasonId, ...more } = props;
  const { refused: stopped = false, pressed, kbd, className, ...rest } = more;
  const ownReasonId = useId();
  const refused = stopped || reason !== undefined || reasonId !== undefined;
  const button = (
    <button
      type="button"
      aria-describedby={reasonId ?? (reason === undefined ? undefined : ownReasonId)}
      aria-pressed={pressed}
      {...rest}
      {...(refused && inert)}
      aria-disabled={refused || undefined}
      className={cx(buttonClass(tone, { refused }), className)}
    >
      {IconPart && (
        <IconPart size={14} aria-hidden="true" className={cx('flex-none', iconWide && 'max-wide:hidden')} />
      )}
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

type OwnIconProps = {
  /** Said to a screen reader and shown as a hint on hover and focus. */
  readonly label: string;
  readonly icon: Icon;
  readonly tone?: 'plain' | 'quiet' | undefined;
  /** `small` is 18 px, for the inside of a field or a line. */
  readonly size?: 'control' | 'small' | undefined;
  readonly refused?: boolean | undefined;
};

export type IconButtonProps = OwnIconProps &
  Omit<ComponentProps<'button'>, keyof OwnIconProps | 'children' | 'disabled'>;

const smallLook =
  'grid size-[18px] flex-none place-items-center rounded-[4px] text-ink-2 hover:bg-hover aria-disabled:text-ink-3';

export function IconButton(props: IconButtonProps) {
  const {
    label,
    icon: IconPart,
    tone = 'quiet',
    size = 'control',
    refused = false,
    className,
    ...rest
  } = props;
  return (
    <Hint text={label}>
      <button
        type="button"
        {...rest}
        {...(refused && inert)}
        aria-label={label}
        aria-disabled={refused || undefined}
        className={cx(
          size === 'small' ? smallLook : buttonClass(tone, { refused, shape: 'square' }),
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
