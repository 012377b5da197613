import { createHash, randomBytes } from 'node:crypto';

/** How long a link may lie around unused, in ms. */
export const linkLifetimeMs = 5 * 60_000;

export type LinkFacts = {
  /** Where the page opens, as a fragment. */
  readonly landing: string;
  /** Only for a browser of the user who started the server. */
  readonly sameUser: boolean;
};

export type OneTimeLinks = {
  issue(facts: LinkFacts): string;
  /** Reading changes nothing; `undefined` for what was never issued, was used, or is too old. */
  look(token: string): LinkFacts | undefined;
  /** True once for each token. */
  use(token: string): boolean;
};

/** 256 bits, and only their hash is kept: comparing hashes tells nothing about the token by its timing. */
export function createOneTimeLinks(now: () => number, given: readonly string[] = []): OneTimeLinks {
  const links = new Map<string, LinkFacts & { readonly expiresAt: number }>();
  const put = (token: string, facts: LinkFacts) =>
    links.set(digest(token), { ...facts, expiresAt: now() + linkLifetimeMs });
  const look = (token: string) => {
    const link = links.get(digest(token));
    return link === undefined || now() > link.expiresAt ? undefined : link;
  };
  for (const token of given) put(token, { landing: '', sameUser: false });
  return {
    issue: (facts) => {
      for (const [key, { expiresAt }] of links) if (now() > expiresAt) links.delete(key);
      const token = newSecret();
      put(token, facts);
      return token;
    },
    look,
    use: (token) => {
      const isGood = look(token) !== undefined;
      links.delete(digest(token));
      return isGood;
    },
  };
}

export type BrowserSessions = {
  /** The cookie's value. */
  open(): string;
  has(value: string | undefined): boolean;
};

/**
 * Browsers that came in through a link; they end with the server. `shared` is one session for all of them, which
 * survives the server because its owner keeps it.
 */
export function createBrowserSessions(shared?: string): BrowserSessions {
  const sessions = new Set(shared === undefined ? [] : [digest(shared)]);
  return {
    open: () => {
      const value = shared ?? newSecret();
      sessions.add(digest(value));
      return value;
    },
    has: (value) => value !== undefined && sessions.has(digest(value)),
  };
}

export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
