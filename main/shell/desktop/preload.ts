import { contextBridge, ipcRenderer } from 'electron';
import {
  bridgeName,
  connectMessage,
  type DesktopBridge,
  type DesktopCommand,
  portMessage,
} from '#shared/api/desktop-bridge.ts';
import { channels } from './channels.ts';

// The one file of main/ that runs beside a page. Two globals do not justify DOM types for the whole room.
type PageMessage = { readonly source: unknown; readonly origin: string; readonly data: unknown };
declare const window: {
  readonly location: { readonly origin: string };
  addEventListener(kind: 'message', listener: (message: PageMessage) => void): void;
  postMessage(message: unknown, targetOrigin: string, transfer: readonly unknown[]): void;
};

// A generic pipe: it passes a port on and knows nothing of what goes through it.
window.addEventListener('message', (message) => {
  const isOwn = message.source === window && message.origin === window.location.origin;
  if (isOwn && message.data === connectMessage) ipcRenderer.send(channels.connect);
});
ipcRenderer.on(channels.port, (event) => {
  window.postMessage(portMessage, window.location.origin, event.ports);
});

const bridge: DesktopBridge = {
  platform: process.platform,
  openFolder: () => ipcRenderer.invoke(channels.openFolder),
  setTheme: (theme) => ipcRenderer.send(channels.theme, theme),
  onCommand: (listener) => {
    // Without the event: it would hand the page ipcRenderer itself.
    const pass = (_event: unknown, command: DesktopCommand): void => listener(command);
    ipcRenderer.on(channels.command, pass);
    ipcRenderer.send(channels.listening);
    return () => {
      ipcRenderer.off(channels.command, pass);
    };
  },
};
contextBridge.exposeInMainWorld(bridgeName, Object.freeze(bridge));
