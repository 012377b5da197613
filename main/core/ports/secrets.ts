import type { BuildSecret } from '#shared/domain/build-config.ts';
import type { EnvSnapshotId } from '#shared/domain/ids.ts';

/** Replaces every known secret value, and what has the shape of one, by `[redacted]`. */
export type Redactor = {
  /** Text with line breaks kept. */
  redact(text: string): string;
  /** The same over every string in plain data. */
  redactDeep<T>(value: T): T;
  /** Values that must never be printed from now on; those shorter than 4 characters are left alone, or nothing would be readable. */
  learn(values: Iterable<string>): void;
};

export type Secrets = {
  /** One for each run: what it learned is forgotten with it. */
  redactor(): Redactor;
  isReference(value: string): boolean;
  /** `secret://env/NAME`, `secret://file/PATH` (relative to the workspace). Throws `secret-unresolved` naming the reference. */
  resolve(reference: string, folder: string): Promise<string>;
  /**
   * A build secret's bytes, as they are. Throws `secret-unresolved` naming where it should come from. A relative file is
   * in the workspace; `~` is the home folder.
   */
  readBuildSecret(source: BuildSecret, folder: string): Promise<Uint8Array>;
  /** Socket of an SSH agent: `agent` is the person's own. Throws `secret-unresolved` when nothing listens there. */
  sshAgent(written: string, folder: string): Promise<string>;
  /** HMAC-SHA-256 under a key that never leaves this machine: tells equal from different. */
  fingerprint(text: string): string;
  /** AES-256-GCM with the id as associated data. */
  seal(id: EnvSnapshotId, plain: string): Uint8Array;
  /** Throws `ledger-corrupt` when the bytes were changed or the key is another. */
  unseal(id: EnvSnapshotId, sealed: Uint8Array): string;
};
