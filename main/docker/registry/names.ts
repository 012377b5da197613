import { GantryError } from '#shared/domain/errors.ts';

/** A repository of a registry. Docker Hub's host is `docker.io` here, as people write it. */
export type Repository = {
  /** With its port where it has one: `localhost:5000`, `[::1]:5000`. */
  readonly host: string;
  /** `library/redis` */
  readonly path: string;
};

export type RemoteName = {
  readonly repository: Repository;
  readonly tag?: string;
  readonly digest?: string;
};

const hub = 'docker.io';
/** Docker Hub answers the API under another name than images have. */
const hubApi = 'registry-1.docker.io';
const hubNames = new Set([hub, 'index.docker.io', hubApi]);

/** As distribution/reference has them. */
const hostPattern = /^(?:\[[0-9a-fA-F:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::[0-9]{1,5})?$/;
const pathPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;
const longestPath = 255;

/** `host:5000/team/app:1.2@sha256:…`, each part but the path optional. Throws `usage`. */
export function parseName(text: string): RemoteName {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !digestPattern.test(digest)) {
    throw invalid(
      text,
      `${JSON.stringify(digest)} is no digest`,
      'Write a digest as sha256: and 64 hex digits.',
    );
  }
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !tagPattern.test(tag)) {
    const rule =
      'A tag has up to 128 letters, digits, dots, hyphens and underscores, and begins with none of . and -.';
    throw invalid(text, `${JSON.stringify(tag)} is no tag`, rule);
  }
  const repository = parseRepository(hasTag ? named.slice(0, colon) : named);
  return {
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Without tag or digest. Throws `usage`. */
export function parseRepository(text: string): Repository {
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  const hasHost = first !== '' && isHost(first);
  const host = hasHost ? first : hub;
  const rest = hasHost ? text.slice(slash + 1) : text;
  const isHub = hubNames.has(host);
  const path = isHub && !rest.includes('/') ? `library/${rest}` : rest;
  if (!hostPattern.test(host))
    throw invalid(text, `${JSON.stringify(host)} is no host`, 'Write it as host or host:port.');
  if (!pathPattern.test(path) || path.length > longestPath) {
    const rule =
      'A repository is lower case letters and digits, parted by slashes, dots, hyphens or underscores.';
    throw invalid(text, `${JSON.stringify(rest)} is no repository`, rule);
  }
  return { host: isHub ? hub : host, path };
}

/** Docker's rule: what stands before the first slash is a host if nothing else could look like it. */
function isHost(first: string): boolean {
  return first === 'localhost' || /[.:]/.test(first) || /[A-Z]/.test(first);
}

function invalid(text: string, what: string, hint: string): GantryError {
  return new GantryError('usage', `${JSON.stringify(text)} names no image: ${what}.`, hint);
}

/** For a host that people name: where its API is. */
export function apiHost(host: string): string {
  return hubNames.has(host) ? hubApi : host;
}

/** As it stands in names and messages. */
export function nameOf({ host, path }: Repository): string {
  return `${host}/${path}`;
}

export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(name)
  );
}
