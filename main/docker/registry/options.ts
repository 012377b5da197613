import type { CredentialOptions } from '../credentials.ts';
import type { EngineAccess } from '../engine-access.ts';
import type { RetryPolicy } from './retry.ts';

export type RegistryOptions = {
  /** Pushes and pulls; nothing else needs an engine. */
  readonly access: EngineAccess;
  readonly credentials: CredentialOptions;
  readonly now?: () => number;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly retries?: RetryPolicy;
  /** How long a registry may be silent, in ms. */
  readonly silenceMs?: number;
  /** What is larger travels in several requests. */
  readonly chunkBytes?: number;
};
