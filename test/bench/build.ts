/**
 * How long a build takes beside `docker buildx build`: `npm run bench:build`, or some cases of it:
 * `npm run bench:build -- nothing output`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { buildIfOld } from '#test/built-parts.ts';
import { type ProvisionedEngine, provisionEngine } from '#test/engine/engine.ts';
import type { ContextKind } from './build-contexts.ts';
import { measureOutput } from './build-output.ts';
import { type BuildWorld, createBuildWorld } from './build-world.ts';
import { conclude, type Figure, type Measured, measureInTurns, ratioOf } from './harness.ts';

type Case = {
  readonly id: string;
  readonly context: ContextKind;
  readonly what: string;
  readonly rounds: number;
  prepare(world: BuildWorld): Promise<void>;
  /** The issue's: times what buildx takes. */
  readonly inApp: number;
  readonly byCommand: number;
};

const cases: readonly Case[] = [
  {
    id: 'nothing',
    context: 'A',
    what: 'A, nothing changed',
    rounds: 15,
    prepare: () => pause(betweenBuildsMs),
    inApp: 0.5,
    byCommand: 1.2,
  },
  {
    id: 'changed',
    context: 'A',
    what: 'A, one file changed',
    rounds: 7,
    prepare: (world) => world.changeOneFile(),
    inApp: 1,
    byCommand: 1.2,
  },
  {
    id: 'second-copy',
    context: 'B',
    what: 'B, one file of the second COPY changed',
    rounds: 11,
    prepare: (world) => world.changeOneFile(),
    inApp: 0.6,
    byCommand: 1.2,
  },
  {
    id: 'full',
    context: 'A',
    what: 'A, all files to a clean engine',
    rounds: 4,
    prepare: (world) => world.emptyEngine(),
    inApp: 1.3,
    byCommand: 1.3,
  },
];

/**
 * Nobody builds twice in ten seconds what has not changed. For so long an engine takes a session for open that was closed,
 * and ours is compared anew when it cannot have the same id (docs/adr/0023): three of these lie between two builds of one
 * subject. It also keeps what the engine does after one build, such as writing its history, out of the next one's time.
 */
const betweenBuildsMs = 3_600;

const outputId = 'output';

const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(asked: readonly string[]): Promise<number> {
  const ids = [...cases.map(({ id }) => id), outputId];
  const unknown = asked.filter((id) => !ids.includes(id));
  if (unknown.length > 0)
    throw new Error(`there is no case ${unknown.join(', ')}; there are ${ids.join(', ')}`);
  const wanted = asked.length === 0 ? ids : asked;
  // Figures of an older one would be of use to nobody.
  await buildIfOld('cli');
  // One of its own: it is emptied, and clips no output.
  const engine = await provisionEngine({ say });
  try {
    const measured: Measured[] = [];
    const figures: Figure[] = [];
    const add = (more: { readonly measured: readonly Measured[]; readonly figures: readonly Figure[] }) => {
      measured.push(...more.measured);
      figures.push(...more.figures);
    };
    for (const context of ['A', 'B'] as const) {
      const here = cases.filter((each) => each.context === context && wanted.includes(each.id));
      if (here.length > 0) add(await measureContext(engine, context, here));
    }
    if (wanted.includes(outputId)) add(await measureOutput(engine));
    return await conclude('build', measured, figures);
  } finally {
    await engine.stop();
  }
}

async function measureContext(engine: ProvisionedEngine, context: ContextKind, here: readonly Case[]) {
  say(`making context ${context}: 20,000 files, 160 MB`);
  const world = await createBuildWorld(engine, context);
  try {
    const measured: Measured[] = [];
    const figures: Figure[] = [];
    for (const { what, rounds, prepare: change, inApp, byCommand } of here) {
      say(what);
      const prepare = () => change(world);
      const subject = (by: string, build: () => Promise<void>) => ({
        name: `${what}: ${by}`,
        prepare,
        run: async () => {
          await build();
          return undefined;
        },
      });
      const all = await measureInTurns(
        [
          subject('app open', world.buildInApp),
          subject('gantry build, installed', world.buildByCommand),
          subject('docker buildx build', world.buildByBuildx),
        ],
        rounds,
      );
      const [app, command, buildx] = all;
      if (app === undefined || command === undefined || buildx === undefined)
        throw new Error('nothing measured');
      measured.push(...all);
      figures.push(ratioOf(`${what}, app open, beside buildx`, app, buildx, inApp));
      figures.push(ratioOf(`${what}, command line, beside buildx`, command, buildx, byCommand));
    }
    return { measured, figures };
  } finally {
    await world.remove();
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 2;
}
