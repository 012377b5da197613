#!/usr/bin/env node
import { homedir } from 'node:os';
import { cacheFolder } from '../gantry-home.ts';
import { runCompiled } from './compiled-program.ts';
import { exitCodes } from './exit-codes.ts';
import { namedCommand } from './named-command.ts';

/** The bundle of gantry.ts, named by the build. */
declare const bundledProgram: string;

/** As package.json's engines says; npm only warns. */
const oldestNode = 24;
if (Number.parseInt(process.versions.node, 10) < oldestNode) {
  process.stderr.write(
    `error: Gantry needs Node ${oldestNode} or newer, and this is ${process.version}.\nhint:  Install Node ${oldestNode}, or use npx gantry -C <your folder> in Gantry's own clone, which brings its own Node.\n`,
  );
  process.exit(exitCodes.usage);
}

const { argv, env, platform } = process;
runCompiled({
  folder: import.meta.dirname,
  entry: bundledProgram,
  purpose: namedCommand(argv.slice(2)),
  cacheFolder: cacheFolder({ env, platform, homeFolder: homedir() }),
});
