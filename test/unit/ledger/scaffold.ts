import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { LeaseScope, Ledger, RequestRun } from '#main/core/ports/ledger.ts';
import { openLedger } from '#main/ledger/open.ts';
import {
  type EnvironmentName,
  environmentNameSchema,
  envSnapshotIdSchema,
  type ReleaseId,
  type RunId,
  releaseIdSchema,
  type WorkspaceId,
} from '#shared/domain/ids.ts';
import type { RunKind } from '#shared/domain/outcome.ts';
import type { ProcessIdentity } from '#shared/domain/processes.ts';
import type { Release } from '#shared/domain/release.ts';
import type { RunEvent, RunEventOf } from '#shared/domain/run-events.ts';

export const dev = environmentNameSchema.parse('dev');
export const prod = environmentNameSchema.parse('prod');
export const releaseA = releaseIdSchema.parse('r-aaaaaa');
export const releaseB = releaseIdSchema.parse('r-bbbbbb');
export const snapshot1 = envSnapshotIdSchema.parse(`e-${'1'.repeat(64)}`);
export const ada = { name: 'ada', shell: 'cli' } as const;
export const owner: ProcessIdentity = { bootId: 'boot', pid: 100, startTime: '1' };
export const otherOwner: ProcessIdentity = { bootId: 'boot', pid: 200, startTime: '2' };
export const staleAfterMs = 15_000;

/** A folder that is gone when the test ends. */
export function temporaryFolder(within = realpathSync(tmpdir())): string {
  const folder = mkdtempSync(join(within, 'gantry-ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * For what commits hundreds of times: each commit is written through to the disk, and how long that takes depends on
 * whoever else writes. In memory where the machine has a folder there (Linux).
 */
export function quickFolder(): string {
  const inMemory = '/dev/shm';
  return temporaryFolder(existsSync(inMemory) ? inMemory : undefined);
}

export function open(path: string, busyTimeoutMs = 1000): Ledger {
  const ledger = openLedger({ path, now: () => 1_700_000_000_000, appVersion: '0.1.0', busyTimeoutMs });
  onTestFinished(() => ledger.close());
  return ledger;
}

export type Scaffold = {
  readonly ledger: Ledger;
  readonly path: string;
  readonly folder: string;
  readonly workspaceId: WorkspaceId;
  /** The same file once more, as another process would have it. */
  readonly another: () => Ledger;
};

export function freshLedger(folder = temporaryFolder()): Scaffold {
  const path = join(folder, 'ledger.db');
  const ledger = open(path);
  const workspaceId = ledger.workspaces.opened(folder, 'shop', 1);
  return { ledger, path, folder, workspaceId, another: () => open(path) };
}

export type RunWish = {
  readonly kind?: RunKind;
  /** Absent for a build. */
  readonly environment?: EnvironmentName;
  readonly release?: ReleaseId;
  readonly requestId?: string;
  readonly at?: number;
  readonly isOwnerAlive?: (owner: ProcessIdentity) => boolean;
};

let requests = 0;

export function requestOf(workspaceId: WorkspaceId, wish: RunWish): RequestRun {
  const { environment, release, at = 1000, isOwnerAlive = () => true } = wish;
  requests += 1;
  const kind = wish.kind ?? (environment === undefined ? 'build' : 'deploy');
  const scope: LeaseScope = environment ?? '#build';
  const event: RunEventOf<'run-requested'> = {
    kind: 'run-requested',
    workspaceId,
    run: kind,
    ...(environment === undefined ? {} : { environment }),
    ...(release === undefined ? {} : { release }),
    steps: [],
    by: ada,
  };
  const requestId = wish.requestId ?? `request-${requests}`;
  return {
    workspaceId,
    requestId,
    scope,
    owner,
    by: ada,
    reason: `${kind} it`,
    at,
    staleAfterMs,
    isOwnerAlive,
    event,
  };
}

export type TakenRun = { readonly runId: RunId; readonly token: number };

export function take(ledger: Ledger, workspaceId: WorkspaceId, wish: RunWish): TakenRun {
  const answer = ledger.runs.request(requestOf(workspaceId, wish));
  if (answer.kind !== 'taken') throw new Error(`the run was not taken but ${answer.kind}`);
  return answer;
}

export function end(more: Partial<RunEventOf<'run-ended'>> = {}): RunEventOf<'run-ended'> {
  return { kind: 'run-ended', outcome: 'succeeded', summary: 'Done', recovered: false, ...more };
}

export const progress = (text: string): RunEvent => ({ kind: 'step-progressed', step: 'up', text });

/** Requests a run and ends it. */
export function finish(
  ledger: Ledger,
  workspaceId: WorkspaceId,
  wish: RunWish,
  ended: Partial<RunEventOf<'run-ended'>> = {},
): RunId {
  const { runId, token } = take(ledger, workspaceId, wish);
  ledger.runs.append(runId, token, (wish.at ?? 1000) + 500, end(ended));
  return runId;
}

export function releaseOf(
  workspaceId: WorkspaceId,
  builtBy: RunId,
  id: ReleaseId = releaseA,
  builtAt = 1000,
): Release {
  return {
    id,
    workspaceId,
    version: '1.0.0',
    source: { uncommittedFiles: 0 },
    images: [
      {
        image: {
          identity: { imageId: `sha256:${'a'.repeat(64)}`, manifestDigests: {} },
          tags: [],
          size: 1,
          platform: 'linux/amd64',
          config: {
            entrypoint: [],
            command: [],
            envKeys: [],
            ports: [],
            user: '',
            workingDir: '',
            labels: {},
          },
          layers: [],
        },
        tags: [`shop:${id}`],
      },
    ],
    tests: [],
    builtBy,
    builtAt,
  };
}

/** The error's code, hint and message, where `work` throws one of Gantry's. */
export function refusal(work: () => unknown): {
  readonly code: string;
  readonly hint: string;
  readonly message: string;
} {
  try {
    work();
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'hint' in error)
      return { code: String(error.code), hint: String(error.hint), message: error.message };
    throw error;
  }
  throw new Error('it did not refuse');
}
