/**
 * `node test/engine/main.ts up [--store containerd]` keeps a private engine until Ctrl-C and prints how to use it.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { GantryError } from '#shared/domain/errors.ts';
import { provisionEngine } from './engine.ts';
import { whyNotProvisionable } from './machine.ts';

const usage = 'usage: node test/engine/main.ts up [--store classic|containerd]';

const say = (line: string) => process.stderr.write(`${line}\n`);

const shellQuoted = (value: string) => `'${value.replaceAll("'", `'\\''`)}'`;

async function up(store: 'classic' | 'containerd'): Promise<void> {
  const obstacle = whyNotProvisionable();
  if (obstacle !== undefined) {
    throw new GantryError(
      'engine-unreachable',
      `A private engine cannot be provisioned, because ${obstacle}.`,
      'Start Docker or Podman instead.',
    );
  }
  const stopAsked = Promise.race([
    once(process, 'SIGINT'),
    once(process, 'SIGTERM'),
    once(process, 'SIGHUP'),
  ]);
  const engine = await provisionEngine({ store, say });
  for (const [name, value] of Object.entries(engine.env)) {
    const shown =
      name === 'PATH' ? `${shellQuoted(value.slice(0, value.indexOf(':')))}:"$PATH"` : shellQuoted(value);
    process.stdout.write(`export ${name}=${shown}\n`);
  }
  say(`ready; log: ${engine.log}; Ctrl-C stops it and removes everything on it`);
  // A promise alone does not keep Node running.
  const alive = setInterval(() => {}, 60_000);
  await stopAsked;
  clearInterval(alive);
  say('stopping');
  await engine.stop();
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { store: { type: 'string', default: 'classic' } },
  });
  const { store } = values;
  if (positionals.join(' ') !== 'up' || (store !== 'classic' && store !== 'containerd')) {
    say(usage);
    return 2;
  }
  await up(store);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof GantryError)) throw error;
  say(`${error.message}\n${error.hint}`);
  process.exitCode = 5;
}
