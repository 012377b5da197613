import { EventEmitter } from 'node:events';
import { type FakeApp, preventable } from './fake-app.ts';
import type { FakeMessagePortMain } from './message-channel.ts';

type Bounds = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
type WindowOptions = Partial<Bounds> & {
  readonly show?: boolean;
  readonly backgroundColor?: string;
  readonly webPreferences?: Readonly<Record<string, unknown>>;
};

/** A page's way to hear from the main process: preload's ipcRenderer is its other end. */
export type Frame = {
  origin: string;
  parent: Frame | null;
  postMessage(channel: string, message: unknown, ports: readonly FakeMessagePortMain[]): void;
};

export class FakeWebContents extends EventEmitter {
  readonly id: number;
  /** Messages to the page, for whoever plays it: `(channel, message, ports)`. */
  readonly toPage = new EventEmitter();
  readonly mainFrame: Frame;
  reloads = 0;
  windowOpenHandler: ((details: { url: string }) => { action: string }) | undefined;

  constructor(id: number) {
    super();
    this.id = id;
    this.mainFrame = {
      origin: 'null',
      parent: null,
      postMessage: (channel, message, ports) => {
        const handed = ports.map((port) => port.transferable);
        this.toPage.emit('message', channel, structuredClone(message), handed);
      },
    };
  }
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.windowOpenHandler = handler;
  }
  send(channel: string, message: unknown): void {
    this.toPage.emit('message', channel, structuredClone(message), []);
  }
  reload(): void {
    this.reloads += 1;
    this.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false });
  }
}

export class FakeWindow extends EventEmitter {
  readonly options: WindowOptions;
  readonly webContents: FakeWebContents;
  readonly app: FakeApp;
  readonly load: (url: string) => Promise<Response>;
  bounds: Bounds;
  isShown: boolean;
  hasFocus = false;
  flashes = 0;
  backgroundColor: string | undefined;
  /** What the page's address answered. */
  page: Promise<Response> | undefined;

  constructor(options: WindowOptions, app: FakeApp, id: number, load: (url: string) => Promise<Response>) {
    super();
    app.mustBeReady('BrowserWindow');
    this.options = options;
    this.app = app;
    this.load = load;
    this.bounds = { x: 0, y: 0, width: 0, height: 0, ...options };
    this.isShown = options.show ?? true;
    this.backgroundColor = options.backgroundColor;
    this.webContents = new FakeWebContents(id);
    app.windowsToClose.add(this);
    app.emit('web-contents-created', preventable(), this.webContents);
  }
  async loadURL(url: string): Promise<void> {
    this.webContents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false });
    // Chromium's origin of a standard scheme; Node's URL knows no such scheme.
    this.webContents.mainFrame.origin = url.split('/').slice(0, 3).join('/');
    this.page = this.load(url);
    await this.page;
    this.emit('ready-to-show');
  }
  show(): void {
    this.isShown = true;
    this.focus();
  }
  focus(): void {
    this.hasFocus = true;
    this.emit('focus');
  }
  blur(): void {
    this.hasFocus = false;
    this.emit('blur');
  }
  isFocused(): boolean {
    return this.hasFocus;
  }
  isMinimized(): boolean {
    return false;
  }
  restore(): void {
    this.isShown = true;
  }
  flashFrame(): void {
    this.flashes += 1;
  }
  setBackgroundColor(color: string): void {
    this.backgroundColor = color;
  }
  getNormalBounds(): Bounds {
    const { x, y, width, height } = this.bounds;
    return { x, y, width, height };
  }
  close(): void {
    const event = preventable();
    this.emit('close', event);
    if (event.defaultPrevented) return;
    this.app.windowsToClose.delete(this);
    this.emit('closed');
    if (this.app.windowsToClose.size === 0) this.app.emit('window-all-closed');
  }
}

export function createWindowClass(app: FakeApp, load: (url: string) => Promise<Response>) {
  const windows: FakeWindow[] = [];
  class FakeBrowserWindow extends FakeWindow {
    constructor(options: WindowOptions) {
      super(options, app, windows.length + 1, load);
      windows.push(this);
    }
  }
  return { FakeBrowserWindow, windows };
}
