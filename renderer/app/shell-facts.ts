import type { DesktopCommand } from '#shared/api/desktop-bridge.ts';

/** What differs between the desktop window and a browser, as the app needs to know it. */
export type ShellFacts = {
  /** macOS draws its window buttons over the page. */
  readonly hasWindowButtons: boolean;
  /** What to do when the connection stays lost. */
  readonly restartHint: string;
  /** What menus and notifications of the desktop shell ask for. */
  readonly onCommand?: (listener: (command: DesktopCommand) => void) => () => void;
};
