import { probe } from '#main/core/health/probe.ts';
import type { GoogleIdentity, Io, Registry, StepOutput, Wish } from '#main/core/ports.ts';
import { createClock } from '#main/host/clock.ts';
import { createCommands } from '#main/host/commands.ts';
import { createHttp } from '#main/host/http.ts';
import { createProcessTable } from '#main/host/process-table.ts';
import { createSockets } from '#main/host/sockets.ts';
import { type CloudRunConfig, cloudRunConfigSchema } from '#main/targets/cloud-run/config.ts';
import { cloudRunTarget } from '#main/targets/cloud-run/index.ts';
import { environmentNameSchema, releaseIdSchema } from '#shared/domain/ids.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import type { FakeCloudRun } from '#test/fakes/cloud-run/server.ts';
import { startFakeCloudRun } from '#test/fakes/cloud-run/server.ts';
import { only } from '#test/fakes/only.ts';

export const repository = 'europe-west1-docker.pkg.dev/acme/shop/web';
export const digests = ['a', 'b', 'c'].map((letter) => `sha256:${letter.repeat(64)}`);
export const imageOf = (index: number) => `${repository}@${digests[index]}`;
export const token = 'ya29.a-token-of-the-tests';
/** Whom an identity token is of that is asked for without another's name. */
export const deployer = 'deploy@acme.iam.gserviceaccount.com';
export const place = { workspace: 'shop', environment: environmentNameSchema.parse('prod'), image: 'shop' };

export type End = Extract<StepOutput, { kind: 'end' }>;
export type Deployed = { readonly outputs: readonly StepOutput[]; readonly ends: readonly End[] };

/** The target against the fake over HTTP, with the prober, the clock and the HTTP that Gantry has. */
export type CloudRunFixture = {
  readonly fake: FakeCloudRun;
  readonly config: CloudRunConfig;
  /** Every identity token that was asked for. */
  readonly identitiesAsked: readonly GoogleIdentity[];
  /** The access token ends, and whoever asks for one gets the next. */
  renewToken(): void;
  io(signal?: AbortSignal): Io;
  observe(): Promise<Observed>;
  check: () => ReturnType<typeof cloudRunTarget.check>;
  plan(index: number): Promise<readonly PlannedStep[]>;
  apply(
    step: PlannedStep,
    signal?: AbortSignal,
    onOutput?: (output: StepOutput) => void,
  ): Promise<StepOutput[]>;
  /** Plans and carries out until a step does not succeed. */
  deploy(index: number): Promise<Deployed>;
  resume(step: PlannedStep, handle?: string): Promise<StepOutput[]>;
  stop(): Promise<void>;
};

/** A service `shop` that runs the first release, in a container with an env, beside another container. */
export async function createCloudRunFixture(
  written: Readonly<Record<string, unknown>> = {},
  health: Partial<Wish['health']> = { http: '/healthz' },
): Promise<CloudRunFixture> {
  const fake = await startFakeCloudRun({ project: 'acme', region: 'europe-west1', token });
  fake.project.addService(
    'shop',
    [
      {
        name: 'web',
        image: imageOf(0),
        ports: [{ containerPort: 8080 }],
        env: [{ name: 'MODE', value: 'x' }],
      },
      { name: 'proxy', image: 'envoy:1' },
    ],
    { serviceAccount: 'shop@acme.iam.gserviceaccount.com' },
  );
  const config = cloudRunConfigSchema.parse({
    kind: 'cloud-run',
    project: 'acme',
    region: 'europe-west1',
    service: 'shop',
    container: 'web',
    repository,
    credentials: { accessToken: 'secret://env/TOKEN' },
    canaryPause: '60ms',
    baseUrl: fake.baseUrl,
    ...written,
  });
  const identitiesAsked: GoogleIdentity[] = [];
  let current = token;
  const processes = createProcessTable();
  const ports = {
    http: createHttp(),
    sockets: createSockets(),
    commands: createCommands({ processes }),
    clock: createClock(),
  };
  const wish = (index: number): Wish => ({
    ...place,
    release: {
      id: releaseIdSchema.parse(`r-${index}aaaaa`),
      version: `1.${index}.0`,
      imageId: `sha256:${index}`,
      ref: `shop:r-${index}aaaaa`,
      image: 'shop',
      remote: { repository, ref: `${repository}:r-${index}aaaaa`, digest: digests[index] ?? '' },
    },
    envKeys: [],
    envFingerprint: 'f',
    envFiles: [],
    health: { interval: 20, deadline: 400, ...health },
  });
  const io = (signal: AbortSignal = new AbortController().signal) =>
    only<Io>({
      http: ports.http,
      clock: ports.clock,
      registry: only<Registry>({}),
      insecureRegistries: [],
      folder: '/shop',
      signal,
      secret: async () => current,
      googleIdentity: async (wanted) => {
        identitiesAsked.push(wanted);
        return fake.project.identities.issue(wanted.impersonate ?? deployer, wanted.audience);
      },
      probe: (check, reach) => probe(ports, check, reach, { signal, folder: '/', variables: {} }),
    });
  const observe = () => cloudRunTarget.observe(config, place, io());
  const plan = async (index: number) => cloudRunTarget.plan(wish(index), await observe(), config);
  const all = async (outputs: AsyncIterable<StepOutput>, onOutput?: (output: StepOutput) => void) => {
    const got: StepOutput[] = [];
    for await (const output of outputs) {
      got.push(output);
      onOutput?.(output);
    }
    return got;
  };
  const apply: CloudRunFixture['apply'] = (step, signal, onOutput) =>
    all(cloudRunTarget.apply(step, io(signal)), onOutput);
  return {
    fake,
    config,
    identitiesAsked,
    renewToken() {
      current = `${token}-renewed`;
      fake.project.renewToken(current);
    },
    io,
    observe,
    check: () => cloudRunTarget.check(config, place, io()),
    plan,
    apply,
    async deploy(index) {
      const outputs: StepOutput[] = [];
      for (const step of await plan(index)) {
        outputs.push(...(await apply(step)));
        const last = outputs.at(-1);
        if (last?.kind !== 'end' || last.outcome !== 'succeeded') break;
      }
      return { outputs, ends: outputs.filter((output) => output.kind === 'end') };
    },
    resume: (step, handle) => {
      const begun = { step, startedAt: 0, ...(handle === undefined ? {} : { handle }) };
      return all(cloudRunTarget.resume?.(begun, io()) ?? none());
    },
    stop: fake.stop,
  };
}

async function* none(): AsyncGenerator<StepOutput> {}

export function endOf(outputs: readonly StepOutput[]): End {
  const last = outputs.at(-1);
  if (last?.kind === 'end') return last;
  throw new Error(`no end, but ${JSON.stringify(last)}`);
}
