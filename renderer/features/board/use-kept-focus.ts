import type { FocusEvent, RefObject } from 'react';
import { useEffect, useRef } from 'react';

/**
 * Keeps the keyboard in a part of the page whose buttons come and go: where the focused one is gone after a render, the
 * first that is left takes over instead of the top of the page.
 */
export function useKeptFocus(part: RefObject<HTMLElement | null>, candidates: string) {
  const isInside = useRef(false);
  useEffect(() => {
    if (!isInside.current || document.activeElement !== document.body) return;
    const next = [...(part.current?.querySelectorAll<HTMLElement>(candidates) ?? [])].find(
      (each) => each.offsetParent !== null,
    );
    next?.focus();
  });
  return {
    onFocus: () => {
      isInside.current = true;
    },
    onBlur: (event: FocusEvent<HTMLElement>) => {
      // A removed element blurs too; only a person moves the focus away from one that is still there.
      if (event.target.isConnected) isInside.current = false;
    },
  };
}
