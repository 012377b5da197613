/** How long a deploy with Compose takes beside `docker compose up -d --wait`: `npm run bench:deploy`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { buildIfOld, builtGantry } from '#test/built-parts.ts';
import { baseImage } from '#test/engine/base-image.ts';
import { startEngine } from '#test/engine/start.ts';
import { createDeployWorld, type DeployWorld } from './deploy-world.ts';
import { conclude, measureInTurns, ratioOf, type Subject } from './harness.ts';

/** The issue's. */
const inAppPerCompose = 1.2;
const coldPerCompose = 1.5;
const rounds = Number(process.argv[2] ?? 11);

const name = 'gantry-bench-deploy';
const execute = promisify(execFile);
const say = (line: string) => process.stderr.write(`${line}\n`);

const gantry = `
name: ${name}
environments:
  app: { target: { kind: compose }, gates: { order: false }, confirm: click }
  cli: { target: { kind: compose }, gates: { order: false }, confirm: click }
`;

/** Without \`init\` its stop timeout, without a short start_interval its first look would be all that is seen. */
const compose = `
services:
  web:
    build: .
    init: true
    ports: ["127.0.0.1::8080"]
    healthcheck: { test: [CMD, wget, -q, -O-, "http://127.0.0.1:8080/version"], interval: 2s, start_period: 20s, start_interval: 200ms }
`;

const dockerfile = `
FROM ${baseImage}
COPY www /www
CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]
`;

async function main(): Promise<number> {
  // Figures of an older one would be of use to nobody.
  await buildIfOld('cli');
  const engine = await startEngine({ say });
  try {
    const world = await createDeployWorld(engine, {
      name,
      gantry,
      compose,
      environments: ['app', 'cli'],
      others: { Dockerfile: dockerfile },
    });
    try {
      return await measure(world);
    } finally {
      await world.remove();
    }
  } finally {
    await engine.stop();
  }
}

async function measure(world: DeployWorld): Promise<number> {
  const measured = await measureInTurns([inApp(world), byCommand(world), byHand(world)], rounds);
  const [app, cold, hand] = measured;
  if (!app || !cold || !hand) throw new Error('nothing measured');
  return conclude('deploy', measured, [
    ratioOf('from start to success, app open, beside compose', app, hand, inAppPerCompose),
    ratioOf('command line, beside compose', cold, hand, coldPerCompose),
  ]);
}

/** Of the two releases the one that does not run. */
function byTurns({ releases }: DeployWorld): () => string {
  let count = 0;
  return () => releases[count++ % 2] ?? '';
}

/** The plan is on the screen when the clock starts; it stops with the event of success. */
function inApp(world: DeployWorld): Subject {
  const next = byTurns(world);
  let start: (() => Promise<void>) | undefined;
  return {
    name: 'a deploy, from its start to its success, app open',
    async prepare() {
      start = await world.plan('app', next());
    },
    async run() {
      await start?.();
      return undefined;
    },
  };
}

function byCommand(world: DeployWorld): Subject {
  const next = byTurns(world);
  return {
    name: 'gantry deploy, installed',
    async run() {
      const argv = [builtGantry, '-C', world.folder, 'deploy', 'cli', next(), '--yes', '--json'];
      await execute(process.execPath, argv, { env: world.env });
      return undefined;
    },
  };
}

function byHand(world: DeployWorld): Subject {
  const next = byTurns(world);
  return {
    name: 'docker compose up -d --wait',
    async run() {
      await world.byHand(next(), 'up', '--detach', '--wait');
      return undefined;
    },
  };
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 2;
}
