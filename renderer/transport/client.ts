import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '#shared/api/contract.ts';

/** The typed client of the one contract; every transport gives the same. */
export type Client = ContractRouterClient<Contract>;

export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  /** `since`: when it was noticed. `retryAt`: when the next try begins; absent while one is under way. */
  | { readonly kind: 'lost'; readonly since: number; readonly retryAt?: number };

/** A client and the wire below it. Calls made while the wire is down fail at once with `connection-lost`. */
export type Transport = {
  readonly client: Client;
  readonly connection: {
    readonly get: () => ConnectionState;
    readonly subscribe: (onChange: (state: ConnectionState) => void) => () => void;
    /** Tries again now instead of at `retryAt`; drops a wire that is open but silent. */
    readonly reconnect: () => void;
  };
  readonly dispose: () => void;
};
