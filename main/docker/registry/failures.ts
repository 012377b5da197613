import * as z from 'zod';
import { GantryError } from '#shared/domain/errors.ts';
import { whyNot } from '../failures.ts';

/** Nothing can be said of the request: no answer came, or none that has to do with it. */
export function unreachable(host: string, why: string, cause?: unknown): GantryError {
  const hint = 'See that the registry is up and that this machine reaches it, then try again.';
  const options = cause === undefined ? {} : { cause };
  return new GantryError(
    'registry-unreachable',
    `The registry ${host} does not answer: ${why}.`,
    hint,
    options,
  );
}

export function refused(message: string, hint: string, cause?: unknown): GantryError {
  return new GantryError('registry-refused', message, hint, cause === undefined ? {} : { cause });
}

/** Cannot be promoted, whichever registry it is in. */
export function unfit(message: string, hint: string): GantryError {
  return new GantryError('image-unfit', message, hint);
}

export function gone(what: string): GantryError {
  return new GantryError('image-gone', `${what}.`, 'Push the release there again, or build it anew.');
}

/** What went wrong with a connection, in words; never the URL, which may be signed. */
export function connectionTrouble(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('ERR_TLS') || tlsCodes.has(code) || code.startsWith('ERR_SSL')) {
    return `its certificate is not accepted (${error instanceof Error ? error.message : code})`;
  }
  return whyNot(error);
}

const tlsCodes = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'EPROTO',
]);

/** Trying again soon may help. A name that does not exist, or a certificate that is wrong, stays so. */
export function isPassingTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isPassingTrouble);
  const code = 'code' in error ? String(error.code) : '';
  return passingCodes.has(code);
}

const passingCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

const errorsSchema = z.object({
  errors: z.array(
    z.object({ code: z.string().nullish(), message: z.string().nullish(), detail: z.unknown().optional() }),
  ),
});

export type Refusal = {
  /** The codes of the distribution API: `MANIFEST_UNKNOWN`. */
  readonly codes: readonly string[];
  /** The registry's own words, cut to a readable length; empty without any. */
  readonly said: string;
};

const longestSaid = 300;

export function readRefusal(body: Buffer): Refusal {
  const text = body.toString('utf8');
  const errors = parse(text)?.errors ?? [];
  const codes = errors.flatMap(({ code }) => (code ? [code] : []));
  const words = errors
    .map(({ code, message, detail }) => [message || code, digestIn(detail)].filter(Boolean).join(' '))
    .filter((word) => word !== '');
  // A page of a proxy is not worth reading.
  const said = errors.length > 0 ? words.join('; ') : text.trimStart().startsWith('<') ? '' : text.trim();
  return { codes, said: oneLine(said).slice(0, longestSaid) };
}

/** Which blob is unknown stands in the detail, in a different place with each registry. */
function digestIn(detail: unknown): string | undefined {
  return /sha256:[0-9a-f]{64}/.exec(JSON.stringify(detail) ?? '')?.[0];
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/\.$/, '');
}

function parse(text: string): z.infer<typeof errorsSchema> | undefined {
  try {
    return errorsSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The error for an answer that is none of those asked for. */
export function refusalOf(
  host: string,
  what: string,
  status: number,
  refusal: Refusal,
  cause?: unknown,
): GantryError {
  const words = refusal.said === '' ? '' : `: ${refusal.said}`;
  switch (true) {
    case refusal.codes.includes('MANIFEST_BLOB_UNKNOWN'):
      return gone(`The registry ${host} lacks a part of the image${words}`);
    case refusal.codes.includes('NAME_UNKNOWN'):
      return refused(
        `The registry ${host} does not know the repository of ${what}${words}.`,
        'Create the repository there first, or mend its name.',
      );
    case status === 401:
      return refused(`The registry ${host} wants to know who asks for ${what}${words}.`, loginHint(host));
    case status === 403:
      return refused(
        `The registry ${host} does not allow ${what}${words}.`,
        'Log in there as somebody who may, or have the right granted.',
      );
    case status === 429:
      return new GantryError(
        'registry-unreachable',
        `The registry ${host} has had too many requests for now${words}.`,
        'Wait a while, then try again.',
        { cause },
      );
    case status >= 500 || status === 408 || status === 425:
      return unreachable(host, `it answered ${status} to ${what}${words}`, cause);
    default:
      return refused(
        `The registry ${host} answered ${status} to ${what}${words}.`,
        'Its own log may tell more.',
      );
  }
}

export function loginHint(host: string): string {
  return `Log in with: docker login${host === 'docker.io' ? '' : ` ${host}`}`;
}

/** The registry, or whoever it names as its token server or storage, wants to be spoken to in the clear. */
export function plainHttpRefused(host: string, to: string): GantryError {
  return refused(
    `The registry ${host} sends Gantry on to ${to} without encryption.`,
    `If that is meant, name ${to} under registry.insecure in gantry.yml.`,
  );
}
