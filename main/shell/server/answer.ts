import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerAsset } from '../answer-asset.ts';
import { securityHeaders } from '../content-security-policy.ts';
import type { BrowserSessions, OneTimeLinks } from './one-time-links.ts';
import { signInPage, welcomePage } from './pages.ts';
import { cookie, refusal } from './request-guard.ts';

/** Where a one-time link leads. */
export const linkPath = '/api/session';

export type AnswerOptions = {
  readonly hosts: readonly string[];
  readonly cookieName: string;
  readonly links: OneTimeLinks;
  readonly sessions: BrowserSessions;
  readonly rendererFolder: string;
  /** Whether the browser belongs to the user who started the server. */
  readonly isSameUser: (request: IncomingMessage) => Promise<boolean>;
};

/** Everything but the WebSocket: the link, the renderer's files, and refusals. */
export async function answer(request: IncomingMessage, options: AnswerOptions): Promise<Response> {
  const { hosts, cookieName, sessions, rendererFolder } = options;
  const method = request.method ?? 'GET';
  const refused = refusal({ method, headers: request.headers }, hosts);
  if (refused !== undefined) return text(403, `${refused}\n`);
  const url = URL.parse(request.url ?? '/', 'http://gantry');
  if (url === null) return text(400, 'That is no address.\n');
  if (url.pathname === linkPath) return signIn(request, url, options);
  if (!sessions.has(cookie(request.headers.cookie, cookieName))) {
    return html(401, signInPage('This browser has not been let in.'));
  }
  return answerAsset({ method, pathname: url.pathname }, rendererFolder, async (path) => {
    return new Uint8Array(await readFile(path));
  });
}

async function signIn(request: IncomingMessage, url: URL, options: AnswerOptions): Promise<Response> {
  const { links, sessions, cookieName, isSameUser } = options;
  // A HEAD, as link previews send it, must not use the link up.
  if (request.method !== 'GET') return text(405, 'Only GET.\n');
  const token = url.searchParams.get('token') ?? '';
  const link = links.look(token);
  if (link?.sameUser === true && !(await isSameUser(request))) {
    return html(401, signInPage('This link is for the user who started Gantry.'));
  }
  if (link === undefined || !links.use(token)) {
    // Whoever has a session already only followed an old link.
    if (sessions.has(cookie(request.headers.cookie, cookieName))) return html(200, welcomePage('/'));
    return html(401, signInPage('This link was used before, or it is too old.'));
  }
  const welcome = html(200, welcomePage(`/${link.landing}`));
  // Not Secure: this is http, and only on loopback. Without an end it lasts as long as the browser runs.
  welcome.headers.set('set-cookie', `${cookieName}=${sessions.open()}; Path=/; HttpOnly; SameSite=Strict`);
  return welcome;
}

function html(status: number, body: string): Response {
  return plainAnswer(status, body, 'text/html; charset=utf-8');
}

export function text(status: number, body: string): Response {
  return plainAnswer(status, body, 'text/plain; charset=utf-8');
}

function plainAnswer(status: number, body: string, contentType: string): Response {
  const headers = { ...securityHeaders(), 'content-type': contentType, 'cache-control': 'no-store' };
  return new Response(body, { status, headers });
}

export async function send(response: Response, to: ServerResponse): Promise<void> {
  // A set-cookie header is the only one that may repeat, and there is at most one of it.
  to.writeHead(response.status, Object.fromEntries(response.headers));
  to.end(Buffer.from(await response.arrayBuffer()));
}
