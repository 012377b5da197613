import { createStore } from 'zustand/vanilla';
import type { ConnectionState, Transport } from '../transport/client.ts';

export type ConnectionStoreState = {
  readonly state: ConnectionState;
  readonly reconnect: () => void;
};

export function createConnectionStore(connection: Transport['connection']) {
  const store = createStore<ConnectionStoreState>()(() => ({
    state: connection.get(),
    reconnect: connection.reconnect,
  }));
  connection.subscribe((state) => store.setState({ state }));
  return store;
}
