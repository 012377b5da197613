import type { ReactNode } from 'react';

/** What is the matter, in a few words. */
export function Strong({ children }: { readonly children: ReactNode }) {
  return <p className="font-semibold wrap-anywhere text-ink">{children}</p>;
}

/** The small things that can be done about it. */
export function Row({ children }: { readonly children: ReactNode }) {
  return <div className="flex min-w-0 flex-wrap items-center gap-x-2">{children}</div>;
}
