import * as z from 'zod';
import type { EnvKeyView } from '#shared/domain/env-diff.ts';
import { GantryError } from '#shared/domain/errors.ts';
import {
  type EnvironmentName,
  type EnvSnapshotId,
  envSnapshotIdSchema,
  type WorkspaceId,
} from '#shared/domain/ids.ts';
import type { EnvConfig } from '#shared/domain/workspace-config.ts';
import type { Ports } from './context.ts';
import { canonicalJson } from './hash.ts';
import type { Redactor } from './ports.ts';

/** Keys and values exactly as an env file had them; references stay references. */
export type EnvContent = {
  readonly id: EnvSnapshotId;
  /** Sorted by key. */
  readonly entries: readonly (readonly [key: string, value: string])[];
};

const sealedSchema = z.array(z.tuple([z.string(), z.string()]));

/** Content-addressed: the same keys and values have the same id on this machine. */
export function toEnvContent(
  ports: Pick<Ports, 'secrets'>,
  pairs: Iterable<readonly [string, string]>,
): EnvContent {
  const entries = [...new Map(pairs)].sort(([a], [b]) => (a < b ? -1 : 1));
  return { id: envSnapshotIdSchema.parse(`e-${ports.secrets.fingerprint(canonicalJson(entries))}`), entries };
}

export async function readEnvFile(
  ports: Pick<Ports, 'secrets' | 'workspaces'>,
  folder: string,
  file: string,
): Promise<EnvContent> {
  const entries = await ports.workspaces.readEnvFile(folder, file);
  return toEnvContent(
    ports,
    entries.map(({ key, value }) => [key, value] as const),
  );
}

/** As a snapshot has kept it; without one as the file has it now. */
export async function readEnv(
  ports: Pick<Ports, 'secrets' | 'workspaces' | 'ledger'>,
  folder: string,
  file: string,
  snapshot: EnvSnapshotId | undefined,
): Promise<EnvContent> {
  return snapshot === undefined ? readEnvFile(ports, folder, file) : loadEnvSnapshot(ports, snapshot);
}

export function storeEnvSnapshot(
  ports: Pick<Ports, 'secrets' | 'ledger' | 'clock'>,
  workspaceId: WorkspaceId,
  environment: EnvironmentName,
  content: EnvContent,
): void {
  ports.ledger.envSnapshots.put({
    id: content.id,
    workspaceId,
    environment,
    takenAt: ports.clock.now(),
    fingerprints: Object.fromEntries(
      content.entries.map(([key, value]) => [key, fingerprintOf(ports, key, value)]),
    ),
    sealed: ports.secrets.seal(content.id, JSON.stringify(content.entries)),
  });
}

export function loadEnvSnapshot(ports: Pick<Ports, 'secrets' | 'ledger'>, id: EnvSnapshotId): EnvContent {
  const row = ports.ledger.envSnapshots.get(id);
  if (row === undefined) {
    throw new GantryError(
      'ledger-corrupt',
      `The env snapshot ${id.slice(0, 14)} is not in the ledger.`,
      'Deploy with the env file as it is now instead.',
    );
  }
  return { id, entries: sealedSchema.parse(JSON.parse(ports.secrets.unseal(id, row.sealed))) };
}

/** What may be shown of it: a value only where its key is declared public. */
export function viewEnv(ports: Pick<Ports, 'secrets'>, content: EnvContent, config: EnvConfig): EnvKeyView[] {
  const publicKeys = new Set(config.public);
  return content.entries.map(([key, value]) => ({
    key,
    fingerprint: fingerprintOf(ports, key, value),
    ...(ports.secrets.isReference(value) ? { reference: value } : {}),
    ...(publicKeys.has(key) && !ports.secrets.isReference(value) ? { publicValue: value } : {}),
  }));
}

/** References resolved; what must not be printed is taught to the redactor before anyone sees it. */
export async function resolveEnv(
  ports: Pick<Ports, 'secrets'>,
  content: EnvContent,
  folder: string,
  redactor: Redactor,
): Promise<ReadonlyMap<string, string>> {
  const resolved = new Map<string, string>();
  for (const [key, value] of content.entries) {
    const isReference = ports.secrets.isReference(value);
    const plain = isReference ? await ports.secrets.resolve(value, folder) : value;
    if (isReference) redactor.learn([plain]);
    resolved.set(key, plain);
  }
  return resolved;
}

/**
 * Values of keys that are not declared public are kept out of every log. Small numbers and switches are left alone:
 * redacting every `1`, `true` or `8080` would make logs unreadable and protects nothing.
 */
export function learnPrivateValues(redactor: Redactor, content: EnvContent, config: EnvConfig): void {
  const publicKeys = new Set(config.public);
  const isTrivial = (value: string) => value.length < 4 || /^(\d{1,6}|true|false|none|null)$/i.test(value);
  redactor.learn(
    content.entries
      .filter(([key, value]) => !publicKeys.has(key) && !isTrivial(value))
      .map(([, value]) => value),
  );
}

/** The key is part of it, so that equal values under different keys cannot be told to be equal. */
function fingerprintOf(ports: Pick<Ports, 'secrets'>, key: string, value: string): string {
  return ports.secrets.fingerprint(`${key}\n${value}`);
}
