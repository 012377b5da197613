import { Tooltip } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';

/** A short word for something that has none of its own. Never the only place of a reason. */
export function Hint(props: {
  readonly text: ReactNode;
  /** One element that takes a ref and can be focused. */
  readonly children: ReactElement;
  readonly side?: 'top' | 'bottom' | 'left' | 'right' | undefined;
}) {
  return (
    <Tooltip.Provider delayDuration={500} skipDelayDuration={200}>
      <Tooltip.Root>
        <Tooltip.Trigger asChild>{props.children}</Tooltip.Trigger>
        <Tooltip.Portal>
          <Tooltip.Content
            side={props.side ?? 'bottom'}
            sideOffset={4}
            collisionPadding={8}
            className="z-50 max-w-[320px] animate-fade rounded-control border border-edge bg-sheet px-2 py-1 text-11 text-ink shadow-dialog"
          >
            {props.text}
          </Tooltip.Content>
        </Tooltip.Portal>
      </Tooltip.Root>
    </Tooltip.Provider>
  );
}
