import type { Http2Session } from 'node:http2';
import type { Duplex } from 'node:stream';

/**
 * Not in the turn in which it was opened: Node hands a session what its socket had received a tick later, and throws
 * where nobody can catch it when the session is gone by then (lib/internal/http2/core.js of Node 24).
 */
export function closeHttp2(session: Http2Session, socket: Duplex): void {
  setImmediate(() => {
    session.destroy();
    socket.destroy();
  });
}
