import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { workspaceIdSchema } from '#shared/domain/ids.ts';
import type { FolderChooser } from '../features/workspaces/folder-chooser.tsx';
import { FolderChooserProvider } from '../features/workspaces/folder-chooser.tsx';
import { ActionsProvider, createActions } from '../stores/actions.tsx';
import type { Timers } from '../stores/board-store.ts';
import type { ThemePort } from '../stores/preferences-store.ts';
import type { AddressBar } from '../stores/routes/router.ts';
import { createRouter } from '../stores/routes/router.ts';
import { RouterProvider } from '../stores/routes/use-route.tsx';
import type { KeyValueStorage } from '../stores/storage.ts';
import type { Stores } from '../stores/stores.tsx';
import { createStores, StoresProvider } from '../stores/stores.tsx';
import type { Transport } from '../transport/client.ts';
import { ClientProvider } from '../transport/client-context.tsx';
import { toTrouble } from '../transport/trouble.ts';
import type { Clock } from '../ui/clock.ts';
import { ClockProvider } from '../ui/time.tsx';
import { App } from './app.tsx';
import { askToNotify } from './ask-to-notify.ts';
import { startLiveSync } from './live-sync.ts';
import type { Notifier } from './notifier.tsx';
import { NotifierProvider } from './notifier.tsx';
import { createRunEnded, openPlanAfterReload } from './run-ended.ts';
import type { ShellFacts } from './shell-facts.ts';

export type AppPorts = {
  readonly transport: Transport;
  readonly addressBar: AddressBar;
  readonly lasting: KeyValueStorage;
  readonly passing: KeyValueStorage;
  readonly theme: ThemePort;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly now: () => number;
  readonly isVisible: () => boolean;
  /** Visible and focused. */
  readonly isLooking: () => boolean;
  readonly onVisibility: (listener: () => void) => () => void;
  readonly notifier: Notifier;
  readonly folderChooser: FolderChooser | undefined;
  readonly shell: ShellFacts;
};

/** Wires stores, routes and the live stream together and draws the app. Gives back how to take it down. */
export function startApp(root: HTMLElement, ports: AppPorts): () => void {
  const { transport, notifier } = ports;
  const { client } = transport;
  const stores = createStores(ports);
  const router = createRouter(ports.addressBar);
  const actions = createActions({ client, stores, router });
  const stopSync = startLiveSync({
    ...ports,
    client,
    connection: transport.connection,
    stores,
    onRunEnded: createRunEnded({ stores, router, isLooking: ports.isLooking, notify: notifier.notify }),
  });
  const stopWaiting = openPlanAfterReload({ stores, router });
  const stopAsking = askToNotify(stores, notifier);
  rememberWorkspace(stores, ports.passing);
  void openFirstWorkspace(
    stores,
    router.get().workspace ?? ports.passing.getItem(workspaceKey),
    transport.connection,
  );

  const reactRoot = createRoot(root);
  reactRoot.render(
    <StrictMode>
      <ClockProvider clock={ports.clock}>
        <ClientProvider value={client}>
          <StoresProvider value={stores}>
            <RouterProvider value={router}>
              <ActionsProvider value={actions}>
                <NotifierProvider value={notifier}>
                  <FolderChooserProvider value={ports.folderChooser}>
                    <App shell={ports.shell} />
                  </FolderChooserProvider>
                </NotifierProvider>
              </ActionsProvider>
            </RouterProvider>
          </StoresProvider>
        </ClientProvider>
      </ClockProvider>
    </StrictMode>,
  );
  return () => {
    reactRoot.unmount();
    stopSync();
    stopWaiting();
    stopAsking();
    router.dispose();
    transport.dispose();
  };
}

/** Of this window: two windows may look at two workspaces. */
const workspaceKey = 'gantry.workspace';

function rememberWorkspace(stores: Stores, storage: KeyValueStorage): void {
  stores.workspace.subscribe((state, before) => {
    if (state.current === undefined || state.current.id === before.current?.id) return;
    storage.setItem(workspaceKey, state.current.id);
    void stores.workspace
      .getState()
      .loadRecent()
      .catch(() => undefined);
  });
}

/** The one the address or this window names, else the one opened last on this machine; asked again once the wire is back. */
async function openFirstWorkspace(
  stores: Stores,
  named: string | null,
  connection: Transport['connection'],
): Promise<void> {
  for (;;) {
    const answer = await tryFirstWorkspace(stores, named);
    if (answer !== 'connection-lost') return;
    stores.workspace.getState().showNone();
    await untilConnected(connection);
    if (stores.workspace.getState().current !== undefined) return;
  }
}

async function tryFirstWorkspace(
  stores: Stores,
  named: string | null,
): Promise<'settled' | 'connection-lost'> {
  const workspace = stores.workspace.getState();
  try {
    await workspace.loadRecent();
  } catch (error) {
    if (toTrouble(error).code === 'connection-lost') return 'connection-lost';
    workspace.showNone();
    return 'settled';
  }
  const { recent } = stores.workspace.getState();
  const wished = workspaceIdSchema.safeParse(named);
  if (wished.success && (await workspace.openKnown(wished.data))) return 'settled';
  const last = recent.find((each) => each.present);
  if (last === undefined) workspace.showNone();
  else await workspace.openKnown(last.id);
  return stores.workspace.getState().trouble?.code === 'connection-lost' ? 'connection-lost' : 'settled';
}

function untilConnected(connection: Transport['connection']): Promise<void> {
  return new Promise((resolve) => {
    if (connection.get().kind === 'connected') return resolve();
    const stop = connection.subscribe((state) => {
      if (state.kind !== 'connected') return;
      stop();
      resolve();
    });
  });
}
