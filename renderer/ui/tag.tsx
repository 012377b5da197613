import type { ReactNode } from 'react';
import type { Icon } from './icons.tsx';

/** A short fact about the thing beside it: "migration". Not for states: those are StatusWord. */
export function Tag({ children, icon: IconPart }: { readonly children: ReactNode; readonly icon?: Icon }) {
  return (
    <span className="inline-flex flex-none items-center gap-1 rounded-tag border border-edge px-[5px] text-11 whitespace-nowrap text-ink-2">
      {IconPart && <IconPart size={12} aria-hidden="true" />}
      {children}
    </span>
  );
}
