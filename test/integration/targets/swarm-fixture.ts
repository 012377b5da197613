import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type * as z from 'zod';
import { probe } from '#main/core/health/probe.ts';
import type { Io, StepOutput, Wish } from '#main/core/ports.ts';
import { createEngine } from '#main/docker/engine.ts';
import { createClock } from '#main/host/clock.ts';
import { createCommands } from '#main/host/commands.ts';
import { createFiles } from '#main/host/files.ts';
import { createHttp } from '#main/host/http.ts';
import { createProcessTable } from '#main/host/process-table.ts';
import { createSockets } from '#main/host/sockets.ts';
import type { swarmConfigSchema } from '#main/targets/swarm/config.ts';
import { swarmTarget } from '#main/targets/swarm/index.ts';
import { environmentNameSchema, releaseIdSchema } from '#shared/domain/ids.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { baseImage } from '#test/engine/base-image.ts';
import type { ProvisionedEngine } from '#test/engine/engine.ts';
import { only } from '#test/fakes/only.ts';

const run = promisify(execFile);

export type Release = Wish['release'];

export type DeployOptions = {
  readonly env?: Readonly<Record<string, string>>;
  /** As in gantry.yml. */
  readonly config?: Omit<z.input<typeof swarmConfigSchema>, 'kind'>;
  readonly signal?: AbortSignal;
  /** Called with each thing that a step says. */
  readonly onOutput?: (step: PlannedStep, output: StepOutput) => void;
};

export type Deployed = {
  readonly end: Extract<StepOutput, { kind: 'end' }>;
  readonly step: string;
  readonly outputs: readonly StepOutput[];
  readonly text: string;
};

/**
 * Makes a swarm of an engine of the test's own. On a loopback address and with a gateway bridge of its own, so that
 * swarms of several engines get along on one machine.
 */
export async function initSwarm(engine: ProvisionedEngine): Promise<void> {
  const docker = dockerOf(engine);
  const address = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  const bridge = `gw${randomBytes(4).toString('hex')}`;
  await docker(
    ...['network', 'create', '--opt', `com.docker.network.bridge.name=${bridge}`],
    ...['--opt', 'com.docker.network.bridge.enable_icc=false', 'docker_gwbridge'],
  );
  await docker(
    ...['swarm', 'init', '--advertise-addr', address, '--listen-addr', `${address}:2377`],
    ...['--data-path-port', String(randomInt(20_000, 40_000))],
  );
}

/** Its containers and networks go with it. Killed, because the swarm would give each its time to stop. */
export async function leaveSwarm(engine: ProvisionedEngine): Promise<void> {
  const docker = dockerOf(engine);
  const running = (await docker('ps', '--quiet')).split('\n').filter(Boolean);
  if (running.length > 0) await docker('kill', ...running).catch(() => '');
  await docker('swarm', 'leave', '--force');
}

function dockerOf({ env }: Pick<ProvisionedEngine, 'env'>) {
  return async (...args: string[]) => {
    const { stdout } = await run('docker', args, { env: { ...process.env, ...env } });
    return stdout.trim();
  };
}

/** A service, images and a folder of its own on an engine that is in a swarm. */
export function createSwarmFixture(owned: Pick<ProvisionedEngine, 'env'>) {
  const name = `gs${randomBytes(3).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'gantry-swarm-'));
  const environment = environmentNameSchema.parse('dev');
  const processEnv = { PATH: process.env.PATH ?? '', ...owned.env };
  const engine = createEngine({ env: processEnv, homeFolder: homedir() });
  const docker = dockerOf(owned);
  const place = { workspace: name, environment, image: name };
  const service = `${name}-dev`;

  const ioWith = ({ env = {}, signal = new AbortController().signal }: DeployOptions): Io => {
    const ports = {
      http: createHttp(),
      sockets: createSockets(),
      commands: createCommands({ processes: createProcessTable() }),
      clock: createClock(),
    };
    return {
      ...ports,
      engine,
      registry: only({}),
      insecureRegistries: [],
      files: createFiles(),
      signal,
      folder,
      env: async () => new Map(Object.entries(env)),
      secret: () => Promise.reject(new Error('a swarm has no secret of its own')),
      googleToken: () => Promise.reject(new Error('a swarm has no account at Google')),
      googleIdentity: () => Promise.reject(new Error('a swarm has no account at Google')),
      imageIds: () => new Set(),
      hostVariables: () => ({}),
      probe: (check, reach) => probe(ports, check, reach, { signal, folder, variables: processEnv }),
    };
  };
  const configOf = ({ config }: DeployOptions) =>
    swarmTarget.config.parse({ kind: 'swarm', timeout: '20s', ...config });
  const wishFor = (release: Release, { env = {} }: DeployOptions): Wish => ({
    workspace: name,
    environment,
    release,
    envKeys: Object.keys(env),
    envFingerprint: `f${Buffer.from(JSON.stringify(env)).toString('hex').slice(0, 40)}`,
    envFiles: ['.env.dev'],
    health: { interval: 100, deadline: 20_000 },
  });

  return {
    name,
    service,
    docker,
    engine,
    ioWith,
    wishFor,
    configOf,
    /** An image that serves its version on 8080 and ends at once when it is told to, unless told to do something else. */
    async release(
      version: string,
      command = "trap 'exit 0' TERM; httpd -f -p 8080 -h /www & wait",
    ): Promise<Release> {
      const context = mkdtempSync(join(tmpdir(), 'gantry-context-'));
      const ref = `${name}:${version}`;
      try {
        mkdirSync(join(context, 'www'));
        writeFileSync(join(context, 'www/version'), `${version}\n`);
        const cmd = JSON.stringify(['sh', '-c', command]);
        writeFileSync(join(context, 'Dockerfile'), `FROM ${baseImage}\nCOPY www /www\nCMD ${cmd}\n`);
        await docker('buildx', 'build', '--load', '--quiet', '--tag', ref, context);
      } finally {
        rmSync(context, { recursive: true });
      }
      const imageId = await docker('image', 'inspect', '--format', '{{.Id}}', ref);
      const id = releaseIdSchema.parse(`r-${Buffer.from(version.padEnd(3, '0')).toString('hex')}`);
      return { id, version, imageId, ref, image: name };
    },
    check: (options: DeployOptions = {}) => swarmTarget.check(configOf(options), place, ioWith(options)),
    observe: (options: DeployOptions = {}): Promise<Observed> =>
      swarmTarget.observe(configOf(options), place, ioWith(options)),
    /** Every step in order, up to the first that does not succeed. */
    async deploy(release: Release, options: DeployOptions = {}): Promise<Deployed> {
      const io = ioWith(options);
      const config = configOf(options);
      const seen = await swarmTarget.observe(config, place, ioWith({}));
      const outputs: StepOutput[] = [];
      const steps = swarmTarget.plan(wishFor(release, options), seen, config);
      for (const step of steps) {
        for await (const output of swarmTarget.apply(step, io)) {
          outputs.push(output);
          options.onOutput?.(step, output);
        }
        const end = outputs.at(-1);
        if (end?.kind !== 'end') throw new Error(`${step.id} ended without saying how`);
        if (end.outcome !== 'succeeded' || step === steps.at(-1)) {
          return { end, step: step.id, outputs, text: textOf(outputs) };
        }
      }
      throw new Error('the plan had no steps');
    },
    async services() {
      const seen = await swarmTarget.observe(configOf({}), place, ioWith({}));
      return seen.kind === 'running' ? seen.services : [];
    },
    async tasks() {
      const api = await engine.swarm();
      const found = await api.service(service);
      return found === undefined ? [] : api.tasks(found.id);
    },
    /** What somebody else asked of it is done. */
    async untilSettled() {
      const api = await engine.swarm();
      while ((await api.service(service))?.updateState === 'updating') await sleep(50);
    },
    async lastOf(outputs: AsyncIterable<StepOutput> | undefined) {
      let last: StepOutput | undefined;
      for await (const output of outputs ?? []) last = output;
      return last;
    },
    inspect: (format: string) => docker('service', 'inspect', '--format', format, service),
    async dispose() {
      await docker('service', 'rm', service).catch(() => '');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type SwarmFixture = ReturnType<typeof createSwarmFixture>;

function textOf(outputs: readonly StepOutput[]): string {
  return outputs
    .flatMap((output) => (output.kind === 'line' || output.kind === 'progress' ? [output.text] : []))
    .join('\n');
}
