/** How long until Gantry answers: `npm run bench:start`. */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { type Browser, chromium } from '@playwright/test';
import * as z from 'zod';
import { buildIfOld, builtGantry } from '#test/built-parts.ts';
import { ensureChromium } from '#test/engine/chromium.ts';
import type { Engine } from '#test/engine/engine.ts';
import { endChild } from '#test/engine/process.ts';
import { startEngine } from '#test/engine/start.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { conclude, measureInTurns, ratioOf } from './harness.ts';

const coldStarts = 15;
const boards = 5;
/** The issue's. */
const statusPerDockerVersion = 12;
/** Past three seconds a person wonders whether anything happens. */
const boardWithinMs = 3_000;

const say = (line: string) => process.stderr.write(`${line}\n`);
const execute = promisify(execFile);

async function main(): Promise<number> {
  await buildIfOld('cli');
  await buildIfOld('renderer');
  const executablePath = await ensureChromium(say);
  const engine = await startEngine({ say });
  try {
    const world = await createGantryWorld(engine);
    try {
      // A board with something on it: one release, and one environment that runs it.
      await world.done('build', '--trust');
      await world.done('deploy', 'dev', '--yes');
      return await measure(world, engine, executablePath);
    } finally {
      await world.remove();
    }
  } finally {
    await engine.stop();
  }
}

async function measure(world: GantryWorld, engine: Engine, executablePath: string): Promise<number> {
  const { folder } = world.workspace;
  const { env } = world;
  const cold = await measureInTurns(
    [
      {
        name: 'gantry status --json',
        run: async () => {
          await execute(process.execPath, [builtGantry, '-C', folder, 'status', '--json'], { env });
          return undefined;
        },
      },
      {
        name: 'docker version',
        run: async () => {
          await execute(engine.dockerBin, ['version'], { env });
          return undefined;
        },
      },
    ],
    coldStarts,
  );
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const board = await measureInTurns(
      [{ name: 'gantry serve to a board that answers', run: () => openBoard(world, browser) }],
      boards,
    );
    const [status, version] = cold;
    const [shown] = board;
    if (status === undefined || version === undefined || shown === undefined)
      throw new Error('nothing measured');
    return await conclude(
      'start',
      [...cold, ...board],
      [
        ratioOf('status beside docker version', status, version, statusPerDockerVersion),
        {
          what: 'to an interactive board',
          value: shown.median,
          unit: 'ms',
          atMost: boardWithinMs,
          from: 'server started, page loaded, dev’s release painted, a button opens its dialog',
        },
      ],
    );
  } finally {
    await browser.close();
  }
}

const announced = z.object({ url: z.string() });

/** From the start of the server's process to a dialog that a click has opened. The browser runs already. */
async function openBoard({ workspace, env }: GantryWorld, browser: Browser): Promise<() => Promise<void>> {
  const argv = [builtGantry, '-C', workspace.folder, 'serve', '--json', '--port', '0'];
  const server = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const tidyUp = async () => {
    await context.close();
    await endChild(server, 5_000, 'SIGINT');
  };
  try {
    let said = '';
    for await (const chunk of server.stdout) {
      said += String(chunk);
      if (said.includes('\n')) break;
    }
    const { url } = announced.parse(JSON.parse(said));
    const page = await context.newPage();
    await page.goto(url, { waitUntil: 'commit' });
    const dev = page.getByRole('main').getByRole('region', { name: 'dev', exact: true });
    await dev
      .getByText(/^r-[0-9a-f]+$/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Promote dev to staging…' }).click();
    await page.getByRole('dialog').waitFor();
    return tidyUp;
  } catch (error) {
    await tidyUp();
    throw error;
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 2;
}
