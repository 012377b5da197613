import { EventEmitter } from 'node:events';
import type { ElectronModule } from '#main/shell/desktop/electron-module.ts';
import { createFakeApp, type FakeApp, type Machine } from './fake-app.ts';
import { createWindowClass, type FakeWindow } from './fake-window.ts';
import { FakeMessageChannelMain } from './message-channel.ts';

type Handler = (...parameters: never[]) => unknown;

/** A menu entry as Electron was given it. */
export type FakeMenuItem = {
  readonly label?: string;
  readonly role?: string;
  readonly checked?: boolean;
  readonly click?: () => void;
  readonly submenu?: readonly FakeMenuItem[];
};

export class FakeNotification extends EventEmitter {
  static isSupported(): boolean {
    return true;
  }
  readonly options: { readonly title: string; readonly body: string; readonly urgency: string };
  #onShow: (notification: FakeNotification) => void = () => undefined;

  constructor(options: FakeNotification['options']) {
    super();
    this.options = options;
  }
  static watchedBy(onShow: (notification: FakeNotification) => void): typeof FakeNotification {
    return class extends FakeNotification {
      constructor(options: FakeNotification['options']) {
        super(options);
        this.#onShow = onShow;
      }
    };
  }
  show(): void {
    this.#onShow(this);
  }
}

/**
 * A small stand-in of Electron's main process: what the desktop shell uses, with the rules about order that Electron
 * enforces (what must happen before it is ready, and what only after).
 */
export type FakeElectron = {
  readonly module: ElectronModule;
  readonly app: FakeApp;
  readonly windows: FakeWindow[];
  readonly ipcMain: EventEmitter & { readonly handlers: Map<string, Handler> };
  readonly notifications: FakeNotification[];
  readonly openedOutside: string[];
  readonly errorBoxes: { readonly title: string; readonly text: string }[];
  readonly questions: { readonly message: string; readonly detail: string }[];
  readonly nativeTheme: EventEmitter & { themeSource: string; shouldUseDarkColors: boolean };
  readonly session: Record<string, Handler | undefined>;
  /** What the person will answer. */
  readonly answers: { folder: string | undefined; quit: boolean };
  /** The menu bar that is shown. */
  menu(): readonly FakeMenuItem[];
  /** As the network of the app would. */
  fetch(url: string, method?: string): Promise<Response>;
};

export function createFakeElectron(
  machine: Machine,
  options: { readonly isPackaged?: boolean } = {},
): FakeElectron {
  const app = createFakeApp(machine, options.isPackaged ?? true);
  const schemes = new Map<string, (request: Request) => Response | Promise<Response>>();
  const privileged: string[] = [];
  const notifications: FakeNotification[] = [];
  const openedOutside: string[] = [];
  const errorBoxes: { title: string; text: string }[] = [];
  const questions: { message: string; detail: string }[] = [];
  const answers: FakeElectron['answers'] = { folder: undefined, quit: true };
  const ipcMain = Object.assign(new EventEmitter(), {
    handlers: new Map<string, Handler>(),
    handle: (channel: string, handler: Handler) => ipcMain.handlers.set(channel, handler),
  });
  const session: Record<string, Handler | undefined> = {};
  const keep = (name: string) => (handler: Handler) => {
    session[name] = handler;
  };
  const nativeTheme = Object.assign(new EventEmitter(), {
    shouldUseDarkColors: false,
    themeSource: 'system',
  });
  let menu: readonly FakeMenuItem[] = [];

  const fetch = async (url: string, method = 'GET'): Promise<Response> => {
    let isCancelled = false;
    const answer = (verdict: { cancel: boolean }): void => {
      isCancelled = verdict.cancel;
    };
    session.onBeforeRequest?.(...([{ url }, answer] as never[]));
    const scheme = url.slice(0, url.indexOf(':'));
    const handler = schemes.get(scheme);
    if (isCancelled) throw new Error(`net::ERR_BLOCKED_BY_CLIENT ${url}`);
    if (handler === undefined || !privileged.includes(scheme))
      throw new Error(`net::ERR_UNKNOWN_URL_SCHEME ${url}`);
    // Request has no place for a method and a scheme it does not know; the handler reads these two only.
    return handler({ method, url } as Request);
  };
  const { FakeBrowserWindow, windows } = createWindowClass(app, fetch);

  const module = {
    app,
    ipcMain,
    nativeTheme,
    BrowserWindow: FakeBrowserWindow,
    MessageChannelMain: FakeMessageChannelMain,
    Notification: FakeNotification.watchedBy((notification) => notifications.push(notification)),
    Menu: {
      buildFromTemplate: (template: readonly FakeMenuItem[]) => template,
      setApplicationMenu: (template: readonly FakeMenuItem[]) => {
        menu = template;
      },
    },
    protocol: {
      registerSchemesAsPrivileged: (added: readonly { scheme: string }[]) => {
        app.mustNotBeReady('protocol.registerSchemesAsPrivileged');
        privileged.push(...added.map(({ scheme }) => scheme));
      },
      handle: (scheme: string, handler: (request: Request) => Response | Promise<Response>) => {
        app.mustBeReady('protocol.handle');
        schemes.set(scheme, handler);
      },
    },
    session: {
      get defaultSession() {
        app.mustBeReady('session.defaultSession');
        return {
          setPermissionRequestHandler: keep('permissionRequest'),
          setPermissionCheckHandler: keep('permissionCheck'),
          setDevicePermissionHandler: keep('devicePermission'),
          webRequest: { onBeforeRequest: keep('onBeforeRequest') },
        };
      },
    },
    screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
    shell: {
      openExternal: async (url: string) => void openedOutside.push(url),
      openPath: async (path: string) => void openedOutside.push(path),
    },
    dialog: {
      showErrorBox: (title: string, text: string) => errorBoxes.push({ title, text }),
      showOpenDialog: async () =>
        answers.folder === undefined
          ? { canceled: true, filePaths: [] }
          : { canceled: false, filePaths: [answers.folder] },
      showMessageBox: async (question: { message: string; detail: string; buttons: string[] }) => {
        questions.push({ message: question.message, detail: question.detail });
        return { response: question.buttons.indexOf(answers.quit ? 'Quit' : 'Keep Running') };
      },
    },
  };
  return {
    // Only the members that the shell uses exist, so no smaller cast will do.
    module: module as unknown as ElectronModule,
    app,
    windows,
    ipcMain,
    notifications,
    openedOutside,
    errorBoxes,
    questions,
    nativeTheme,
    session,
    answers,
    menu: () => menu,
    fetch,
  };
}
