import { ToggleGroup } from 'radix-ui';
import type { ReactNode, Ref } from 'react';
import { cx } from './cx.ts';
import { grouped } from './format.ts';
import { CloseIcon, DownIcon } from './icons.tsx';

export type Segment<Id extends string> = {
  readonly id: Id;
  readonly label: string;
  readonly count?: number | undefined;
  /** Left out in a narrow window. */
  readonly wideOnly?: boolean | undefined;
};

/** One of a few, always exactly one. Arrow keys move, Space and Enter choose. */
export function SegmentedControl<Id extends string>(props: {
  readonly label: string;
  readonly items: readonly Segment<Id>[];
  readonly value: Id;
  readonly onChange: (id: Id) => void;
  readonly className?: string | undefined;
}) {
  return (
    <ToggleGroup.Root
      type="single"
      value={props.value}
      aria-label={props.label}
      onValueChange={(id) => {
        const chosen = props.items.find((item) => item.id === id);
        if (chosen) props.onChange(chosen.id);
      }}
      className={cx('inline-flex flex-none gap-0.5', props.className)}
    >
      {props.items.map((item) => (
        <ToggleGroup.Item
          key={item.id}
          value={item.id}
          className={cx(
            'inline-flex h-6 items-center gap-1.5 rounded-[5px] px-2 text-12 whitespace-nowrap text-ink-2 transition-ground hover:bg-hover data-[state=on]:bg-sheet data-[state=on]:font-medium data-[state=on]:text-ink data-[state=on]:inset-ring data-[state=on]:inset-ring-edge',
            item.wideOnly && 'max-wide:hidden',
          )}
        >
          {item.label}
          {item.count !== undefined && <span className="font-normal text-ink-3">{grouped(item.count)}</span>}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}

const chip =
  'inline-flex h-6 flex-none items-center gap-1.5 rounded-[5px] border px-2 text-12 whitespace-nowrap transition-ground';

/** A filter that is not set: opens its menu. Use as the trigger of a Menu or Popover. */
export function Chip(props: {
  readonly children: ReactNode;
  readonly ref?: Ref<HTMLButtonElement> | undefined;
  readonly onClick?: (() => void) | undefined;
  readonly className?: string | undefined;
}) {
  const { children, className, ...rest } = props;
  return (
    <button
      type="button"
      {...rest}
      className={cx(chip, 'border-edge text-ink-2 hover:bg-hover aria-expanded:bg-hover', className)}
    >
      {children}
      <DownIcon size={12} aria-hidden="true" className="text-ink-3" />
    </button>
  );
}

/** A filter that is set: says name and value, and a click takes it away. */
export function SetChip(props: {
  readonly name: string;
  readonly value: string;
  readonly onClear: () => void;
  readonly className?: string | undefined;
}) {
  return (
    <button
      type="button"
      onClick={props.onClear}
      aria-label={`${props.name}: ${props.value}. Clear this filter`}
      className={cx(chip, 'border-field bg-hover text-ink', props.className)}
    >
      <span>
        {props.name}: <b className="font-medium">{props.value}</b>
      </span>
      <CloseIcon size={12} aria-hidden="true" className="text-ink-3" />
    </button>
  );
}
