import type { RunId } from '#shared/domain/ids.ts';
import { heartbeatEveryMs, type Ports } from './context.ts';
import type { RunRecorder } from './run-recorder.ts';

/** How often a run looks whether another process asked it to stop, and writes what its steps said. */
const pulseMs = 100;

/** Keeps the lease alive, writes what waits, and listens for a cancel asked for in any process. */
export function startPulse(
  ports: Ports,
  runId: RunId,
  cancel: AbortController,
  recorder: RunRecorder,
): { readonly stop: () => void; readonly stopped: Promise<void> } {
  const stop = new AbortController();
  const beat = async () => {
    let lastHeartbeat = ports.clock.monotonic();
    while (!stop.signal.aborted) {
      await ports.clock.sleep(pulseMs, stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      recorder.flush();
      if (ports.ledger.runs.get(runId)?.isCancelRequested === true) cancel.abort();
      const elapsed = ports.clock.monotonic();
      if (elapsed - lastHeartbeat < heartbeatEveryMs) continue;
      lastHeartbeat = elapsed;
      if (!ports.ledger.leases.heartbeat(runId, recorder.token(), ports.clock.now())) cancel.abort();
    }
  };
  // A ledger that cannot be written now is noticed by the next event; a pulse that died would be noticed by nobody.
  const survive = async (): Promise<void> => {
    try {
      await beat();
    } catch {
      if (!stop.signal.aborted) await survive();
    }
  };
  return { stop: () => stop.abort(), stopped: survive() };
}
