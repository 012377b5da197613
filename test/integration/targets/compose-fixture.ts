import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { probe } from '#main/core/health/probe.ts';
import type { CommandOptions, Engine, Io, Settled, StepOutput, Wish } from '#main/core/ports.ts';
import { createEngine } from '#main/docker/engine.ts';
import { createClock } from '#main/host/clock.ts';
import { createCommands } from '#main/host/commands.ts';
import { createFiles } from '#main/host/files.ts';
import { createHttp } from '#main/host/http.ts';
import { createProcessTable } from '#main/host/process-table.ts';
import { createSockets } from '#main/host/sockets.ts';
import type { ComposeConfig } from '#main/targets/compose/config.ts';
import { composeTarget, createComposeTarget } from '#main/targets/compose/index.ts';
import { environmentNameSchema, releaseIdSchema } from '#shared/domain/ids.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { type TestEngine, testEngine } from '#test/engine/for-tests.ts';
import { removeProjects } from '#test/engine/remove-projects.ts';
import { only } from '#test/fakes/only.ts';

const run = promisify(execFile);

export type Release = Wish['release'];
type End = Extract<StepOutput, { kind: 'end' }>;

export type Deployed = {
  /** How the last step that ran ended. */
  readonly end: End;
  readonly step: string;
  readonly outputs: readonly StepOutput[];
  /** Text of every line and of every line of progress. */
  readonly text: string;
};

export type DeployOptions = {
  readonly environment?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: Partial<Omit<ComposeConfig, 'kind'>>;
  readonly health?: Partial<Wish['health']>;
  readonly io?: Partial<Io>;
};

/** A workspace folder, an image name and compose projects of its own, all gone after `dispose`. */
export function createComposeFixture(
  { env, baseImage }: Pick<TestEngine, 'env' | 'baseImage'> = testEngine(),
) {
  const name = `gt${randomBytes(4).toString('hex')}`;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gantry-compose-')));
  const processEnv = { PATH: process.env.PATH ?? '', ...env };
  const engine = createEngine({ env: processEnv, homeFolder: homedir() });
  const commands = createCommands({ processes: createProcessTable() });
  const commandsRun: CommandOptions[] = [];
  const projects = new Set<string>();

  const docker = async (...args: string[]) => {
    const { stdout } = await run('docker', args, { env: { ...process.env, ...processEnv } });
    return stdout.trim();
  };

  const ports = { http: createHttp(), sockets: createSockets(), commands, clock: createClock() };
  const io: Io = {
    engine,
    registry: only({}),
    insecureRegistries: [],
    commands: {
      run(options) {
        commandsRun.push(options);
        return commands.run(options);
      },
    },
    http: createHttp(),
    files: createFiles(),
    clock: createClock(),
    signal: new AbortController().signal,
    folder,
    env: async () => new Map(),
    secret: () => Promise.reject(new Error('compose has no secret of its own')),
    googleToken: () => Promise.reject(new Error('nothing here signs in to Google')),
    googleIdentity: () => Promise.reject(new Error('nothing here signs in to Google')),
    // Compose finds what a wish names on this engine.
    imageIds: () => new Set(),
    hostVariables: () => ({}),
    probe: (check, reach) =>
      probe(ports, check, reach, { signal: new AbortController().signal, folder, variables: processEnv }),
  };

  const wishFor = (release: Release, options: DeployOptions): Wish => {
    const environment = environmentNameSchema.parse(options.environment ?? 'dev');
    projects.add(options.config?.project ?? `${name}-${environment}`);
    return {
      workspace: name,
      environment,
      release,
      envKeys: Object.keys(options.env ?? {}),
      envFingerprint: 'f1',
      envFiles: [`.env.${environment}`],
      // Asking over HTTP is quicker than waiting out how long a container without a check must run.
      health: { interval: 100, deadline: 20_000, ...(options.health ?? { http: '/healthz' }) },
    };
  };

  const configOf = (options: DeployOptions) =>
    composeTarget.config.parse({ kind: 'compose', ...options.config });
  const ioWith = (options: DeployOptions): Io => ({
    ...io,
    env: async () => new Map(Object.entries(options.env ?? {})),
    ...options.io,
  });

  const removeContainers = async () => {
    await removeProjects(docker, (project) => projects.has(project));
    projects.clear();
  };

  return {
    name,
    folder,
    io,
    engine,
    docker,
    commandsRun,
    processEnv,
    write(files: Readonly<Record<string, string>>) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
    },
    /** An image that serves its own version on 8080 as /healthz, unless told to do something else. */
    async release(version: string, command = 'exec httpd -f -p 8080 -h /www'): Promise<Release> {
      const context = mkdtempSync(join(tmpdir(), 'gantry-context-'));
      const ref = `${name}:${version}`;
      try {
        mkdirSync(join(context, 'www'));
        writeFileSync(join(context, 'www/healthz'), `${version}\n`);
        const cmd = JSON.stringify(['sh', '-c', command]);
        // Images of two fixtures with the same content would be one, which neither could remove.
        const lines = [`FROM ${baseImage}`, `LABEL fixture=${name}`, 'COPY www /www', `CMD ${cmd}`, ''];
        writeFileSync(join(context, 'Dockerfile'), lines.join('\n'));
        await docker('buildx', 'build', '--load', '--quiet', '--tag', ref, context);
      } finally {
        rmSync(context, { recursive: true });
      }
      const imageId = await docker('image', 'inspect', '--format', '{{.Id}}', ref);
      const id = releaseIdSchema.parse(
        `r-${Buffer.from(version.padEnd(3, '0')).toString('hex').slice(0, 64)}`,
      );
      return { id, version, imageId, ref, image: name };
    },
    check: (options: DeployOptions = {}) => {
      const place = {
        workspace: name,
        environment: environmentNameSchema.parse(options.environment ?? 'dev'),
        image: name,
      };
      return composeTarget.check(configOf(options), place, ioWith(options));
    },
    observe(options: DeployOptions = {}): Promise<Observed> {
      const place = {
        workspace: name,
        environment: environmentNameSchema.parse(options.environment ?? 'dev'),
        image: name,
      };
      return composeTarget.observe(configOf(options), place, ioWith(options));
    },
    /** For those who carry them out one by one, as another process would. */
    steps(release: Release, options: DeployOptions = {}) {
      const other = createComposeTarget();
      const wish = wishFor(release, options);
      return {
        steps: other.plan(wish, { kind: 'empty', at: 0 }, configOf(options)),
        applied: (step: PlannedStep, more: DeployOptions = {}) =>
          other.apply(step, ioWith({ ...options, ...more })),
        async settled(step: PlannedStep, more: DeployOptions = {}): Promise<Settled | undefined> {
          const said = other.settle?.(step, ioWith({ ...options, ...more }));
          for (let next = await said?.next(); ; next = await said?.next()) {
            if (next === undefined || next.done === true) return next?.value;
          }
        },
      };
    },
    /** Every step in order, up to the first that does not succeed. */
    async deploy(release: Release, options: DeployOptions = {}): Promise<Deployed> {
      const stepIo = ioWith(options);
      const outputs: StepOutput[] = [];
      for (const step of composeTarget.plan(
        wishFor(release, options),
        { kind: 'empty', at: 0 },
        configOf(options),
      )) {
        for await (const output of composeTarget.apply(step, stepIo)) outputs.push(output);
        const end = outputs.at(-1);
        if (end?.kind !== 'end') throw new Error(`${step.id} ended without saying how`);
        if (end.outcome !== 'succeeded' || step.id === 'verify') {
          return { end, step: step.id, outputs, text: textOf(outputs) };
        }
      }
      throw new Error('the plan had no steps');
    },
    async inspect(format: string, environment = 'dev', service = 'web'): Promise<string> {
      return docker('inspect', '--format', format, `${name}-${environment}-${service}-1`);
    },
    removeContainers,
    async dispose() {
      await removeContainers();
      const images = (await docker('images', '--quiet', '--no-trunc', name))
        .split('\n')
        .filter((id) => id !== '');
      if (images.length > 0) await docker('rmi', '--force', ...new Set(images));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type ComposeFixture = ReturnType<typeof createComposeFixture>;

/** The same engine, except for what is given. */
export function engineWith(engine: Engine, changes: Partial<Engine>): Engine {
  return { ...engine, ...changes };
}

function textOf(outputs: readonly StepOutput[]): string {
  return outputs
    .flatMap((output) => (output.kind === 'line' || output.kind === 'progress' ? [output.text] : []))
    .join('\n');
}
