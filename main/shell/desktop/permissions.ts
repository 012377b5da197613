import { originOf } from './home.ts';

/**
 * What the page may ask of Chromium. Writing text to the clipboard is what the copy buttons do; reading it, and every
 * device, is refused.
 */
const granted: ReadonlySet<string> = new Set(['notifications', 'clipboard-sanitized-write']);

export function isPermitted(
  permission: string,
  asker: { readonly url: string; readonly isMainFrame: boolean },
  homeOrigin: string,
): boolean {
  return granted.has(permission) && asker.isMainFrame && originOf(asker.url) === homeOrigin;
}
