import type { Http } from '#main/core/ports.ts';
import type { RenderAccount } from './account.ts';

/** The account as if over HTTP, for tests whose clock does not move by itself. */
export function httpTo(account: RenderAccount, isReachable: () => boolean = () => true): Http {
  const send: Http['send'] = async ({ method, url, headers = {}, body = '', signal }) => {
    signal.throwIfAborted();
    if (!isReachable()) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const { pathname, search } = new URL(url);
    const told = account.answer({ method, path: `${pathname}${search}`, headers, body });
    if (told.kind === 'lost') throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    return { status: told.status, headers: told.headers, body: told.body, durationMs: 1 };
  };
  return { send, get: (url, options) => send({ method: 'GET', url, ...options }) };
}
