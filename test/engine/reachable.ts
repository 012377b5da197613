import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { pings } from './daemons.ts';
import type { ReachableEngine } from './engine.ts';
import { type EnvVars, which } from './machine.ts';
import { lastWords, run } from './process.ts';

type Candidate = { readonly via: string; readonly host: string };

export type Sought = { readonly engine: ReachableEngine } | { readonly reason: string };

const contextSchema = z.object({ Endpoints: z.object({ docker: z.object({ Host: z.string() }) }) });
const configSchema = z.object({ currentContext: z.string().optional() });

function readJson<T>(file: string, schema: z.ZodType<T>): T | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return schema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** The client keeps a context's endpoint under the SHA-256 of its name (docker/cli, cli/context/store). */
function currentContext(env: EnvVars, home: string): Candidate | undefined {
  const folder = env.DOCKER_CONFIG || join(home, '.docker');
  const name = env.DOCKER_CONTEXT || readJson(join(folder, 'config.json'), configSchema)?.currentContext;
  if (!name || name === 'default') return undefined;
  const id = createHash('sha256').update(name).digest('hex');
  const context = readJson(join(folder, 'contexts', 'meta', id, 'meta.json'), contextSchema);
  return context && { via: `docker context ${name}`, host: context.Endpoints.docker.Host };
}

function sockets(env: EnvVars, home: string): readonly Candidate[] {
  const runtime = env.XDG_RUNTIME_DIR;
  if (process.platform === 'win32') {
    return [
      { via: 'Docker Desktop', host: 'npipe:////./pipe/dockerDesktopLinuxEngine' },
      { via: 'Docker', host: 'npipe:////./pipe/docker_engine' },
      { via: 'Podman', host: 'npipe:////./pipe/podman-machine-default' },
    ];
  }
  return [
    { via: 'Docker Desktop', host: `unix://${join(home, '.docker', 'run', 'docker.sock')}` },
    { via: 'Docker Desktop', host: `unix://${join(home, '.docker', 'desktop', 'docker.sock')}` },
    { via: 'Docker', host: 'unix:///var/run/docker.sock' },
    ...(runtime ? [{ via: 'rootless Docker', host: `unix://${join(runtime, 'docker.sock')}` }] : []),
    ...(runtime
      ? [{ via: 'rootless Podman', host: `unix://${join(runtime, 'podman', 'podman.sock')}` }]
      : []),
    { via: 'Podman', host: 'unix:///run/podman/podman.sock' },
    { via: 'Podman', host: `unix://${join(home, '.local/share/containers/podman/machine/podman.sock')}` },
  ];
}

function pingsTcp(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const url = `${host.replace(/^tcp:/, 'http:')}/_ping`;
    const asked = request(url, { timeout: 2_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

async function answers(host: string, env: Record<string, string>): Promise<boolean> {
  if (host.startsWith('unix://')) return pings(host.slice('unix://'.length));
  if (host.startsWith('npipe://')) return pings(host.slice('npipe://'.length).replaceAll('/', '\\'));
  if (host.startsWith('tcp://') && !env.DOCKER_TLS_VERIFY) return pingsTcp(host);
  // ssh and TLS: the client knows how to reach it.
  return (await run('docker', ['version'], { env, signal: AbortSignal.timeout(10_000) })).code === 0;
}

/** The variables that are set, in the form that a child process takes. */
export function definedOnly(env: EnvVars): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

/** An engine without the docker command and Compose is of no use to a deploy. */
async function usable(candidate: Candidate, env: EnvVars): Promise<Sought> {
  const dockerBin = which('docker', env.PATH);
  if (dockerBin === undefined) {
    return {
      reason: `${candidate.via} answers, but the docker command is not on the path: install the Docker CLI.`,
    };
  }
  const childEnv = { ...definedOnly(env), DOCKER_HOST: candidate.host };
  const compose = await run(dockerBin, ['compose', 'version', '--short'], { env: childEnv });
  if (compose.code !== 0) {
    const said = lastWords(compose.stderr, 1);
    return {
      reason: `${candidate.via} answers, but docker compose (v2) does not work: ${said}. Install its plugin.`,
    };
  }
  const engine: ReachableEngine = {
    kind: 'reachable',
    via: candidate.via,
    dockerHost: candidate.host,
    dockerBin,
    env: { DOCKER_HOST: candidate.host },
    stop: async () => {},
  };
  return { engine };
}

/** The engine that a person already has: DOCKER_HOST, the current context, then the usual sockets, in that order. */
export async function findEngine(env: EnvVars = process.env, home: string = homedir()): Promise<Sought> {
  const set = env.DOCKER_HOST;
  if (set) {
    const candidate = { via: 'DOCKER_HOST', host: set };
    if (await answers(set, definedOnly(env))) return usable(candidate, env);
    return {
      reason: `DOCKER_HOST is set to ${set}, but no engine answers there: start it, or unset DOCKER_HOST.`,
    };
  }
  const context = currentContext(env, home);
  const tried: string[] = [];
  let unusable: string | undefined;
  for (const candidate of [...(context ? [context] : []), ...sockets(env, home)]) {
    const socketFile = candidate.host.startsWith('unix://')
      ? candidate.host.slice('unix://'.length)
      : undefined;
    if (socketFile !== undefined && !existsSync(socketFile)) continue;
    tried.push(`${candidate.via} (${candidate.host})`);
    if (!(await answers(candidate.host, { ...definedOnly(env), DOCKER_HOST: candidate.host }))) continue;
    const sought = await usable(candidate, env);
    if ('engine' in sought) return sought;
    unusable ??= sought.reason;
  }
  if (unusable !== undefined) return { reason: unusable };
  if (tried.length > 0)
    return { reason: `No Docker engine answers: tried ${tried.join(', ')}. Start one of them.` };
  return { reason: 'No Docker engine was found: start Docker or Podman, or set DOCKER_HOST.' };
}
