import { RPCHandler } from '@orpc/server/message-port';
import type { IpcMainEvent, IpcMainInvokeEvent } from 'electron';
import * as z from 'zod';
import type { Theme } from '#shared/api/desktop-bridge.ts';
import type { GantryRouter } from '../gantry-router.ts';
import { channels } from './channels.ts';
import type { ElectronModule } from './electron-module.ts';
import type { Home } from './home.ts';
import { isTrustedSender, type Sender } from './sender-check.ts';

export type PageRequests = {
  /** The page listens to commands from now on. */
  readonly onListening: () => void;
  readonly onTheme: (theme: Theme) => void;
  readonly chooseFolder: () => Promise<string | null>;
};

const themeSchema = z.enum(['system', 'light', 'dark']);

/** Answers what preload asks, and gives the page one end of a channel whose other end serves the contract. */
export function connectPage(
  { ipcMain, MessageChannelMain }: Pick<ElectronModule, 'ipcMain' | 'MessageChannelMain'>,
  options: {
    readonly router: GantryRouter;
    readonly home: Home;
    /** Ids of the web contents of our windows. */
    readonly ours: () => ReadonlySet<number>;
    readonly requests: PageRequests;
  },
): void {
  const { home, ours, requests } = options;
  const handler = new RPCHandler(options.router);
  const isTrusted = (event: IpcMainEvent | IpcMainInvokeEvent): boolean =>
    isTrustedSender(senderOf(event), { webContentsIds: ours(), origin: home.origin });

  ipcMain.on(channels.connect, (event) => {
    if (!isTrusted(event) || event.senderFrame === null) return;
    const { port1: near, port2: far } = new MessageChannelMain();
    handler.upgrade(near);
    near.start();
    event.senderFrame.postMessage(channels.port, null, [far]);
  });
  ipcMain.on(channels.listening, (event) => {
    if (isTrusted(event)) requests.onListening();
  });
  ipcMain.on(channels.theme, (event, value: unknown) => {
    const theme = themeSchema.safeParse(value);
    if (isTrusted(event) && theme.success) requests.onTheme(theme.data);
  });
  ipcMain.handle(channels.openFolder, (event) => {
    if (!isTrusted(event)) throw new Error('This page may not ask for that.');
    return requests.chooseFolder();
  });
}

function senderOf(event: IpcMainEvent | IpcMainInvokeEvent): Sender {
  const { senderFrame } = event;
  return {
    webContentsId: event.sender.id,
    frame:
      senderFrame === null ? null : { origin: senderFrame.origin, isMainFrame: senderFrame.parent === null },
  };
}
