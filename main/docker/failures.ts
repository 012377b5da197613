import { GantryError } from '#shared/domain/errors.ts';
import type { Candidate } from './find-engine.ts';

export function unreachable(engine: Candidate, why: string, cause?: unknown): GantryError {
  const message = `The engine at ${engine.host} (${engine.via}) does not answer: ${why}.`;
  const hint = hintFor(engine, why);
  return new GantryError('engine-unreachable', message, hint, cause === undefined ? {} : { cause });
}

/** Said of ssh by itself, of TLS by OpenSSL's name of the error or Node's. */
function hintFor({ host, tls, isNamed }: Candidate, why: string): string {
  const name = host.replace(/^ssh:\/\//, '').replace(/\/.*$/, '');
  if (host.startsWith('ssh:')) {
    if (/permission denied|too many authentication/i.test(why)) {
      return `\`ssh ${name}\` must work without a question: give your key to the agent (ssh-add), or name it in ~/.ssh/config.`;
    }
    if (/host key verification|identification has changed/i.test(why)) {
      return `Connect once by hand (ssh ${name}) and compare its key, so that it stands in ~/.ssh/known_hosts.`;
    }
    if (/not found/i.test(why))
      return 'Install the docker command over there: ssh reaches the engine through it.';
    if (/docker daemon/i.test(why))
      return 'ssh works; start the engine over there, and let that user use it.';
    return `Try \`ssh ${name} docker version\` by hand.`;
  }
  if (isTls.test(why)) {
    const folder = tls === undefined ? 'a folder of ca.pem, cert.pem and key.pem' : tls.folder;
    return `Look at ${folder}: ca.pem must be who signed the engine's certificate, cert.pem and key.pem what it lets in${tls === undefined ? '; name it under engine.tls.folder in gantry.yml' : ''}.`;
  }
  return isNamed === true
    ? 'Start it over there, see that it can be reached from here, or mend `engine` in gantry.yml.'
    : 'Start it, or point DOCKER_HOST or the docker context to one that runs, then try again.';
}

const isTls =
  /certificate|self[- ]signed|alert|wrong version number|SSL|TLS|altname|HTTP request to an HTTPS/i;

export function noEngine(
  tried: readonly string[],
  hint = 'Start Docker or Podman, or set DOCKER_HOST, then try again.',
): GantryError {
  const message = tried.length === 0 ? 'No engine was found.' : `No engine answers: ${tried.join('; ')}.`;
  return new GantryError('engine-unreachable', message, hint);
}

export function refused(said: string, hint: string): GantryError {
  return new GantryError('engine-refused', sentence(said), hint);
}

/** The engine's own words, with a full stop. */
function sentence(said: string): string {
  const text = said.trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What Node has to say of a connection that failed, without the name of the call. */
export function whyNot(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(whyNot).join('; ');
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return explanations[code] ?? (error.message === '' ? code : error.message);
}

const explanations: Readonly<Record<string, string>> = {
  ENOENT: 'there is no socket',
  ECONNREFUSED: 'nothing listens there',
  EACCES: 'this user may not use the socket',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'there is no such machine',
};
