import type { ReactNode } from 'react';
import { cx } from './cx.ts';

export function Kbd({
  children,
  onSolid = false,
}: {
  readonly children: ReactNode;
  readonly onSolid?: boolean;
}) {
  return (
    <kbd
      className={cx(
        'inline-block min-w-[17px] flex-none rounded-tag border px-1 text-center font-sans text-[11px]/[15px] font-normal',
        onSolid ? 'border-current/40 text-current' : 'border-edge bg-gutter text-ink-2',
      )}
    >
      {children}
    </kbd>
  );
}

/** A chord, written as the platform writes it: "mod+k" is Ctrl K, on a Mac the command sign and K. */
export function Keys({ chord, mac = isMac() }: { readonly chord: string; readonly mac?: boolean }) {
  return (
    <span className="inline-flex flex-none gap-[3px]">
      {chordKeys(chord, mac).map((key) => (
        <Kbd key={key}>{key}</Kbd>
      ))}
    </span>
  );
}

const names: Readonly<Record<string, readonly [other: string, mac: string]>> = {
  mod: ['Ctrl', '\u2318'],
  shift: ['Shift', '\u21e7'],
  alt: ['Alt', '\u2325'],
  enter: ['\u21b5', '\u21b5'],
  escape: ['Esc', 'Esc'],
};

export function chordKeys(chord: string, mac: boolean): readonly string[] {
  return chord.split('+').map((key) => names[key.toLowerCase()]?.[mac ? 1 : 0] ?? key.toUpperCase());
}

export function isMac(): boolean {
  return /mac/i.test(globalThis.navigator?.platform ?? '');
}
