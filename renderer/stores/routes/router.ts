import type { DialogRoute, Route, RouteInput, View } from './route.ts';
import { formatRoute, parseRoute } from './route.ts';

/** The little of `window` that routing needs. */
export type AddressBar = {
  readonly location: { readonly hash: string };
  readonly history: Pick<History, 'pushState' | 'replaceState' | 'back' | 'state'>;
  readonly addEventListener: (type: 'popstate' | 'hashchange', listener: () => void) => void;
  readonly removeEventListener: (type: 'popstate' | 'hashchange', listener: () => void) => void;
};

export type Router = {
  readonly get: () => Route;
  readonly subscribe: (onChange: () => void) => () => void;
  readonly go: (to: RouteInput, how?: { readonly replace?: boolean }) => void;
  /** Lays a dialog over the view that is open. */
  readonly openDialog: (dialog: DialogRoute) => void;
  /** Takes it away; one step back where the dialog was opened from here, so that Back does not bring it again. */
  readonly closeDialog: () => void;
  /** Changes what the view keeps in the address; an empty value takes the key away. */
  readonly setQuery: (changes: Readonly<Record<string, string>>) => void;
  readonly href: (view: View, more?: Omit<RouteInput, 'view'>) => string;
  readonly dispose: () => void;
};

/** What is left in the history entry of a dialog that this window opened over a view of its own. */
const openedHere = { gantry: 'dialog' };

function wasOpenedHere(state: unknown): boolean {
  return (
    typeof state === 'object' && state !== null && 'gantry' in state && state.gantry === openedHere.gantry
  );
}

export function createRouter(bar: AddressBar): Router {
  let route = parseRoute(bar.location.hash);
  const listeners = new Set<() => void>();
  const read = (): void => {
    route = parseRoute(bar.location.hash);
    for (const listener of listeners) listener();
  };
  const write = (hash: string, how: { replace?: boolean | undefined; state?: unknown } = {}): void => {
    if (hash === bar.location.hash && how.replace !== true) return;
    if (how.replace) bar.history.replaceState(how.state ?? null, '', hash);
    else bar.history.pushState(how.state ?? null, '', hash);
    read();
  };
  const withoutDialog = (): RouteInput => {
    const { dialog: _, ...rest } = route;
    return rest;
  };
  bar.addEventListener('popstate', read);
  bar.addEventListener('hashchange', read);
  return {
    get: () => route,
    subscribe: (onChange) => {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    go: (to, how) => write(formatRoute(to), { replace: how?.replace }),
    openDialog: (dialog) =>
      route.dialog === undefined
        ? write(formatRoute({ ...route, dialog }), { state: openedHere })
        : write(formatRoute({ ...route, dialog }), { replace: true, state: bar.history.state }),
    closeDialog: () => {
      if (route.dialog === undefined) return;
      if (wasOpenedHere(bar.history.state)) bar.history.back();
      else write(formatRoute(withoutDialog()), { replace: true });
    },
    setQuery: (changes) =>
      write(formatRoute({ ...route, query: { ...route.query, ...changes } }), {
        replace: true,
        state: bar.history.state,
      }),
    href: (view, more) => formatRoute({ ...more, view }),
    dispose: () => {
      bar.removeEventListener('popstate', read);
      bar.removeEventListener('hashchange', read);
      listeners.clear();
    },
  };
}
