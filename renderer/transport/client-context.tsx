import { createContext, use } from 'react';
import type { Client } from './client.ts';

const ClientContext = createContext<Client | undefined>(undefined);

export const ClientProvider = ClientContext;

/** The client this window talks through. Failures are thrown: `toTrouble` turns them into words. */
export function useClient(): Client {
  const client = use(ClientContext);
  if (client === undefined) throw new Error('useClient outside of ClientProvider');
  return client;
}
