import { DropdownMenu } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { buttonClass } from './button.tsx';
import { cx } from './cx.ts';
import type { Icon } from './icons.tsx';
import { DoneIcon, DownIcon, MoreIcon } from './icons.tsx';
import { Keys } from './kbd.tsx';

export type MenuItem =
  | {
      readonly kind: 'action';
      readonly id: string;
      readonly label: ReactNode;
      readonly icon?: Icon | undefined;
      readonly keys?: string | undefined;
      /** Why not now: the item is shown with it, can be reached, and does nothing. */
      readonly reason?: string | undefined;
      readonly onSelect: () => void;
    }
  | {
      readonly kind: 'choice';
      readonly id: string;
      readonly label: ReactNode;
      readonly detail?: ReactNode;
      readonly chosen: boolean;
      readonly onSelect: () => void;
      /** Stays open, for choices of several. */
      readonly keepOpen?: boolean | undefined;
    }
  | { readonly kind: 'heading'; readonly id: string; readonly label: string }
  | { readonly kind: 'separator'; readonly id: string };

const row =
  'flex h-7 items-center gap-2 rounded-[5px] px-2 text-12 whitespace-nowrap outline-none select-none data-[highlighted]:bg-hover';

/** A menu behind any one focusable element. Not modal: a modal one would inject styles that the CSP refuses. */
export function Menu(props: {
  readonly trigger: ReactElement;
  readonly items: readonly MenuItem[];
  readonly label: string;
  readonly align?: 'start' | 'end' | undefined;
}) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{props.trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          aria-label={props.label}
          align={props.align ?? 'start'}
          sideOffset={4}
          collisionPadding={8}
          loop
          className="scrollbar-quiet z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-40 animate-rise overflow-auto rounded-sheet border border-edge bg-sheet p-1 text-ink shadow-dialog"
        >
          {props.items.map((item) => (
            <Row key={item.id} item={item} />
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Row({ item }: { readonly item: MenuItem }) {
  switch (item.kind) {
    case 'separator':
      return <DropdownMenu.Separator className="-mx-1 my-1 h-px bg-line" />;
    case 'heading':
      return (
        <DropdownMenu.Label className="px-2 pt-1.5 pb-0.5 text-11 text-ink-3">
          {item.label}
        </DropdownMenu.Label>
      );
    case 'choice':
      return (
        <DropdownMenu.CheckboxItem
          checked={item.chosen}
          onSelect={(event) => {
            if (item.keepOpen) event.preventDefault();
            item.onSelect();
          }}
          className={row}
        >
          <span className="grid w-3.5 flex-none place-items-center">
            <DropdownMenu.ItemIndicator>
              <DoneIcon size={14} aria-hidden="true" />
            </DropdownMenu.ItemIndicator>
          </span>
          {item.label}
          {item.detail !== undefined && <span className="ml-auto pl-4 text-ink-3">{item.detail}</span>}
        </DropdownMenu.CheckboxItem>
      );
    case 'action':
      return <ActionRow item={item} />;
  }
}

function ActionRow({ item }: { readonly item: Extract<MenuItem, { readonly kind: 'action' }> }) {
  const IconPart = item.icon;
  const refused = item.reason !== undefined;
  return (
    <DropdownMenu.Item
      // Not Radix's `disabled`: that takes the item out of reach of the keyboard, and its reason with it.
      aria-disabled={refused || undefined}
      onSelect={(event) => {
        if (refused) event.preventDefault();
        else item.onSelect();
      }}
      className={cx(row, refused && 'cursor-not-allowed text-ink-3')}
    >
      {IconPart && (
        <IconPart size={14} aria-hidden="true" className={refused ? 'flex-none' : 'flex-none text-ink-3'} />
      )}
      {item.label}
      {refused ? (
        <span className="ml-auto pl-4 text-11 text-ink-3">{item.reason}</span>
      ) : (
        item.keys !== undefined && (
          <span className="ml-auto pl-4">
            <Keys chord={item.keys} />
          </span>
        )
      )}
    </DropdownMenu.Item>
  );
}

/** "…": the lesser actions of a thing. */
export function MoreMenu(props: {
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly className?: string;
}) {
  return (
    <Menu
      label={props.label}
      items={props.items}
      align="end"
      trigger={
        <button
          type="button"
          aria-label={props.label}
          className={cx(buttonClass('plain', { shape: 'square' }), props.className)}
        >
          <MoreIcon size={14} aria-hidden="true" />
        </button>
      }
    />
  );
}

/** The caret half of a SplitButton. */
export function CaretMenu(props: { readonly label: string; readonly items: readonly MenuItem[] }) {
  return (
    <Menu
      label={props.label}
      items={props.items}
      align="end"
      trigger={
        <button type="button" aria-label={props.label} className={buttonClass('plain', { shape: 'caret' })}>
          <DownIcon size={14} aria-hidden="true" />
        </button>
      }
    />
  );
}
