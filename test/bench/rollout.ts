/** Requests that are lost while a service is deployed: `npm run bench:rollout`, or fewer deploys: `-- 4`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseImage } from '#test/engine/base-image.ts';
import type { Engine } from '#test/engine/engine.ts';
import { copyHaproxy } from '#test/engine/haproxy.ts';
import { run } from '#test/engine/process.ts';
import { definedOnly } from '#test/engine/reachable.ts';
import { startEngine } from '#test/engine/start.ts';
import { createDeployWorld, type DeployWorld } from './deploy-world.ts';
import { conclude, type Measured, medianOf } from './harness.ts';
import { type Load, type LoadResult, startLoad } from './load.ts';

/** The issue's. */
const perSecond = 200;
const deploys = Number(process.argv[2] ?? 20);
const deploysByHand = Math.max(2, Math.ceil(deploys / 4));

const name = 'gantry-bench-rollout';
const proxyImage = `${name}-proxy:1`;
const say = (line: string) => process.stderr.write(`${line}\n`);

const gantry = `
name: ${name}
environments:
  dev:
    confirm: click
    target:
      kind: compose
      strategy: rolling
      drain: { command: [rm, /www/healthz], wait: 600ms }
`;

const compose = `
services:
  web:
    build: .
    init: true
    healthcheck: { test: [CMD, wget, -q, -O-, "http://127.0.0.1:8080/healthz"], interval: 2s, start_period: 20s, start_interval: 100ms }
  proxy:
    image: ${proxyImage}
    ports: ["127.0.0.1::8000"]
    stop_signal: SIGKILL
`;

const dockerfile = `
FROM ${baseImage}
COPY www /www
CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]
`;

/** Looks at each web for itself, ten times a second, and asks another one where one does not accept. */
const haproxy = `
global
  log stdout format raw daemon notice
defaults
  log global
  mode http
  timeout connect 200ms
  timeout client 5s
  timeout server 5s
  timeout check 500ms
  retries 3
  option redispatch 1
  retry-on conn-failure empty-response
resolvers engine
  nameserver dns 127.0.0.11:53
  timeout resolve 100ms
  timeout retry 100ms
  hold valid 100ms
frontend in
  bind :8000
  default_backend web
backend web
  option httpchk GET /healthz
  http-check expect status 200
  server-template web 6 web:8080 check inter 100ms fall 1 rise 1 init-addr none resolvers engine
`;

async function main(): Promise<number> {
  const engine = await startEngine({ say });
  const docker = (...argv: string[]) =>
    run(engine.dockerBin, argv, { env: { ...definedOnly(process.env), ...engine.env } });
  try {
    await buildProxy(engine);
    const world = await createDeployWorld(engine, {
      name,
      gantry,
      compose,
      environments: ['dev'],
      others: { Dockerfile: dockerfile, 'www/healthz': 'ok\n' },
    });
    try {
      return await measure(world);
    } finally {
      await world.remove();
    }
  } finally {
    await docker('rmi', '--force', proxyImage);
    await engine.stop();
  }
}

async function buildProxy(engine: Engine): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'gantry-bench-proxy-'));
  try {
    await copyHaproxy(join(context, 'root'), say);
    await writeFile(join(context, 'haproxy.cfg'), haproxy);
    const lines = [
      `FROM ${baseImage}`,
      'COPY root /',
      'COPY haproxy.cfg /etc/haproxy.cfg',
      'ENV LD_LIBRARY_PATH=/lib',
      'CMD ["haproxy", "-f", "/etc/haproxy.cfg"]',
      '',
    ];
    await writeFile(join(context, 'Dockerfile'), lines.join('\n'));
    const env = { ...definedOnly(process.env), ...engine.env };
    const done = await run(engine.dockerBin, ['build', '--quiet', '--tag', proxyImage, context], { env });
    if (done.code !== 0) throw new Error(done.stderr);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

async function measure(world: DeployWorld): Promise<number> {
  const [first] = world.releases;
  await (await world.plan('dev', first))();
  const story: Story = { what: 'rolling deploys', times: deploys, isFlawless: true };
  const rolling = await underLoad(world, `${name}-dev`, story, async (release) => {
    await (await world.plan('dev', release))();
  });
  await world.byHand(first, 'up', '--detach', '--wait');
  const plain: Story = { what: 'docker compose up -d', times: deploysByHand };
  const byHand = await underLoad(world, `${name}-by-hand`, plain, (release) =>
    world.byHand(release, 'up', '--detach'),
  );
  const lostOf = ({ lost, sent }: LoadResult) => `${lost} of ${sent} requests at ${perSecond}/s`;
  return conclude(
    'rollout',
    [rolling.measured, byHand.measured],
    [
      {
        what: `requests lost over ${deploys} rolling deploys`,
        value: rolling.result.lost,
        unit: 'requests',
        atMost: 0,
        from: lostOf(rolling.result),
      },
      {
        what: `requests lost over ${deploysByHand} times docker compose up -d`,
        value: byHand.result.lost,
        unit: 'requests',
        // Otherwise nothing was shown.
        atLeast: 1,
        from: lostOf(byHand.result),
      },
    ],
  );
}

type Story = { readonly what: string; readonly times: number; readonly isFlawless?: boolean };

async function underLoad(
  world: DeployWorld,
  project: string,
  { what, times, isFlawless = false }: Story,
  deploy: (release: string) => Promise<void>,
): Promise<{ readonly measured: Measured; readonly result: LoadResult }> {
  const load = startLoad({ url: `${await world.addressOf(project, 'proxy', 8000)}/version`, perSecond });
  try {
    await untilServed(load);
    const taken: number[] = [];
    for (let index = 1; index <= times; index += 1) {
      const began = performance.now();
      await deploy(world.releases[index % 2] ?? '');
      taken.push(performance.now() - began);
    }
    // What the last deploy does to requests shows a moment later.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const result = await load.take();
    say(`${what}: ${result.lost} of ${result.sent} lost, the slowest ${result.slowest.toFixed(0)} ms`);
    for (const [why, count] of Object.entries(result.reasons)) say(`  ${count} ${why}`);
    // Which of them it thought was there.
    if (isFlawless && result.lost > 0) say(await world.logOf(project, 'proxy'));
    return { measured: { name: what, times: taken, median: medianOf(taken) }, result };
  } finally {
    await load.stop();
  }
}

/** The proxy itself starts with nothing behind it. */
async function untilServed(load: Load): Promise<void> {
  for (let tries = 0; tries < 40; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { sent, lost } = await load.take();
    if (sent > 0 && lost === 0) return;
  }
  throw new Error('the proxy does not serve');
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 2;
}
