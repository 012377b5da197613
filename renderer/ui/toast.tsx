import { Toast } from 'radix-ui';
import type { ReactNode } from 'react';
import { IconButton } from './button.tsx';
import { CloseIcon, type Icon } from './icons.tsx';
import { StatusWord } from './status-word.tsx';
import type { Status } from './status-words.ts';

export type ToastItem = {
  readonly id: string;
  /** What it tells; a question has an icon of its own instead. */
  readonly mark: { readonly state: Status } | { readonly icon: Icon };
  readonly title: ReactNode;
  readonly detail?: ReactNode;
  /** A Value or TextLink. */
  readonly action?: ReactNode;
  /** Stays until closed: what needs a person must not fade away. */
  readonly sticky?: boolean | undefined;
  readonly durationMs?: number | undefined;
  /** A person put it away, which time does too. */
  readonly onClose?: (() => void) | undefined;
};

const usualMs = 6_000;

/** What ended elsewhere; never what the view already shows. F8 moves the focus here. */
export function ToastRegion(props: {
  readonly toasts: readonly ToastItem[];
  readonly onDismiss: (id: string) => void;
}) {
  return (
    <Toast.Provider duration={usualMs} label="Notification" swipeDirection="right">
      {props.toasts.map((toast) => (
        <Toast.Root
          key={toast.id}
          open
          duration={toast.sticky ? Number.POSITIVE_INFINITY : (toast.durationMs ?? usualMs)}
          onOpenChange={(open) => !open && props.onDismiss(toast.id)}
          className="flex min-h-12 animate-rise items-center gap-2.5 rounded-sheet border border-edge bg-sheet py-[7px] pr-2 pl-3.5 text-12 text-ink shadow-dialog"
        >
          <Mark mark={toast.mark} />
          <span className="min-w-0 flex-1">
            <Toast.Title className="font-semibold">{toast.title}</Toast.Title>
            {toast.detail !== undefined && (
              <Toast.Description className="text-ink-2">{toast.detail}</Toast.Description>
            )}
          </span>
          {toast.action}
          <Toast.Close asChild>
            <IconButton label="Close" icon={CloseIcon} onClick={toast.onClose} />
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport className="pointer-events-auto fixed right-4 bottom-[42px] z-30 grid w-[400px] max-w-[calc(100vw-32px)] gap-2" />
    </Toast.Provider>
  );
}

function Mark({ mark }: Pick<ToastItem, 'mark'>) {
  if ('state' in mark) return <StatusWord state={mark.state} iconOnly />;
  const IconPart = mark.icon;
  return <IconPart size={14} aria-hidden="true" className="flex-none text-ink-3" />;
}
