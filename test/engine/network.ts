import { GantryError } from '#shared/domain/errors.ts';
import { lastWords, run } from './process.ts';

/**
 * An engine's own corner of the address space, 10.N.0.0/16. Every network of the engine lies in it, which keeps
 * engines apart and lets a later run find the bridges that a killed one left behind.
 */
export type Pool = { readonly second: number };

const candidates = Array.from({ length: 54 }, (_, n) => 200 + n);

export const poolBase = (pool: Pool) => `10.${pool.second}.0.0/16`;
const bridgeAddress = (pool: Pool) => `10.${pool.second}.0.1/24`;
const isInside = (address: string, pool: Pool) => address.startsWith(`10.${pool.second}.`);

type Interface = { readonly name: string; readonly addresses: readonly string[] };

async function interfaces(): Promise<readonly Interface[]> {
  const listing = await run('ip', ['-4', '-o', 'addr', 'show']);
  const byName = new Map<string, string[]>();
  for (const line of listing.stdout.split('\n')) {
    const [, name, address] = /^\d+:\s+(\S+)\s+inet\s+(\S+)/.exec(line) ?? [];
    if (name !== undefined && address !== undefined) byName.set(name, [...(byName.get(name) ?? []), address]);
  }
  return [...byName].map(([name, addresses]) => ({ name, addresses }));
}

/** A corner that no interface, no route and no living engine uses. */
export async function freePool(claimed: readonly Pool[]): Promise<Pool> {
  const routes = await run('ip', ['-4', 'route', 'show', 'table', 'all']);
  const addresses = (await interfaces()).flatMap((one) => one.addresses).join(' ');
  const inUse = (second: number) =>
    claimed.some((pool) => pool.second === second) ||
    new RegExp(`\\b10\\.${second}\\.`).test(`${routes.stdout} ${addresses}`);
  const second = candidates.find((candidate) => !inUse(candidate));
  if (second !== undefined) return { second };
  throw new GantryError(
    'engine-unreachable',
    'No address range is free for a private Docker engine: 10.200 to 10.253 are all in use.',
    'Stop other test engines, or start a Docker engine yourself and set DOCKER_HOST.',
  );
}

/** dockerd gets a bridge of its own: with `--bridge none` it would delete another engine's docker0. */
export async function createBridge(name: string, pool: Pool): Promise<void> {
  const steps = [
    ['link', 'add', name, 'type', 'bridge'],
    ['addr', 'add', bridgeAddress(pool), 'dev', name],
    ['link', 'set', name, 'up'],
  ];
  for (const step of steps) {
    const done = await run('ip', step);
    if (done.code === 0) continue;
    throw new GantryError(
      'engine-unreachable',
      `The network bridge of the private Docker engine could not be made: ${lastWords(done.stderr)}.`,
      'Run where network bridges may be made (a container needs --privileged), or set DOCKER_HOST to a running engine.',
    );
  }
}

/** Removes every bridge inside the engine's corner: its own and those of networks it did not get to remove. */
export async function removeBridges(pool: Pool): Promise<void> {
  for (const { name, addresses } of await interfaces()) {
    if (addresses.some((address) => isInside(address, pool))) await run('ip', ['link', 'delete', name]);
  }
}
