/** How a registry wants to know who asks: RFC 9110's WWW-Authenticate, as far as registries use it. */
export type Challenge =
  | { readonly kind: 'basic' }
  | {
      readonly kind: 'bearer';
      /** Where tokens come from. */
      readonly realm: string;
      readonly service?: string;
      /** What the request that was refused needs. */
      readonly scopes: readonly string[];
    };

/** The strongest of those offered, as docker chooses: a token before a password. `undefined`: none that is known here. */
export function readChallenge(headers: readonly string[]): Challenge | undefined {
  const offered = headers.flatMap(splitChallenges);
  for (const { scheme, parameters } of offered) {
    const realm = parameters.get('realm');
    if (scheme !== 'bearer' || !realm) continue;
    const service = parameters.get('service');
    const scopes = (parameters.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
    return { kind: 'bearer', realm, scopes, ...(service === undefined ? {} : { service }) };
  }
  return offered.some(({ scheme }) => scheme === 'basic') ? { kind: 'basic' } : undefined;
}

type Offer = { readonly scheme: string; readonly parameters: ReadonlyMap<string, string> };

/** A parameter, quoted or not; or, where no `=` follows, the name of the next scheme. */
const part =
  /\s*,?\s*(?:([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|([\w-]+)(?=\s|,|$))/gy;

/** One header may hold several challenges, parted by commas as their parameters are. */
function splitChallenges(header: string): readonly Offer[] {
  const offers: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  for (const [, name, quoted, plain, scheme] of header.matchAll(part)) {
    if (scheme !== undefined) offers.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else if (name !== undefined) {
      const value = quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1');
      offers.at(-1)?.parameters.set(name.toLowerCase(), value);
    }
  }
  return offers;
}

/**
 * `repository:a/b:pull` and `repository:a/b:push` become `repository:a/b:pull,push`: each token costs a request, and
 * some servers refuse a request with many scopes.
 */
export function mergeScopes(scopes: Iterable<string>): readonly string[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const colon = scope.lastIndexOf(':');
    const [resource, list] = colon < 0 ? [scope, ''] : [scope.slice(0, colon), scope.slice(colon + 1)];
    const known = actions.get(resource) ?? new Set();
    for (const action of list.split(',')) if (action !== '') known.add(action);
    actions.set(resource, known);
  }
  return [...actions].map(([resource, list]) => `${resource}:${[...list].sort().join(',')}`).sort();
}

/** Whether a token for `granted` serves a request that needs `needed`. Both merged. */
export function covers(granted: readonly string[], needed: readonly string[]): boolean {
  const merged = mergeScopes([...granted, ...needed]);
  return merged.length === granted.length && merged.every((scope, index) => scope === granted[index]);
}
