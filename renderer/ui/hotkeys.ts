import { useEffect, useRef } from 'react';
import { isMac } from './kbd.tsx';

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** Does the event match "mod+k", "/", "b"? `mod` is the command key on a Mac and Ctrl elsewhere. */
export function matchesChord(event: Pressed, chord: string, mac: boolean): boolean {
  const parts = chord.toLowerCase().split('+');
  const key = parts.at(-1);
  const wants = (name: string): boolean => parts.slice(0, -1).includes(name);
  const mod = mac ? event.metaKey : event.ctrlKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  // "/" and "?" need Shift on many layouts, so Shift counts only where the chord names it or the key is a letter.
  const shiftFits = wants('shift') === event.shiftKey || (!wants('shift') && !/^[a-z]$/.test(key ?? ''));
  return (
    event.key.toLowerCase() === key &&
    wants('mod') === mod &&
    !other &&
    wants('alt') === event.altKey &&
    shiftFits
  );
}

/** Keys of a view. A chord without a modifier is left to whoever is typing, and to an open dialog. */
export function useHotkeys(keys: Readonly<Record<string, () => void>>, enabled = true): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    if (!enabled) return;
    const mac = isMac();
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      for (const [chord, act] of Object.entries(latest.current)) {
        if (!matchesChord(event, chord, mac)) continue;
        if (!chord.includes('+') && (isTyping(event.target) || document.querySelector('[role="dialog"]')))
          continue;
        event.preventDefault();
        act();
        return;
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [enabled]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}
