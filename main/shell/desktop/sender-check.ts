/** Who sent an IPC message, reduced to what decides whether it is answered. */
export type Sender = {
  readonly webContentsId: number;
  /** Null when the frame has navigated away or is gone. */
  readonly frame: { readonly origin: string; readonly isMainFrame: boolean } | null;
};

export type TrustedPlace = { readonly webContentsIds: ReadonlySet<number>; readonly origin: string };

/** Only the top frame of a window of ours that shows our own page is answered. */
export function isTrustedSender(sender: Sender, trusted: TrustedPlace): boolean {
  return (
    trusted.webContentsIds.has(sender.webContentsId) &&
    sender.frame?.isMainFrame === true &&
    sender.frame.origin === trusted.origin
  );
}
