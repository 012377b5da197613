import { connect } from 'node:net';
import type { Sockets } from '#main/core/ports.ts';

export function createSockets(): Sockets {
  return {
    async connect({ host, port }, { signal, timeoutMs }) {
      signal.throwIfAborted();
      const began = performance.now();
      const deadline = AbortSignal.timeout(timeoutMs);
      const either = AbortSignal.any([signal, deadline]);
      try {
        await accepted(host, port, either);
      } catch (error) {
        signal.throwIfAborted();
        // Not a TimeoutError: callers take that for a cancelled run.
        if (deadline.aborted) throw new Error(`no answer within ${timeoutMs} ms`, { cause: error });
        throw error;
      }
      return Math.round(performance.now() - began);
    },
  };
}

function accepted(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      resolve();
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
