import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

/*
 * What the docker CLI would tell a registry: docker/cli's config.json and the helpers of docker-credential-helpers.
 */

export type Credentials = {
  /** Empty with an identity token. */
  readonly username: string;
  readonly secret: string;
};

export type CredentialOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where config.json is. */
  readonly configFolder: string;
};

const authSchema = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});
const configSchema = z.object({
  auths: z.record(z.string(), authSchema).nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
  credsStore: z.string().nullish(),
});
type Config = z.infer<typeof configSchema>;

const anonymous: Credentials = { username: '', secret: '' };

/** Docker Hub is kept under the name of an index that is long gone. */
const hubKey = 'https://index.docker.io/v1/';
const hubHosts = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** Empty ones where the person is not logged in. Throws, without a secret in it, when a helper fails. */
export async function findCredentials(host: string, options: CredentialOptions): Promise<Credentials> {
  const key = hubHosts.has(host) ? hubKey : host;
  const given = options.env.DOCKER_AUTH_CONFIG;
  const fromVariable = given ? fromAuths(readConfig(given, 'DOCKER_AUTH_CONFIG'), key) : undefined;
  if (fromVariable !== undefined) return fromVariable;
  const file = join(options.configFolder, 'config.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const config = text === undefined ? undefined : readConfig(text, file);
  if (config === undefined) return anonymous;
  const helper = config.credHelpers?.[key] ?? config.credsStore;
  const fromHelper = helper ? await askHelper(helper, key, options.env) : undefined;
  return fromHelper ?? fromAuths(config, key) ?? anonymous;
}

function readConfig(text: string, place: string): Config {
  try {
    return configSchema.parse(JSON.parse(text));
  } catch {
    // The parser's words may hold a part of what it read.
    throw new Error(`${place} is not valid`);
  }
}

function fromAuths(config: Config, key: string): Credentials | undefined {
  const auths = config.auths ?? {};
  const found = auths[key] ?? Object.entries(auths).find(([name]) => hostOf(name) === hostOf(key))?.[1];
  if (found === undefined) return undefined;
  if (found.identitytoken) return { username: '', secret: found.identitytoken };
  if (found.auth) {
    const pair = Buffer.from(found.auth, 'base64').toString('utf8');
    const colon = pair.indexOf(':');
    return { username: pair.slice(0, colon), secret: pair.slice(colon + 1).replace(/\0+$/, '') };
  }
  return found.username && found.password ? { username: found.username, secret: found.password } : undefined;
}

/** Old entries are whole addresses. */
function hostOf(name: string): string {
  return name.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

const answerSchema = z.object({ Username: z.string(), Secret: z.string() });

async function askHelper(
  helper: string,
  key: string,
  env: CredentialOptions['env'],
): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`;
  if (!/^[\w.-]+$/.test(program)) throw new Error('config.json names a credential helper that is none');
  const { exitCode, output } = await run(program, key, env);
  if (exitCode !== 0) {
    // Errors come on standard output.
    if (/credentials not found|no credentials server URL/.test(output)) return undefined;
    throw new Error(`${program} failed with exit code ${exitCode}`);
  }
  const answer = readAnswer(output);
  if (answer === undefined) throw new Error(`${program} gave an answer that cannot be read`);
  return answer.Username === '<token>'
    ? { username: '', secret: answer.Secret }
    : { username: answer.Username, secret: answer.Secret };
}

function readAnswer(output: string) {
  try {
    return answerSchema.safeParse(JSON.parse(output)).data;
  } catch {
    return undefined;
  }
}

/** The engine gives up after 60 seconds: a helper that asks the person something has nearly all of them. */
const helperWithinMs = 55_000;

function run(program: string, input: string, env: CredentialOptions['env']) {
  return new Promise<{ readonly exitCode: number | null; readonly output: string }>((resolve, reject) => {
    const child = spawn(program, ['get'], {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: helperWithinMs,
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', () => reject(new Error(`${program} cannot be run; is it on the PATH?`)));
    child.once('close', (exitCode) => resolve({ exitCode, output: Buffer.concat(chunks).toString('utf8') }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
