import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { config as configureSchemas } from 'zod/v4/core';
import { cacheFolder, gantryHome } from '../gantry-home.ts';
import { gantryVersion } from '../gantry-version.ts';
import { type CliOptions, runCli } from './cli.ts';
import type { CliWorld, Launch } from './command-context.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { createInterrupts } from './interrupts.ts';
import type { OpenGantry, ShellName } from './session.ts';

const { argv, env, platform, stdout, stderr } = process;

// docker-modem parses addresses as Node no longer likes it: nothing that a person could mend.
process.noDeprecation = true;

const isBundled = !import.meta.filename.endsWith('.ts');
// While developing; what is bundled is kept by launch.ts. Not where Node would put it by itself, which is a folder in /tmp that
// anybody can make first.
if (!isBundled) enableCompileCache(cacheFolder({ env, platform, homeFolder: homedir() }));

// Compiling what a schema accepts pays after a hundred answers, and a command has fewer. A schema asks when it is made, which
// for most is when they are imported.
configureSchemas({ jitless: true });

function launch({ argv: [program, ...rest], stdin: input }: Launch): Promise<boolean> {
  return new Promise((done) => {
    const child = spawn(program, rest, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    child.once('error', () => done(false));
    child.once('spawn', () => {
      child.stdin.end(input ?? '');
      child.unref();
      done(true);
    });
  });
}

const uid = process.getuid?.();
const world: CliWorld = {
  env,
  cwd: process.cwd(),
  platform,
  ...(uid === undefined ? {} : { uid }),
  // dist/cli, or main/shell/cli while developing.
  packageFolder: resolve(import.meta.dirname, isBundled ? '../..' : '../../..'),
  now: Date.now,
  exists: existsSync,
  randomId: randomUUID,
  launch,
};

const optionsFor = (shell: ShellName) => ({
  home: resolve(world.cwd, gantryHome({ env, platform, homeFolder: homedir() })),
  shell,
  env,
  version: gantryVersion,
});

const openGantry: OpenGantry = async (shell) => {
  if (shell !== 'cli') configureSchemas({ jitless: false });
  const { createGantry } = await import('../../create-gantry.ts');
  return createGantry(optionsFor(shell));
};

const checkWithoutLedger: CliOptions['checkWithoutLedger'] = async (error) =>
  (await import('../../create-gantry.ts')).checkWithoutLedger(optionsFor('cli'), error);

/** Not before everything printed has left: a pipe is asynchronous on some systems. */
async function leave(code: ExitCode): Promise<never> {
  const drained = [stdout, stderr].map(
    (stream) => new Promise<void>((done) => stream.write('', () => done())),
  );
  await Promise.all(drained);
  process.exit(code);
}

const interrupts = createInterrupts(() => process.exit(exitCodes.cancelled));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupts.raise());
// `gantry history | head` ends the pipe early; a run that is going must not die of it.
for (const stream of [stdout, stderr]) stream.on('error', () => undefined);

void runCli({
  argv: argv.slice(2),
  version: gantryVersion,
  world,
  streams: { stdin: () => process.stdin, stdout, stderr },
  interrupts,
  openGantry,
  checkWithoutLedger,
}).then(leave);
