import { isLoopback, originOf } from './home.ts';

export type NavigationDecision =
  | { readonly kind: 'allow' }
  /** Not in our window, but the person's browser may show it. */
  | { readonly kind: 'external'; readonly url: string }
  | { readonly kind: 'refuse' };

/** Hosts that Gantry's own texts link to. */
const externalHosts: readonly string[] = ['docs.docker.com', 'docs.podman.io', 'github.com', 'gitlab.com'];

/** Only our own page may be loaded into the window, and only at the top. */
export function decideNavigation(
  url: string,
  homeOrigin: string,
  frame: { readonly isMainFrame: boolean } = { isMainFrame: true },
): NavigationDecision {
  if (!frame.isMainFrame) return { kind: 'refuse' };
  return originOf(url) === homeOrigin ? { kind: 'allow' } : decideExternal(url);
}

/** A second window is never opened; a link that asked for one may go to the browser. */
export function decideNewWindow(url: string): NavigationDecision {
  return decideExternal(url);
}

/**
 * `shell.openExternal` starts whatever program the system has for a scheme, so besides the listed sites only what an
 * environment publishes on this machine is opened.
 */
export function decideExternal(url: string): NavigationDecision {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.username !== '' || parsed.password !== '') return { kind: 'refuse' };
  const isListed =
    parsed.protocol === 'https:' && parsed.port === '' && externalHosts.includes(parsed.hostname);
  return isListed || isLoopback(url) ? { kind: 'external', url: parsed.href } : { kind: 'refuse' };
}

/** Whether the page may fetch this at all, whatever the policy in its headers says: nothing but itself. */
export function isOwnRequest(
  url: string,
  home: { readonly origin: string; readonly isDev: boolean },
): boolean {
  const origin = originOf(url);
  // A blob is what the page itself made, such as a log to save.
  if (origin === home.origin || url.startsWith(`blob:${home.origin}/`)) return true;
  // Developer tools, and Vite's socket for hot reload, which has the page's host and port.
  if (!home.isDev) return false;
  return url.startsWith('devtools://') || origin === home.origin.replace(/^http/, 'ws');
}
