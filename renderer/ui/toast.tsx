import { Toast } from 'radix-ui';
import type { ReactNode } from 'react';
import { IconButton } from './button.tsx';
import { CloseIcon } from './icons.tsx';
import { StatusWord } from './status-word.tsx';
import type { Status } from './status-words.ts';

export type ToastItem = {
  readonly id: string;
  readonly state: Status;
  readonly title: ReactNode;
  readonly detail?: ReactNode;
  /** A Value or TextLink. */
  readonly action?: ReactNode;
  /** Stays until closed: what needs a person must not fade away. */
  readonly sticky?: boolean | undefined;
};

/** What ended elsewhere; never what the view already shows. F8 moves the focus here. */
export function ToastRegion(props: {
  readonly toasts: readonly ToastItem[];
  readonly onDismiss: (id: string) => void;
  readonly durationMs?: number | undefined;
}) {
  return (
    <Toast.Provider duration={props.durationMs ?? 6000} label="Notification" swipeDirection="right">
      {props.toasts.map((toast) => (
        <Toast.Root
          key={toast.id}
          open
          duration={toast.sticky ? Number.POSITIVE_INFINITY : (props.durationMs ?? 6000)}
          onOpenChange={(open) => !open && props.onDismiss(toast.id)}
          className="flex min-h-12 animate-rise items-center gap-2.5 rounded-sheet border border-edge bg-sheet py-[7px] pr-2 pl-3.5 text-12 text-ink shadow-dialog"
        >
          <StatusWord state={toast.state} iconOnly />
          <span className="min-w-0 flex-1">
            <Toast.Title className="font-semibold">{toast.title}</Toast.Title>
            {toast.detail !== undefined && (
              <Toast.Description className="text-ink-2">{toast.detail}</Toast.Description>
            )}
          </span>
          {toast.action}
          <Toast.Close asChild>
            <IconButton label="Close" icon={CloseIcon} />
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport className="pointer-events-auto fixed right-4 bottom-[42px] z-30 grid w-[400px] max-w-[calc(100vw-32px)] gap-2" />
    </Toast.Provider>
  );
}
