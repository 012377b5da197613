import type { MouseEvent, ReactNode, Ref } from 'react';
import { cx } from './cx.ts';
import { BranchIcon, DownIcon, EditIcon, SearchIcon } from './icons.tsx';
import { Keys } from './kbd.tsx';
import { LogoMark } from './logo-mark.tsx';
import { Menu } from './menu.tsx';

/** The whole window: title bar, the view, status bar. The view itself scrolls, never the window. */
export function WindowFrame(props: {
  readonly titleBar: ReactNode;
  readonly statusBar: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div className="flex h-full flex-col">
      {props.titleBar}
      <main className="flex min-h-0 flex-1 flex-col">{props.children}</main>
      {props.statusBar}
    </div>
  );
}

/** The padded, scrolling ground of a view that is not full-bleed. */
export function Page({ children }: { readonly children: ReactNode }) {
  return (
    <div className="scrollbar-quiet min-h-0 flex-1 overflow-auto px-6 py-4 max-wide:p-3">{children}</div>
  );
}

export type Tab = {
  readonly id: string;
  readonly label: string;
  readonly href: string;
  /** In a narrow window it moves into More. */
  readonly lesser?: boolean | undefined;
};

export function TitleBar(props: {
  /** WorkspaceButton and GitState. */
  readonly left?: ReactNode;
  readonly tabs: readonly Tab[];
  readonly current: string;
  readonly onTab: (id: string) => void;
  /** PaletteButton and the Build button. */
  readonly right?: ReactNode;
  /** macOS draws its window buttons over the page: 84 px stay free. */
  readonly windowButtons?: boolean | undefined;
}) {
  return (
    <header
      className={cx(
        'flex h-12 flex-none items-center gap-2 border-b border-edge bg-canvas px-4 whitespace-nowrap max-wide:gap-1 max-wide:px-3',
        props.windowButtons && 'pl-[84px] max-wide:pl-[84px]',
      )}
    >
      <LogoMark />
      {props.left}
      <Tabs tabs={props.tabs} current={props.current} onTab={props.onTab} />
      <span className="window-drag min-w-0 flex-1 self-stretch" />
      {props.right}
    </header>
  );
}

const tab =
  'focus-inset -mb-px flex items-center border-b-2 px-2.5 pt-px text-13 hover:text-ink max-wide:px-2.5';
const tabOff = 'border-transparent text-ink-2';
const tabOn = 'border-ink font-semibold text-ink';

function Tabs(props: {
  readonly tabs: readonly Tab[];
  readonly current: string;
  readonly onTab: (id: string) => void;
}) {
  const { tabs, current, onTab } = props;
  const lesser = tabs.filter((each) => each.lesser);
  const follow = (event: MouseEvent<HTMLAnchorElement>, id: string): void => {
    // A modified click asks the browser for another tab; that is its own business.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    onTab(id);
  };
  return (
    <nav aria-label="Views" className="ml-4 flex self-stretch max-wide:ml-1">
      {tabs.map((each) => (
        <a
          key={each.id}
          href={each.href}
          aria-current={each.id === current ? 'page' : undefined}
          onClick={(event) => follow(event, each.id)}
          className={cx(tab, each.id === current ? tabOn : tabOff, each.lesser && 'max-wide:hidden')}
        >
          {each.label}
        </a>
      ))}
      {lesser.length > 0 && (
        <Menu
          label="More views"
          items={lesser.map((each) => ({
            kind: 'action',
            id: each.id,
            label: each.label,
            onSelect: () => onTab(each.id),
          }))}
          trigger={
            <button
              type="button"
              className={cx(
                tab,
                'gap-1 wide:hidden',
                lesser.some((each) => each.id === current) ? tabOn : tabOff,
              )}
            >
              More
              <DownIcon size={12} aria-hidden="true" />
            </button>
          }
        />
      )}
    </nav>
  );
}

const barButton =
  'inline-flex h-7 flex-none items-center rounded-control transition-ground hover:bg-hover aria-expanded:bg-hover';

/** The name of the open workspace. Use as the trigger of a Menu, which passes it its props. */
export function WorkspaceButton(props: {
  readonly name: string;
  readonly onClick?: (() => void) | undefined;
  readonly ref?: Ref<HTMLButtonElement> | undefined;
}) {
  const { name, ...rest } = props;
  return (
    <button
      type="button"
      {...rest}
      aria-label={`Workspace: ${name}`}
      className={cx(barButton, 'gap-1.5 px-2 text-13 font-semibold')}
    >
      <span className="max-w-40 truncate">{name}</span>
      <DownIcon size={14} aria-hidden="true" className="text-ink-3" />
    </button>
  );
}

/** Branch, commit, and how many files stand in no commit. */
export function GitState(props: {
  readonly branch: string;
  readonly sha: string;
  readonly uncommitted: number;
  readonly title?: string | undefined;
  readonly onClick?: (() => void) | undefined;
}) {
  const { uncommitted } = props;
  return (
    <button
      type="button"
      title={props.title}
      onClick={props.onClick}
      className={cx(
        barButton,
        'relative min-w-0 shrink gap-2 px-2.5 text-12 text-ink-2 before:absolute before:inset-y-1.5 before:-left-1 before:w-px before:bg-edge max-wide:gap-1.5 max-wide:px-2',
      )}
    >
      <BranchIcon size={14} aria-hidden="true" className="flex-none text-ink-3" />
      <span className="max-w-48 truncate max-wide:max-w-24">{props.branch}</span>
      <code className="text-ink-3 max-wide:hidden">{props.sha.slice(0, 7)}</code>
      {uncommitted > 0 && (
        <span className="inline-flex items-center gap-[5px] text-ink">
          <EditIcon size={12} aria-hidden="true" className="text-ink-3" />
          {uncommitted}
          <span className="max-wide:sr-only">uncommitted</span>
        </span>
      )}
    </button>
  );
}

/** Looks like a field, opens the command palette. */
export function PaletteButton({ onClick }: { readonly onClick: () => void }) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="inline-flex h-7 w-64 min-w-0 items-center gap-2 rounded-control border border-edge bg-sheet pr-1.5 pl-2.5 text-12 text-ink-3 transition-ground hover:border-field max-wide:w-auto max-wide:flex-none max-wide:pl-2"
    >
      <SearchIcon size={14} aria-hidden="true" className="flex-none" />
      <span className="truncate max-wide:sr-only">Search or run a command</span>
      <span className="ml-auto flex">
        <Keys chord="mod+k" />
      </span>
    </button>
  );
}

/** Facts about the house itself: engine, running work, ledger, age of what is shown. */
export function StatusBar({ left, right }: { readonly left: ReactNode; readonly right?: ReactNode }) {
  return (
    <footer className="flex h-[26px] flex-none items-center gap-5 overflow-hidden border-t border-edge bg-canvas px-4 text-11 whitespace-nowrap text-ink-2 max-wide:gap-3.5 max-wide:px-3">
      {left}
      <span className="flex-1" />
      {right}
    </footer>
  );
}

/** One fact of the status bar; `detail` goes first when the window is narrow. */
export function StatusItem(props: {
  readonly children: ReactNode;
  readonly detail?: ReactNode;
  readonly wideOnly?: boolean | undefined;
}) {
  return (
    <span className={cx('inline-flex items-center gap-2', props.wideOnly && 'max-wide:hidden')}>
      {props.children}
      {props.detail !== undefined && <span className="max-wide:hidden">{props.detail}</span>}
    </span>
  );
}
