import { createHmac } from 'node:crypto';

/** Identity tokens as Google gives them, and what Cloud Run makes of them before a request reaches a private service. */
export type Identities = {
  issue(email: string, audience: string): string;
  /** Undefined lets the request in. */
  refusal(wanted: Wanted, headers: Readonly<Record<string, string>>): 401 | 403 | undefined;
  /** Every one that was issued. */
  readonly issued: readonly string[];
};

export type Wanted = {
  /** The service's own address, also for a request to one of its tags. */
  readonly audience: string;
  /** Who has roles/run.invoker. */
  readonly invokers: readonly string[];
};

const lifeS = 3_600;

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function createIdentities(key: string): Identities {
  const issued: string[] = [];
  // Google signs with RS256; whoever only carries a token cannot tell.
  const sign = (text: string) => createHmac('sha256', key).update(text).digest('base64url');
  return {
    issued,
    issue(email, audience) {
      const now = Math.floor(Date.now() / 1_000);
      const claims = { iss: 'https://accounts.google.com', aud: audience, email, email_verified: true };
      const text = `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded({ ...claims, iat: now, exp: now + lifeS })}`;
      const token = `${text}.${sign(text)}`;
      issued.push(token);
      return token;
    },
    refusal({ audience, invokers }, headers) {
      // Where both are there only the first is looked at.
      const header = headers['x-serverless-authorization'] ?? headers.authorization;
      if (header === undefined) return 403;
      const [, text = '', payload = '', signature] =
        /^Bearer ([\w-]+\.([\w-]+))\.([\w-]+)$/i.exec(header) ?? [];
      if (signature === undefined || signature !== sign(text)) return 401;
      const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
      const { aud, email, exp } = claims as { aud: string; email: string; exp: number };
      if (aud !== audience || exp * 1_000 < Date.now()) return 401;
      return invokers.includes(email) ? undefined : 403;
    },
  };
}
