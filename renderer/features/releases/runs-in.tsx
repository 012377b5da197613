/** An environment that runs a release. */
export function RunsIn({ name }: { readonly name: string }) {
  return (
    <span className="inline-flex h-[18px] flex-none items-center rounded-tag border border-edge bg-sheet px-1.5 text-11 text-ink">
      <span className="sr-only">runs in </span>
      {name}
    </span>
  );
}
