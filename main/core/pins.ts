import type { ReleaseId, WorkspaceId } from '#shared/domain/ids.ts';
import type { Pin } from '#shared/domain/retention.ts';
import type { Ports } from './context.ts';
import { requireRelease } from './releases.ts';
import { requireNotBeingRemoved } from './retention/removal-guard.ts';

type Needs = Pick<Ports, 'ledger' | 'clock'>;

/** Refused while a run removes its images. */
export function pinRelease(
  ports: Needs,
  workspaceId: WorkspaceId,
  id: ReleaseId,
  { by, note }: { readonly by: string; readonly note?: string | undefined },
): Pin {
  const release = requireRelease(ports, workspaceId, id);
  const pin: Pin = {
    release: id,
    by,
    at: ports.clock.now(),
    ...(note === undefined || note === '' ? {} : { note }),
  };
  ports.ledger.pins.put(workspaceId, pin, () => requireNotBeingRemoved(ports, release));
  return pin;
}

/** False when it was not pinned. */
export function unpinRelease(ports: Needs, workspaceId: WorkspaceId, id: ReleaseId, by: string): boolean {
  requireRelease(ports, workspaceId, id);
  return ports.ledger.pins.remove(workspaceId, id, by);
}
