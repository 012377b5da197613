import { createHash } from 'node:crypto';
import { join, posix, resolve } from 'node:path';
import * as z from 'zod';
import type { EnginePlace } from '#shared/domain/engine-place.ts';

/** What finding an engine may depend on. */
export type MachineFacts = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeFolder: string;
  readonly platform: NodeJS.Platform;
  /** Absent on Windows. */
  readonly userId?: number;
  exists(path: string): boolean;
  /** `undefined` when there is no such file or it cannot be read. */
  readText(path: string): string | undefined;
};

export type Candidate = {
  /** Where it was found: `DOCKER_HOST`, `context desktop-linux`, `Docker Desktop socket`. */
  readonly via: string;
  /** As DOCKER_HOST has it: `unix:///var/run/docker.sock`. */
  readonly host: string;
  /** Somebody wrote in gantry.yml that it is this one. */
  readonly isNamed?: true;
  readonly tls?: {
    /** Holds ca.pem, cert.pem and key.pem. */
    readonly folder: string;
    readonly verify: boolean;
  };
};

export type Candidates = {
  /** In the order in which they are tried; the first that answers is used. */
  readonly engines: readonly Candidate[];
  /** What was looked at and led nowhere. */
  readonly notes: readonly string[];
  /** What to do where there is none; absent for what is always right. */
  readonly hint?: string;
};

type ContextChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'found'; readonly engine: Candidate }
  | { readonly kind: 'broken'; readonly note: string };

const configSchema = z.object({ currentContext: z.string().optional() });
const contextSchema = z.object({
  Endpoints: z.object({
    docker: z.object({ Host: z.string().min(1), SkipTLSVerify: z.boolean().optional() }),
  }),
});

/** DOCKER_HOST, the current docker context, then the usual sockets of Docker Desktop, rootless Docker and Podman. */
export function findEngines(facts: MachineFacts): Candidates {
  const host = facts.env.DOCKER_HOST;
  // Somebody who says which engine they mean does not want another one.
  if (host) return { engines: [fromVariable(host, facts)], notes: [] };
  const context = currentContext(facts);
  const sockets = usualSockets(facts);
  switch (context.kind) {
    case 'none':
      return { engines: sockets, notes: [] };
    case 'broken':
      return { engines: facts.env.DOCKER_CONTEXT ? [] : sockets, notes: [context.note] };
    case 'found': {
      // A context stays behind when Docker Desktop is removed; one for another machine was chosen on purpose.
      const others = isLocal(context.engine) && !facts.env.DOCKER_CONTEXT ? sockets : [];
      const different = others.filter((socket) => socket.host !== context.engine.host);
      return { engines: [context.engine, ...different], notes: [] };
    }
  }
}

/** The engine that gantry.yml names, and never another one. @param folder where relative paths start */
export function findPlace(facts: MachineFacts, place: EnginePlace, folder: string): Candidates {
  if ('host' in place) return hostNamed(facts, place, folder);
  // What the docker CLI means by it: DOCKER_HOST, else the usual socket.
  if (place.context === 'default') {
    return findEngines({ ...facts, env: { ...facts.env, DOCKER_CONTEXT: 'default' } });
  }
  const context = contextNamed(facts, place.context);
  if (context.kind === 'found') return { engines: [{ ...context.engine, isNamed: true }], notes: [] };
  const hint =
    'See `docker context ls`, make it with `docker context create`, or mend `engine` in gantry.yml.';
  return { engines: [], notes: context.kind === 'broken' ? [context.note] : [], hint };
}

function hostNamed(
  facts: MachineFacts,
  { host, tls }: Extract<EnginePlace, { host: string }>,
  folder: string,
): Candidates {
  const engine = { via: 'gantry.yml', host, isNamed: true } as const;
  if (tls === undefined) return { engines: [engine], notes: [] };
  const keys = /^~[\\/]/.test(tls.folder)
    ? join(facts.homeFolder, tls.folder.slice(2))
    : resolve(folder, tls.folder);
  // Without them the engine would only say that it wants a certificate.
  const missing = (tls.verify ? ['ca.pem', 'cert.pem', 'key.pem'] : ['cert.pem', 'key.pem']).filter(
    (name) => !facts.exists(join(keys, name)),
  );
  if (missing.length > 0) {
    const note = `${host}: ${missing.join(', ')} missing in ${keys}`;
    return { engines: [], notes: [note], hint: 'Put them there, or mend engine.tls.folder in gantry.yml.' };
  }
  return { engines: [{ ...engine, tls: { folder: keys, verify: tls.verify } }], notes: [] };
}

export function configFolder({ env, homeFolder }: MachineFacts): string {
  return env.DOCKER_CONFIG || posix.join(homeFolder, '.docker');
}

function isLocal({ host }: Candidate): boolean {
  return host.startsWith('unix:') || host.startsWith('npipe:');
}

function fromVariable(host: string, facts: MachineFacts): Candidate {
  const verify = Boolean(facts.env.DOCKER_TLS_VERIFY);
  if (!verify && !facts.env.DOCKER_TLS) return { via: 'DOCKER_HOST', host };
  const folder = facts.env.DOCKER_CERT_PATH || configFolder(facts);
  return { via: 'DOCKER_HOST', host, tls: { folder, verify } };
}

/** The docker CLI keeps a context under the SHA-256 of its name (docker/cli, cli/context/store). */
function currentContext(facts: MachineFacts): ContextChoice {
  const folder = configFolder(facts);
  const file = posix.join(folder, 'config.json');
  const config = readJson(facts, file, configSchema);
  if (config === 'malformed' && !facts.env.DOCKER_CONTEXT) {
    return { kind: 'broken', note: `${file} is not valid: the current context is unknown` };
  }
  const fromFile = config === 'malformed' ? undefined : config?.currentContext;
  const name = facts.env.DOCKER_CONTEXT || fromFile;
  return !name || name === 'default' ? { kind: 'none' } : contextNamed(facts, name);
}

function contextNamed(facts: MachineFacts, name: string): ContextChoice {
  const folder = configFolder(facts);
  const id = createHash('sha256').update(name).digest('hex');
  const meta = readJson(facts, posix.join(folder, 'contexts', 'meta', id, 'meta.json'), contextSchema);
  if (meta === undefined) return { kind: 'broken', note: `context ${name}: it does not exist` };
  if (meta === 'malformed') return { kind: 'broken', note: `context ${name}: its meta.json is not valid` };
  const { Host: host, SkipTLSVerify: skip } = meta.Endpoints.docker;
  const tlsFolder = posix.join(folder, 'contexts', 'tls', id, 'docker');
  const engine = { via: `context ${name}`, host };
  if (!facts.exists(tlsFolder)) return { kind: 'found', engine };
  return { kind: 'found', engine: { ...engine, tls: { folder: tlsFolder, verify: skip !== true } } };
}

function readJson<T>(facts: MachineFacts, file: string, schema: z.ZodType<T>): T | 'malformed' | undefined {
  const text = facts.readText(file);
  if (text === undefined) return undefined;
  try {
    const read = schema.safeParse(JSON.parse(text));
    return read.success ? read.data : 'malformed';
  } catch {
    return 'malformed';
  }
}

function usualSockets(facts: MachineFacts): readonly Candidate[] {
  if (facts.platform === 'win32') return pipes;
  return socketPaths(facts)
    .filter(([, path]) => facts.exists(path))
    .map(([via, path]) => ({ via, host: `unix://${path}` }));
}

/** Whether a named pipe exists cannot be asked without opening it. */
const pipes: readonly Candidate[] = [
  { via: 'Docker Desktop pipe', host: 'npipe:////./pipe/dockerDesktopLinuxEngine' },
  { via: 'Docker pipe', host: 'npipe:////./pipe/docker_engine' },
  { via: 'Podman pipe', host: 'npipe:////./pipe/podman-machine-default' },
];

function socketPaths({
  env,
  homeFolder,
  userId,
  platform,
}: MachineFacts): readonly (readonly [string, string])[] {
  const runtime = env.XDG_RUNTIME_DIR || (userId === undefined ? undefined : `/run/user/${userId}`);
  const temporary = env.TMPDIR || '/tmp';
  const home = (path: string) => posix.join(homeFolder, path);
  const paths: readonly (readonly [string, string | undefined])[] = [
    // What the docker CLI uses without a context.
    ['Docker socket', '/var/run/docker.sock'],
    ['Docker Desktop socket', home('.docker/run/docker.sock')],
    ['Docker Desktop socket', home('.docker/desktop/docker.sock')],
    ['rootless Docker socket', runtime && posix.join(runtime, 'docker.sock')],
    ['rootless Podman socket', runtime && posix.join(runtime, 'podman/podman.sock')],
    ['Podman socket', '/run/podman/podman.sock'],
    ['Podman machine socket', home('.local/share/containers/podman/machine/podman.sock')],
    [
      'Podman machine socket',
      platform === 'darwin' ? posix.join(temporary, 'podman/podman-machine-default-api.sock') : undefined,
    ],
  ];
  return paths.filter((entry): entry is [string, string] => entry[1] !== undefined);
}
