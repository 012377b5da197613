import { Popover as Primitive } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';

/** A small floating sheet behind one focusable element; Esc closes it and focus goes back. */
export function Popover(props: {
  readonly trigger: ReactElement;
  readonly label: string;
  readonly children: ReactNode;
  readonly align?: 'start' | 'center' | 'end' | undefined;
  readonly open?: boolean;
  readonly onOpenChange?: (open: boolean) => void;
}) {
  const { open, onOpenChange } = props;
  return (
    <Primitive.Root {...(open === undefined ? {} : { open })} {...(onOpenChange ? { onOpenChange } : {})}>
      <Primitive.Trigger asChild>{props.trigger}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          aria-label={props.label}
          align={props.align ?? 'start'}
          sideOffset={4}
          collisionPadding={8}
          className="scrollbar-quiet z-50 max-h-(--radix-popover-content-available-height) max-w-[min(420px,calc(100vw-16px))] animate-rise overflow-auto rounded-sheet border border-edge bg-sheet p-4 text-12/4.5 text-ink shadow-dialog focus-visible:outline-none"
        >
          {props.children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
