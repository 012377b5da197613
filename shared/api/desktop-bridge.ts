/**
 * What only the desktop window has, beside the contract: how the page gets the MessagePort that the contract runs over,
 * and the few things that need the operating system. `window.gantryDesktop` is absent in a browser.
 *
 * To connect, the page posts `connectMessage` to its own window and waits for `portMessage`, which carries one port.
 * Asking again, as after a reload, closes nothing and gives a new port.
 */
export const connectMessage = 'gantry:connect';
export const portMessage = 'gantry:port';
export const bridgeName = 'gantryDesktop';

export type Theme = 'system' | 'light' | 'dark';

/** What a menu, a notification or a second start of the app asks of the page. */
export type DesktopCommand =
  | { readonly kind: 'open-workspace'; readonly folder: string }
  | { readonly kind: 'show-run'; readonly workspaceId: string; readonly runId: number }
  | { readonly kind: 'show-palette' }
  | { readonly kind: 'set-theme'; readonly theme: Theme };

export type DesktopBridge = {
  readonly platform: string;
  /** The folder a person chose in the system's own dialog; null when they did not. */
  openFolder(): Promise<string | null>;
  /** Tells the window's frame and its native parts which theme the page shows; `set-theme` needs no answer by this. */
  setTheme(theme: Theme): void;
  /** Commands that came before the first listener are kept for it. Gives back how to stop listening. */
  onCommand(listener: (command: DesktopCommand) => void): () => void;
};
