import type { IncomingHttpHeaders } from 'node:http';

export type GuardedRequest = { readonly method: string; readonly headers: IncomingHttpHeaders };

/** Names under which this server may be addressed, each with its port. */
export function ownHosts(port: number): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`];
}

/**
 * Why a request is not ours to answer; `undefined` when it is. A foreign Host is DNS rebinding: a name of somebody
 * else's that now points here. A foreign Origin is another site's page, or another port of this machine, asking.
 */
export function refusal({ method, headers }: GuardedRequest, hosts: readonly string[]): string | undefined {
  const { host, origin } = headers;
  if (host === undefined || !hosts.includes(host.toLowerCase())) return 'This address is not ours.';
  if (origin !== undefined && origin !== `http://${host.toLowerCase()}`) return 'This page is not ours.';
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  // Typing or following a link is a navigation; anything else that another site loads from here is not wanted.
  const site = headers['sec-fetch-site'];
  const isOwn = site === undefined || site === 'same-origin' || site === 'none';
  const isTopNavigation =
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isOwn || isTopNavigation ? undefined : 'This page is not ours.';
}

/** A WebSocket is not bound by the same-origin policy, so here the Origin must be there and be ours. */
export function upgradeRefusal(request: GuardedRequest, hosts: readonly string[]): string | undefined {
  return request.headers.origin === undefined ? 'This page is not ours.' : refusal(request, hosts);
}

/** The first cookie of that name. */
export function cookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [key, ...value] = part.trim().split('=');
    if (key === name) return value.join('=');
  }
  return undefined;
}
