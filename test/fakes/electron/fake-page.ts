import { EventEmitter } from 'node:events';
import type { MessagePort } from 'node:worker_threads';
import { preventable } from './fake-app.ts';
import type { FakeElectron } from './fake-electron.ts';
import type { FakeWindow, Frame } from './fake-window.ts';

export type PageMessage = {
  readonly source: unknown;
  readonly origin: string;
  readonly data: unknown;
  readonly ports: readonly MessagePort[];
};

/** The `window` of a page: what preload and the page's own script both see of it. */
export type PageWindow = {
  readonly location: { readonly origin: string };
  addEventListener(kind: string, listener: (message: PageMessage) => void): void;
  removeEventListener(kind: string, listener: (message: PageMessage) => void): void;
  postMessage(data: unknown, targetOrigin: string, transfer?: readonly MessagePort[]): void;
};

export type FakePage = {
  readonly window: PageWindow;
  /** What `import 'electron'` gives in the preload script of this page. */
  readonly preloadModule: Record<string, unknown>;
  /** What preload put on the page's window. */
  readonly exposed: Map<string, unknown>;
  /** A message whose sender says it is somebody else: another window, or a frame of another origin. */
  forge(message: PageMessage): void;
};

/** Plays the renderer process behind a window: preload's half of Electron, and the page's window. */
export function createFakePage(
  electron: FakeElectron,
  window: FakeWindow,
  sender: Frame | null = window.webContents.mainFrame,
): FakePage {
  const listeners = new EventEmitter();
  const origin = window.webContents.mainFrame.origin;
  const pageWindow: PageWindow = {
    location: { origin },
    addEventListener: (kind, listener) => void listeners.on(kind, listener),
    removeEventListener: (kind, listener) => void listeners.off(kind, listener),
    postMessage: (data, targetOrigin, ports = []) => {
      if (targetOrigin !== origin && targetOrigin !== '*') return;
      const message = { source: pageWindow, origin, data: structuredClone(data), ports };
      queueMicrotask(() => listeners.emit('message', message));
    },
  };
  const event = () => ({ ...preventable(), sender: window.webContents, senderFrame: sender });

  const ipcRenderer = new EventEmitter();
  window.webContents.toPage.on('message', (channel: string, message: unknown, ports: unknown) => {
    ipcRenderer.emit(channel, { ports, sender: ipcRenderer }, message);
  });
  const exposed = new Map<string, unknown>();
  return {
    window: pageWindow,
    exposed,
    forge: (message) => void listeners.emit('message', message),
    preloadModule: {
      contextBridge: { exposeInMainWorld: (name: string, api: unknown) => exposed.set(name, api) },
      ipcRenderer: Object.assign(ipcRenderer, {
        send: (channel: string, ...values: unknown[]) =>
          void electron.ipcMain.emit(channel, event(), ...structuredClone(values)),
        invoke: async (channel: string, ...values: unknown[]) => {
          const handler = electron.ipcMain.handlers.get(channel);
          if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
          // Handlers are stored without their parameters' types; these are the ones Electron passes.
          const parameters = [event(), ...structuredClone(values)] as never[];
          return structuredClone(await handler(...parameters));
        },
      }),
    },
  };
}
