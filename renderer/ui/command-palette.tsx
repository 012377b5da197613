import { Command } from 'cmdk';
import { Dialog } from 'radix-ui';
import { cx } from './cx.ts';
import { DialogShell } from './dialog-shell.tsx';
import { highlight } from './format.ts';
import type { Icon } from './icons.tsx';
import { SearchIcon } from './icons.tsx';
import { Kbd, Keys } from './kbd.tsx';

export type PaletteItem = {
  readonly id: string;
  readonly label: string;
  /** Other words it is found by. */
  readonly keywords?: readonly string[] | undefined;
  readonly icon: Icon;
  /** At the right: where it leads. Replaced by `reason`. */
  readonly detail?: string | undefined;
  readonly keys?: string | undefined;
  /** Why not now: shown, reachable, does nothing. */
  readonly reason?: string | undefined;
  readonly onSelect: () => void;
};

export type PaletteGroup = { readonly heading: string; readonly items: readonly PaletteItem[] };

/** Ctrl/Cmd-K. Items are data; the palette knows no command of its own. */
export function CommandPalette(props: {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly query: string;
  readonly onQuery: (query: string) => void;
  readonly groups: readonly PaletteGroup[];
  /** The caller already matched the items (a search in the ledger): show all of them. */
  readonly matched?: boolean | undefined;
}) {
  return (
    <DialogShell open={props.open} onClose={props.onClose} placement="top" className="w-[560px] max-w-full">
      <Dialog.Title className="sr-only">Search or run a command</Dialog.Title>
      <Command
        label="Search or run a command"
        loop
        shouldFilter={!props.matched}
        filter={match}
        className="flex min-h-0 flex-col"
      >
        <div className="flex h-11 flex-none items-center gap-2.5 border-b border-line px-3.5">
          <SearchIcon size={14} aria-hidden="true" className="flex-none text-ink-3" />
          <Command.Input
            value={props.query}
            onValueChange={props.onQuery}
            placeholder="Search or run a command"
            data-start="confirm"
            className="min-w-0 flex-1 bg-transparent text-15 outline-none placeholder:text-ink-3"
          />
          <Kbd>Esc</Kbd>
        </div>
        <Command.List className="scrollbar-quiet max-h-[400px] min-h-0 overflow-auto pt-1 pb-1.5">
          <Command.Empty className="px-3.5 py-3 text-12 text-ink-2">
            Nothing matches “{props.query}”. Try a verb, a release or an environment.
          </Command.Empty>
          {props.groups.map((group) => (
            <Command.Group
              key={group.heading}
              heading={group.heading}
              className="[&_[cmdk-group-heading]]:flex [&_[cmdk-group-heading]]:h-[26px] [&_[cmdk-group-heading]]:items-end [&_[cmdk-group-heading]]:px-3.5 [&_[cmdk-group-heading]]:pb-[3px] [&_[cmdk-group-heading]]:text-11 [&_[cmdk-group-heading]]:text-ink-3"
            >
              {group.items.map((item) => (
                <PaletteRow key={item.id} item={item} query={props.query} onClose={props.onClose} />
              ))}
            </Command.Group>
          ))}
        </Command.List>
      </Command>
    </DialogShell>
  );
}

/** Every word typed must begin a word of the label or a keyword; the earlier, the better. */
export function match(_value: string, search: string, keywords: readonly string[] = []): number {
  const words = keywords.flatMap((keyword) => keyword.toLowerCase().split(/[\s/]+/));
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean);
  let score = 1;
  for (const want of wanted) {
    const at = words.findIndex((word) => word.startsWith(want));
    if (at === -1) return 0;
    score = Math.min(score, 1 / (1 + at));
  }
  return score;
}

function PaletteRow(props: {
  readonly item: PaletteItem;
  readonly query: string;
  readonly onClose: () => void;
}) {
  const { item, query } = props;
  const refused = item.reason !== undefined;
  const IconPart = item.icon;
  return (
    <Command.Item
      value={item.id}
      keywords={[item.label, ...(item.keywords ?? [])]}
      aria-disabled={refused}
      onSelect={() => {
        if (refused) return;
        props.onClose();
        item.onSelect();
      }}
      className={cx(
        'group flex h-8 items-center gap-2.5 px-3.5 text-13 select-none data-[selected=true]:bg-tint-accent data-[selected=true]:shadow-[inset_2px_0_0_var(--color-accent)]',
        refused && 'text-ink-3',
      )}
    >
      <IconPart size={14} aria-hidden="true" className="flex-none text-ink-3" />
      <span className="truncate">
        {highlight(item.label, query.trim()).map((piece, index) =>
          piece.hit ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
            <b key={index} className="font-semibold">
              {piece.text}
            </b>
          ) : (
            piece.text
          ),
        )}
      </span>
      <span className="ml-auto flex items-center gap-2 pl-3 text-12 whitespace-nowrap text-ink-3">
        {item.reason ?? item.detail}
        {!refused && item.keys !== undefined && <Keys chord={item.keys} />}
        {!refused && (
          <span className="hidden group-data-[selected=true]:inline">
            <Kbd>{'\u21b5'}</Kbd>
          </span>
        )}
      </span>
    </Command.Item>
  );
}
