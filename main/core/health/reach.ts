import type { Observed } from '#shared/domain/observed.ts';
import type { Identity } from '../identity.ts';
import { servicesOfReleases } from '../identity.ts';
import type { Reach } from '../ports.ts';

/** Where a place that was observed serves: the address that it names, else what the release's services publish. */
export function reachOf(seen: Observed, identity: Pick<Identity, 'compares'>): Reach {
  if (seen.kind !== 'running') return () => undefined;
  const published = servicesOfReleases(seen, identity)
    .flatMap((service) => service.ports.flatMap(parsePort))
    .sort((a, b) => a.inside - b.inside || Number(a.host.includes(':')) - Number(b.host.includes(':')));
  return (port) => {
    if (port === undefined && seen.address !== undefined) return seen.address.replace(/\/+$/, '');
    const found = published.find(({ inside }) => port === undefined || inside === port);
    if (found !== undefined) return `http://${found.host}:${found.outside}`;
    return seen.address === undefined || port === undefined ? undefined : withPort(seen.address, port);
  };
}

type Published = { readonly host: string; readonly outside: number; readonly inside: number };

/** `127.0.0.1:8080->80/tcp`, or without an address where it is published on all. */
function parsePort(text: string): Published[] {
  const [, host = '127.0.0.1', outside, inside] = /^(?:(\S+):)?(\d+)->(\d+)\/tcp$/.exec(text) ?? [];
  return outside === undefined ? [] : [{ host, outside: Number(outside), inside: Number(inside) }];
}

function withPort(address: string, port: number): string | undefined {
  const url = URL.parse(address);
  return url === null ? undefined : `${url.protocol}//${url.hostname}:${port}`;
}
