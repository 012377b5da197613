import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';

/** One machine's locks: two apps on it with the same user data are two starts of one app. */
export type Machine = { readonly holders: Map<string, FakeApp> };

export function createMachine(): Machine {
  return { holders: new Map() };
}

export type FakeApp = EventEmitter & {
  readonly isPackaged: boolean;
  /** In order, what was called that leaves no other trace. */
  readonly calls: string[];
  readonly windowsToClose: Set<{ close(): void }>;
  /** Undefined while it runs. */
  exitCode: number | undefined;
  /** Electron has started up. */
  becomeReady(): void;
  mustBeReady(what: string): void;
  mustNotBeReady(what: string): void;
  whenReady(): Promise<void>;
  setPath(name: string, path: string): void;
  requestSingleInstanceLock(data?: unknown): boolean;
  enableSandbox(): void;
  setName(name: string): void;
  setAppUserModelId(id: string): void;
  quit(): void;
  exit(code: number): void;
};

export function preventable(): { readonly defaultPrevented: boolean; preventDefault(): void } {
  let defaultPrevented = false;
  return {
    get defaultPrevented() {
      return defaultPrevented;
    },
    preventDefault: () => {
      defaultPrevented = true;
    },
  };
}

export function createFakeApp(machine: Machine, isPackaged: boolean): FakeApp {
  const ready = Promise.withResolvers<void>();
  let isReady = false;
  let userData = '';
  const app: FakeApp = Object.assign(new EventEmitter(), {
    isPackaged,
    calls: [] as string[],
    windowsToClose: new Set<{ close(): void }>(),
    exitCode: undefined,
    becomeReady: () => {
      isReady = true;
      ready.resolve();
    },
    mustBeReady: (what: string) => {
      if (!isReady) throw new Error(`${what} can only be used after the app is ready`);
    },
    mustNotBeReady: (what: string) => {
      if (isReady) throw new Error(`${what} should be called before the app is ready`);
    },
    whenReady: () => ready.promise,
    setPath: (name: string, path: string) => {
      if (!existsSync(path)) throw new Error(`Failed to set '${name}': ${path} does not exist`);
      userData = path;
    },
    requestSingleInstanceLock: (data?: unknown) => {
      const holder = machine.holders.get(userData);
      if (holder === undefined) {
        machine.holders.set(userData, app);
        return true;
      }
      queueMicrotask(() => holder.emit('second-instance', preventable(), [], '/', structuredClone(data)));
      return false;
    },
    enableSandbox: () => {
      app.mustNotBeReady('app.enableSandbox');
      app.calls.push('enableSandbox');
    },
    setName: () => undefined,
    setAppUserModelId: () => undefined,
    quit: () => {
      const event = preventable();
      app.emit('before-quit', event);
      if (event.defaultPrevented) return;
      for (const window of app.windowsToClose) window.close();
      if (app.windowsToClose.size === 0) app.exit(0);
    },
    exit: (code: number) => {
      if (app.exitCode !== undefined) return;
      app.exitCode = code;
      if (machine.holders.get(userData) === app) machine.holders.delete(userData);
      app.emit('exited');
    },
  });
  return app;
}
