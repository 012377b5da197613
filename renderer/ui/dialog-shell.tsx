import { Dialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';
import { cx } from './cx.ts';

/**
 * The layer every dialog stands on: scrim, focus trap, Esc, and focus back to whoever opened it.
 * Not Radix's own Overlay: that one injects a <style> element to lock scrolling, which the CSP refuses; nothing
 * scrolls behind a dialog here anyway, because the body never does.
 */
export function DialogShell(props: {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Changes when the content becomes another: a focus that nobody has moved yet is placed anew. */
  readonly focusKey?: string | undefined;
  readonly describedBy?: string | undefined;
  readonly placement?: 'centre' | 'top' | undefined;
  readonly className: string;
}) {
  const { open, onClose, focusKey } = props;
  const content = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLElement | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a change of focusKey asks for it
  useEffect(() => {
    const here = content.current;
    // The body: what had the focus went away together with the old content.
    const isFree = document.activeElement === here || document.activeElement === document.body;
    if (open && here && isFree) startingPoint(here)?.focus({ preventScroll: true });
  }, [focusKey]);

  // A hint is no layer of its own: Esc while one shows closes the dialog too. On the window, because the hint's own
  // listener sits on the document and would swallow the key.
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });
  useEffect(() => {
    if (!open) return;
    const onKey = (event: KeyboardEvent): void => {
      const inside = event.target instanceof Node && content.current?.contains(event.target);
      if (event.key === 'Escape' && inside && document.querySelector('[role="tooltip"]')) close.current();
    };
    window.addEventListener('keydown', onKey, true);
    return () => window.removeEventListener('keydown', onKey, true);
  }, [open]);

  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <div
          className={cx(
            'fixed inset-0 z-40 grid animate-fade justify-items-center bg-scrim p-6 max-wide:p-3',
            props.placement === 'top' ? 'items-start pt-24 max-wide:pt-12' : 'items-center',
          )}
        >
          <Dialog.Content
            ref={content}
            aria-describedby={props.describedBy}
            onEscapeKeyDown={(event) => {
              if (isFilledSearch(event.target)) event.preventDefault();
            }}
            onOpenAutoFocus={(event) => {
              event.preventDefault();
              opener.current = whoOpened();
              const here = content.current;
              // What is to be read comes first, also where the place to confirm it lies below; typing there brings it into view.
              if (here) (startingPoint(here) ?? here).focus({ preventScroll: true });
            }}
            onCloseAutoFocus={(event) => {
              event.preventDefault();
              opener.current?.focus();
            }}
            className={cx(
              'flex max-h-full min-h-0 animate-rise flex-col overflow-hidden rounded-dialog border border-edge bg-sheet text-ink shadow-dialog focus-visible:outline-none',
              props.className,
            )}
          >
            {props.children}
          </Dialog.Content>
        </div>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Esc empties a search before it closes what the search stands in. */
function isFilledSearch(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === 'search' && target.value !== '';
}

/** The first blocker, else the confirmation; parts mark themselves with data-start. */
function startingPoint(within: HTMLElement): HTMLElement | null {
  const marked = (name: string): HTMLElement | null =>
    within.querySelector<HTMLElement>(`[data-start="${name}"]`);
  return marked('blocker') ?? marked('confirm');
}

/** A menu item is gone by the time the dialog closes: its menu's button stands for it. */
function whoOpened(): HTMLElement | null {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || active === document.body) return null;
  const buttonId = active.closest('[role="menu"]')?.getAttribute('aria-labelledby');
  return (buttonId ? document.getElementById(buttonId) : null) ?? active;
}
