import type { Http } from '#main/core/ports.ts';
import type { FakeProject } from './project.ts';

/** The project as if over HTTP, for tests whose clock does not move by itself. */
export function httpTo(project: FakeProject, isReachable: () => boolean = () => true): Http {
  const send: Http['send'] = async ({ method, url, headers = {}, body = '', signal }) => {
    signal.throwIfAborted();
    if (!isReachable()) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const { pathname, search } = new URL(url);
    const answer = project.answer({ method, path: `${pathname}${search}`, headers, body });
    if (answer.kind === 'lost') throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    const { status, body: text } = answer;
    return { status, headers: answer.headers, body: text, durationMs: 1 };
  };
  return { send, get: (url, options) => send({ method: 'GET', url, ...options }) };
}
